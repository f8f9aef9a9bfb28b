#include "viz/graph/graph_view.h"

#include <QImage>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QSvgGenerator>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <utility>

#include "viz/graph/facts.h"
#include "viz/look/theme.h"

namespace meshsim::viz {

namespace {
constexpr double kSmallest = 0.04, kLargest = 4.0, kComfortable = 1.0, kReadable = 0.7;

QString text(const std::string& s) { return QString::fromStdString(s); }

// The labels that enrol a namespace, short: "ambient", "injected", "waypoint egress".
QString enrolment(const models::Labels& labels) {
  QStringList words;
  const auto value = [&](const char* key) {
    const auto found = models::find(labels, key);
    return found ? QString::fromUtf8(found->data(), static_cast<int>(found->size())) : QString();
  };
  if (const QString mode = value("istio.io/dataplane-mode"); !mode.isEmpty()) words << mode;
  if (const QString injection = value("istio-injection"); injection == QLatin1String("enabled")) {
    words << GraphView::tr("injected");
  } else if (!injection.isEmpty()) {
    words << QStringLiteral("istio-injection=") + injection;
  }
  if (const QString waypoint = value("istio.io/use-waypoint"); waypoint == QLatin1String("waypoint")) {
    words << waypoint;
  } else if (!waypoint.isEmpty()) {
    words << GraphView::tr("waypoint %1").arg(waypoint);
  }
  return words.join(QStringLiteral(", "));
}
}  // namespace

std::string edge_key(const MeshGraph& graph, const GraphEdge& edge) {
  return graph.nodes[edge.from].id + '|' + graph.nodes[edge.to].id + '|' + std::string(to_string(edge.word));
}

GraphView::GraphView(Session& session, QWidget* parent)
    : QGraphicsView(parent), session_(session), edges_(new EdgeLayer(renderer_)) {
  setObjectName(QStringLiteral("graph"));
  setAccessibleName(tr("Mesh graph"));
  setAccessibleDescription(
      tr("Who speaks to whom. Arrow keys walk from node to edge to node, Return opens the "
         "inspector; the flow table holds the same in words."));
  setScene(&scene_);
  scene_.setItemIndexMethod(QGraphicsScene::NoIndex);
  setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
  setViewportUpdateMode(QGraphicsView::FullViewportUpdate);
  setTransformationAnchor(QGraphicsView::AnchorUnderMouse);
  setFrameShape(QFrame::NoFrame);
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setMinimumSize(320, 240);
  scene_.addItem(edges_);
  connect(&renderer_, &EdgeRenderer::finished, this, [this](const EdgePicture& picture) { edges_->take(picture); });
  connect(&session, &Session::result_changed, this, &GraphView::rebuild);
  connect(&session, &Session::picture_changed, this, &GraphView::rebuild);
  connect(&session, &Session::selection_changed, this, &GraphView::update_marks);
}

void GraphView::rebuild() {
  const bool first = picture_ == nullptr || session_.result() == nullptr;
  const QTransform before = transform();
  const QPointF centre = mapToScene(viewport()->rect().center());
  matches_.clear();
  picture_ = session_.picture();
  result_ = session_.result();
  edges_->set_picture(picture_);
  show_boxes();
  show_nodes();
  if (picture_ == nullptr) return;
  scene_.setSceneRect(scene_.itemsBoundingRect().adjusted(-24, -24, 24, 24));
  update_presence();
  update_marks();
  if (first) fit_ = Fit::Readable;
  if (fit_ != Fit::Nothing) {
    fit();
  } else {  // zoom and place stay
    setTransform(before);
    centerOn(centre);
  }
}

void GraphView::show_boxes() {
  std::map<std::string, Box> gone = std::exchange(boxes_, {});
  if (picture_ != nullptr)
    for (const NamespaceBox& place : picture_->layout.boxes) {
      Box& box = boxes_[place.ns];
      if (const auto known = gone.extract(place.ns)) {
        box = known.mapped();
      } else {
        scene_.addItem(box.frame = new BoxItem());
        scene_.addItem(box.label = new BoxLabel());
      }
      box.frame->show_box(place);
      box.label->show_box(place, !picture_->graph.find("namespace/" + place.ns),
                          enrolment(result_->mesh().namespace_labels(place.ns)));
    }
  for (const auto& [ns, box] : gone) {
    delete box.frame;
    delete box.label;
  }
}

void GraphView::show_nodes() {
  std::map<std::string, NodeItem*> gone;
  for (NodeItem* item : std::exchange(nodes_, {})) gone.emplace(item->node().id, item);
  if (picture_ != nullptr)
    for (std::size_t i = 0; i < picture_->graph.nodes.size(); ++i) {
      const GraphNode& node = picture_->graph.nodes[i];
      if (const auto known = gone.extract(node.id)) {
        nodes_.push_back(known.mapped());
        nodes_.back()->show_node(node, picture_->layout.nodes[i], i);
      } else {
        nodes_.push_back(new NodeItem(node, picture_->layout.nodes[i], i));
        scene_.addItem(nodes_.back());
      }
    }
  for (const auto& [id, item] : gone) delete item;
}

void GraphView::set_find(const QString& text) {
  find_ = Filter::parse(text.toStdString());
  emit filter_problem(false, QString::fromStdString(find_.problem()));
  if (find_.problem().empty()) update_presence();
}

void GraphView::set_hide(const QString& text) {
  Filter parsed = Filter::parse(text.toStdString());
  emit filter_problem(true, QString::fromStdString(parsed.problem()));
  if (!parsed.problem().empty()) return;  // the last valid one stays
  hide_ = std::move(parsed);
  update_presence();
}

void GraphView::update_presence() {
  matches_.clear();
  match_ = -1;
  if (picture_ == nullptr) return;
  const MeshGraph& graph = picture_->graph;
  std::vector<Presence> edges(graph.edges.size(), Presence::Shown);
  std::vector<Presence> nodes(graph.nodes.size(), Presence::Shown);
  const bool find = find_.active(), hide = hide_.active();
  const Incident incident = find || hide ? incident_edges(graph) : Incident();
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (hide && hide_.matches(node_facts(*result_, graph, incident, i))) {
      nodes[i] = Presence::Hidden;
    } else if (find) {
      if (find_.matches(node_facts(*result_, graph, incident, i))) {
        matches_.push_back(i);
      } else {
        nodes[i] = Presence::Faded;
      }
    }
  }
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const GraphEdge& e = graph.edges[i];
    if (nodes[e.from] == Presence::Hidden || nodes[e.to] == Presence::Hidden ||
        (hide && e.word != EdgeClass::Structure && hide_.matches(edge_facts(*result_, graph, i)))) {
      edges[i] = Presence::Hidden;
    } else if (find) {
      const bool direct = find_.matches(edge_facts(*result_, graph, i));
      if (direct) {  // the ends of an edge that was found are part of the answer
        for (const std::size_t end : {e.from, e.to})
          if (nodes[end] == Presence::Faded) nodes[end] = Presence::Shown;
      } else if (nodes[e.from] == Presence::Faded || nodes[e.to] == Presence::Faded) {
        edges[i] = Presence::Faded;
      }
    }
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) nodes_[i]->set_presence(nodes[i]);
  edges_->set_presence(std::move(edges));
}

void GraphView::find_next(int step) {
  if (matches_.empty()) return;
  const int count = static_cast<int>(matches_.size());
  match_ = ((match_ < 0 && step < 0 ? 0 : match_) + step + count) % count;
  select_node(matches_[static_cast<std::size_t>(match_)]);
  centre_on(matches_[static_cast<std::size_t>(match_)]);
}

std::optional<std::size_t> GraphView::selected_node() const {
  if (picture_ == nullptr || session_.selection().kind != Selection::Kind::Node) return std::nullopt;
  return picture_->graph.find(session_.selection().key);
}

std::optional<std::size_t> GraphView::selected_edge() const {
  if (picture_ == nullptr || session_.selection().kind != Selection::Kind::Edge) return std::nullopt;
  for (std::size_t i = 0; i < picture_->graph.edges.size(); ++i)
    if (edge_key(picture_->graph, picture_->graph.edges[i]) == session_.selection().key) return i;
  return std::nullopt;
}

void GraphView::update_marks() {
  if (picture_ == nullptr) return;
  const MeshGraph& graph = picture_->graph;
  const auto node = selected_node(), edge = selected_edge();
  std::vector<bool> marked(graph.edges.size(), false), related(graph.nodes.size(), false);
  const Selection& s = session_.selection();
  const auto has_flow = [&](const GraphEdge& e) {
    return std::any_of(e.flows.begin(), e.flows.end(),
                       [&](const FlowPart& part) { return result_->run.flows[part.flow].result.flow.name == s.key; });
  };
  const auto has_policy = [&](const GraphEdge& e) {
    return std::any_of(e.flows.begin(), e.flows.end(), [&](const FlowPart& part) {
      const auto& list = result_->run.flows[part.flow].result.outcomes[part.outcome].policies;
      return std::any_of(list.begin(), list.end(), [&](const models::PolicyFinding& f) {
        return f.policy.text() == s.key && f.status != models::PolicyStatus::NotApplicable;
      });
    });
  };
  bool any = false;
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const GraphEdge& e = graph.edges[i];
    marked[i] = edge == i || (node && (e.from == *node || e.to == *node)) ||
                (s.kind == Selection::Kind::Flow && has_flow(e)) ||
                (s.kind == Selection::Kind::Policy && has_policy(e));
    if (!marked[i]) continue;
    any = true;
    related[e.from] = related[e.to] = true;
    if (e.skipped) related[*e.skipped] = true;
  }
  std::vector<bool> changed(graph.nodes.size(), false);
  for (const GraphEdge& e : graph.edges)
    for (const FlowPart& part : e.flows)
      if (result_->changed(result_->run.flows[part.flow].result.flow.name)) changed[e.to] = true;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    nodes_[i]->set_marks(node == i, related[i] && node != i, any && !related[i] && node != i, changed[i]);
  edges_->set_marked(std::move(marked));
}

void GraphView::select_node(std::size_t node) {
  session_.select({Selection::Kind::Node, picture_->graph.nodes[node].id, 0, -1});
}

void GraphView::select_edge(std::size_t edge) {
  session_.select({Selection::Kind::Edge, edge_key(picture_->graph, picture_->graph.edges[edge]), 0, -1});
}

void GraphView::toggle_namespace(const std::string& ns) {
  PictureOptions options = session_.picture_options();
  if (!options.collapsed.erase(ns)) options.collapsed.insert(ns);
  options.collapse_above = 0;
  session_.set_picture_options(options);
}

void GraphView::zoom_by(double factor) {
  const double now = transform().m11(), next = std::clamp(now * factor, kSmallest, kLargest);
  fit_ = Fit::Nothing;
  scale(next / now, next / now);
}

void GraphView::zoom_to_fit() {
  fit_ = Fit::Whole;
  fit();
}

void GraphView::zoom_to_read() {
  fit_ = Fit::Readable;
  fit();
}

void GraphView::fit() {
  const QRectF rect = scene_.sceneRect();
  if (rect.isEmpty() || fitting_) return;
  fitting_ = true;  // scroll bars come and go meanwhile: that is no other window
  fitInView(rect, Qt::KeepAspectRatio);
  if (const double now = transform().m11(); now > kComfortable) scale(kComfortable / now, kComfortable / now);
  if (fit_ == Fit::Readable) make_readable();
  fitting_ = false;
}

void GraphView::make_readable() {
  const double now = transform().m11();
  if (now >= kReadable || picture_ == nullptr || nodes_.empty()) return;
  scale(kReadable / now, kReadable / now);
  for (std::size_t i = 0; i < picture_->graph.edges.size(); ++i)
    if (picture_->graph.edges[i].skipped) return centerOn(edges_->badge_place(i));
  centerOn(QPointF(scene_.sceneRect().left(), scene_.sceneRect().center().y()));
}

void GraphView::zoom_reset() {
  fit_ = Fit::Nothing;
  resetTransform();
}

void GraphView::centre_on(std::size_t node) {
  fit_ = Fit::Nothing;
  if (transform().m11() < 0.7) {
    resetTransform();
  }
  centerOn(nodes_[node]->sceneBoundingRect().center());
}

std::optional<std::size_t> GraphView::node_at(const QPoint& at) const {
  const QPointF p = mapToScene(at);
  for (const NodeItem* item : nodes_)
    if (item->isVisible() && item->frame().translated(item->pos()).contains(p)) return item->index();
  return std::nullopt;
}

std::optional<std::size_t> GraphView::edge_at(const QPoint& at) const {
  return edges_->edge_at(mapToScene(at), 7 / transform().m11());
}

void GraphView::wheelEvent(QWheelEvent* event) {
  zoom_by(std::pow(1.0015, event->angleDelta().y()));
  event->accept();
}

void GraphView::mousePressEvent(QMouseEvent* event) {
  press_ = event->pos();
  panning_ = false;
  event->accept();
}

void GraphView::mouseMoveEvent(QMouseEvent* event) {
  if ((event->buttons() & (Qt::LeftButton | Qt::MiddleButton)) != 0) {
    if (panning_ || (event->pos() - press_).manhattanLength() > 5) {
      const QPoint d = event->pos() - press_;
      horizontalScrollBar()->setValue(horizontalScrollBar()->value() - d.x());
      verticalScrollBar()->setValue(verticalScrollBar()->value() - d.y());
      press_ = event->pos();
      if (!panning_) viewport()->setCursor(Qt::ClosedHandCursor);
      panning_ = true;
      fit_ = Fit::Nothing;
    }
    return;
  }
  const auto node = node_at(event->pos());
  const auto edge = node ? std::nullopt : edge_at(event->pos());
  edges_->set_hovered(edge);
  viewport()->setCursor(node || edge ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void GraphView::mouseReleaseEvent(QMouseEvent* event) {
  viewport()->setCursor(Qt::ArrowCursor);
  if (panning_ || event->button() != Qt::LeftButton || picture_ == nullptr) return;
  if (const auto node = node_at(event->pos())) return select_node(*node);
  if (const auto edge = edge_at(event->pos())) return select_edge(*edge);
  session_.select({});
}

void GraphView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (picture_ == nullptr) return;
  if (const auto node = node_at(event->pos())) {
    const GraphNode& n = picture_->graph.nodes[*node];
    if (n.kind == NodeKind::Namespace) return toggle_namespace(n.ns);
    emit activated();
    return;
  }
  const QPointF p = mapToScene(event->pos());
  for (const NamespaceBox& box : picture_->layout.boxes)
    if (QRectF(box.place.x, box.place.y, box.place.width, 30).contains(p)) return toggle_namespace(box.ns);
}

void GraphView::contextMenuEvent(QContextMenuEvent* event) {
  if (picture_ == nullptr) return;
  std::optional<std::size_t> node =
      event->reason() == QContextMenuEvent::Keyboard ? selected_node() : node_at(event->pos());
  QPoint at = event->globalPos();
  if (node && event->reason() == QContextMenuEvent::Keyboard)
    at = viewport()->mapToGlobal(mapFromScene(nodes_[*node]->sceneBoundingRect().center()));
  if (node) {
    select_node(*node);
    emit node_menu(text(picture_->graph.nodes[*node].id), at);
    return;
  }
  const QPointF p = mapToScene(event->pos());
  for (const NamespaceBox& box : picture_->layout.boxes)
    if (QRectF(box.place.x, box.place.y, box.place.width, box.place.height).contains(p)) {
      emit node_menu(QStringLiteral("namespace/") + text(box.ns), at);
      return;
    }
}

std::optional<std::size_t> GraphView::neighbour(std::size_t node, int dx, int dy) const {
  const Place& from = picture_->layout.nodes[node];
  std::optional<std::size_t> best;
  double nearest = 1e18;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (i == node || nodes_[i]->presence() == Presence::Hidden) continue;
    const Place& to = picture_->layout.nodes[i];
    const double x = to.x + to.width / 2 - from.x - from.width / 2, y = to.middle() - from.middle();
    const double along = dx * x + dy * y, across = std::abs(dx * y) + std::abs(dy * x);
    if (along <= 1 || across > along * 2.5 + 1) continue;
    const double d = along + across * 2;
    if (d < nearest) {
      nearest = d;
      best = i;
    }
  }
  return best;
}

// From a node, Right goes to its first edge outwards and Left to its first inwards; from an edge they go to its ends.
// Up and Down change among neighbours: nodes below each other, edges of the same source.
void GraphView::walk(int key) {
  const MeshGraph& graph = picture_->graph;
  const auto shown = [&](std::size_t e) { return graph.edges[e].word != EdgeClass::Structure; };
  if (const auto edge = selected_edge()) {
    const GraphEdge& e = graph.edges[*edge];
    if (key == Qt::Key_Right) return select_node(e.to);
    if (key == Qt::Key_Left) return select_node(e.from);
    const int step = key == Qt::Key_Down ? 1 : -1;
    const int count = static_cast<int>(graph.edges.size());
    for (int i = 1; i < count; ++i) {
      const auto next = static_cast<std::size_t>((static_cast<int>(*edge) + step * i + count * 2) % count);
      if (graph.edges[next].from == e.from && shown(next)) return select_edge(next);
    }
    return;
  }
  const auto node = selected_node();
  if (!node) {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (nodes_[i]->presence() != Presence::Hidden) return select_node(i);
    return;
  }
  if (key == Qt::Key_Left || key == Qt::Key_Right)
    for (std::size_t i = 0; i < graph.edges.size(); ++i)
      if (shown(i) && (key == Qt::Key_Right ? graph.edges[i].from : graph.edges[i].to) == *node) return select_edge(i);
  const auto next = neighbour(*node,
                              key == Qt::Key_Right  ? 1
                              : key == Qt::Key_Left ? -1
                                                    : 0,
                              key == Qt::Key_Down ? 1
                              : key == Qt::Key_Up ? -1
                                                  : 0);
  if (next) select_node(*next);
}

void GraphView::keyPressEvent(QKeyEvent* event) {
  const int key = event->key();
  if (picture_ == nullptr || event->modifiers() != Qt::NoModifier) return QGraphicsView::keyPressEvent(event);
  if (key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Up || key == Qt::Key_Down) {
    walk(key);
    if (const auto node = selected_node()) ensureVisible(nodes_[*node], 40, 40);
    return;
  }
  if (key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Space) {
    const auto node = selected_node();
    if (node && picture_->graph.nodes[*node].kind == NodeKind::Namespace)
      return toggle_namespace(picture_->graph.nodes[*node].ns);
    emit activated();
    return;
  }
  QGraphicsView::keyPressEvent(event);
}

void GraphView::resizeEvent(QResizeEvent* event) {
  QGraphicsView::resizeEvent(event);
  if (fit_ != Fit::Nothing) fit();
}

void GraphView::changeEvent(QEvent* event) {
  QGraphicsView::changeEvent(event);
  if (event->type() != QEvent::PaletteChange) return;
  edges_->theme_changed();
  scene_.update();
}

QString GraphView::tooltip_of_node(std::size_t node) const {
  const GraphNode& n = picture_->graph.nodes[node];
  const models::Mesh& mesh = result_->mesh();
  QString out = QStringLiteral("%1 %2\n%3")
                    .arg(text(std::string(to_string(n.kind))), text(n.ns.empty() ? n.label : n.ns + '/' + n.label),
                         text(n.detail));
  if (n.kind == NodeKind::Workload && n.index < mesh.workloads.size()) {
    const models::Workload& w = mesh.workloads[n.index];
    if (!w.mode_reasons.empty())
      out += QStringLiteral("\n%1 %2").arg(text(w.mode_reasons.front().rule), text(w.mode_reasons.front().text));
    out += '\n' + text(w.owner.source.text());
  }
  if (n.kind == NodeKind::Service && n.index < mesh.services.size()) {
    const models::Service& s = mesh.services[n.index];
    if (s.waypoint.bound()) out += '\n' + tr("bound to waypoint %1").arg(text(s.waypoint.named));
    out += '\n' + text(s.ref.source.text());
  }
  if (n.skipped > 0) out += '\n' + tr("%n flow(s) that should meet it do not", nullptr, n.skipped);
  return out.trimmed();
}

QString GraphView::tooltip_of_edge(std::size_t edge) const {
  const GraphEdge& e = picture_->graph.edges[edge];
  QString out =
      QStringLiteral("%1 %2 %3")
          .arg(text(picture_->graph.nodes[e.from].label), QChar(0x2192), text(picture_->graph.nodes[e.to].label));
  out += '\n' + text(std::string(to_string(e.word)));
  if (e.transport) out += QStringLiteral(", ") + text(std::string(models::to_string(*e.transport)));
  if (e.skipped) out += '\n' + tr("skips waypoint %1").arg(text(picture_->graph.nodes[*e.skipped].label));
  if (e.word == EdgeClass::Structure) return out;
  out += '\n' + tr("%n flow(s)", nullptr, static_cast<int>(e.flows.size()));
  for (std::size_t i = 0; i < e.flows.size() && i < 4; ++i)
    out += QStringLiteral("\n  ") + text(result_->run.flows[e.flows[i].flow].result.flow.name);
  return out;
}

bool GraphView::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::ToolTip && picture_ != nullptr) {
    auto* help = static_cast<QHelpEvent*>(event);
    if (const auto node = node_at(help->pos())) {
      QToolTip::showText(help->globalPos(), tooltip_of_node(*node), this);
    } else if (const auto edge = edge_at(help->pos())) {
      QToolTip::showText(help->globalPos(), tooltip_of_edge(*edge), this);
    } else {
      QToolTip::hideText();
    }
    return true;
  }
  return QGraphicsView::viewportEvent(event);
}

void GraphView::drawBackground(QPainter* painter, const QRectF& rect) { painter->fillRect(rect, theme().base); }

QString GraphView::nothing() const {
  if (picture_ == nullptr || !picture_->graph.nodes.empty()) return {};
  return result_->loaded().unreadable ? tr("The input was not understood. Findings say where.")
                                      : tr("There is no workload, Service or gateway in what is open.");
}

void GraphView::drawForeground(QPainter* painter, const QRectF&) {
  const QString words = nothing();
  if (words.isEmpty()) return;
  painter->save();
  painter->resetTransform();
  painter->setPen(theme().dim);
  painter->setFont(font());
  painter->drawText(viewport()->rect().adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap, words);
  painter->restore();
}

QImage GraphView::image(qreal ratio) const {
  const QRectF rect = scene_.sceneRect();
  // A graph of a thousand workloads would otherwise ask for gigabytes.
  ratio = std::min(ratio, std::sqrt(6e7 / std::max(1.0, rect.width() * rect.height())));
  QImage out((rect.size() * ratio).toSize().expandedTo({1, 1}), QImage::Format_ARGB32_Premultiplied);
  out.fill(theme().base);
  QPainter painter(&out);
  const_cast<QGraphicsScene&>(scene_).render(&painter, QRectF(), rect);
  return out;
}

bool GraphView::write_svg(const QString& path, const QString& title) const {
  QSvgGenerator generator;
  generator.setFileName(path);
  generator.setTitle(title);
  const QRectF rect = scene_.sceneRect();
  generator.setSize(rect.size().toSize());
  generator.setViewBox(QRectF(QPointF(), rect.size()));
  QPainter painter;
  if (!painter.begin(&generator)) return false;
  painter.fillRect(QRectF(QPointF(), rect.size()), theme().base);
  const_cast<QGraphicsScene&>(scene_).render(&painter, QRectF(QPointF(), rect.size()), rect);
  return painter.end();
}

}  // namespace meshsim::viz
