#include "viz/graph/edge_layer.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QStyleOptionGraphicsItem>
#include <cmath>
#include <map>

#include "viz/look/theme.h"

namespace meshsim::viz {

namespace {

constexpr qreal kBadgeScale = 0.55;  // below this zoom glyphs are left out
constexpr qreal kLabelScale = 0.8;

QPointF toward(const QPointF& a, const QPointF& b, qreal share) { return a + (b - a) * share; }

qreal distance_to_segment(const QPointF& p, const QPointF& a, const QPointF& b) {
  const QPointF d = b - a, r = p - a;
  const qreal length = QPointF::dotProduct(d, d);
  const qreal t = length <= 0 ? 0 : std::clamp(QPointF::dotProduct(r, d) / length, 0.0, 1.0);
  const QPointF off = p - (a + d * t);
  return std::hypot(off.x(), off.y());
}

void arrow(QPainter& p, const QPointF& tip, const QPointF& tail, qreal size) {
  const qreal angle = std::atan2(tip.y() - tail.y(), tip.x() - tail.x());
  QPolygonF head;
  head << tip << tip - QPointF(std::cos(angle - 0.45), std::sin(angle - 0.45)) * size
       << tip - QPointF(std::cos(angle + 0.45), std::sin(angle + 0.45)) * size;
  p.drawPolygon(head);
}

}  // namespace

EdgeLayer::EdgeLayer() {
  setZValue(1);
  setAcceptedMouseButtons(Qt::NoButton);
}

EdgeLayer::Curve EdgeLayer::curve_of(const GraphEdge& edge, qreal shift) const {
  Curve out;
  const Place& a = layout_->nodes[edge.from];
  const Place& b = layout_->nodes[edge.to];
  const bool back = b.x < a.right();  // a call against the reading direction
  const QPointF start(a.right(), a.middle() + shift), end(back ? b.right() : b.x, b.middle() + shift);
  out.path.moveTo(start);
  if (edge.skipped && !back) {
    const Place& w = layout_->nodes[*edge.skipped];
    const bool above = (start.y() + end.y()) / 2 <= w.middle();
    const QPointF top((w.x + w.right()) / 2, above ? w.y - 24 + shift : w.bottom() + 24 + shift);
    const qreal reach = (w.right() - w.x) / 2 + 30;
    out.path.cubicTo(toward(start, {top.x(), start.y()}, 0.5), top - QPointF(reach, 0), top);
    out.path.cubicTo(top + QPointF(reach, 0), toward(end, {top.x(), end.y()}, 0.5), end);
    out.middle = top;
    out.missing.moveTo(start);
    const qreal mid = w.middle();
    out.missing.cubicTo({(start.x() + w.x) / 2, start.y()}, {(start.x() + w.x) / 2, mid}, {w.x, mid});
    out.missing.moveTo(w.right(), mid);
    out.missing.cubicTo({(end.x() + w.right()) / 2, mid}, {(end.x() + w.right()) / 2, end.y()}, end);
  } else if (back) {
    const qreal far = std::max(a.right(), b.right()) + 46 + std::abs(a.y - b.y) * 0.06;
    out.path.cubicTo({far, start.y()}, {far, end.y()}, end);
    out.middle = out.path.pointAtPercent(0.5);
  } else {
    const qreal bend = std::max(36.0, (end.x() - start.x()) * 0.5);
    out.path.cubicTo({start.x() + bend, start.y()}, {end.x() - bend, end.y()}, end);
    // Near the source, where lines that meet at a service are still apart.
    out.middle = out.path.pointAtPercent(edge.stops ? 0.62 : 0.5);
  }
  out.tip = end;
  out.tail = out.path.pointAtPercent(0.93);
  const auto polygons = out.path.toSubpathPolygons();
  if (!polygons.isEmpty()) out.line = polygons.first();
  out.bounds = out.path.boundingRect().united(out.missing.boundingRect()).adjusted(-14, -14, 14, 14);
  return out;
}

void EdgeLayer::set_graph(const MeshGraph* graph, const Layout* layout) {
  prepareGeometryChange();
  graph_ = graph;
  layout_ = layout;
  curves_.clear();
  bounds_ = {};
  hovered_.reset();
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> together, seen;
  for (const GraphEdge& e : graph->edges) ++together[{e.from, e.to}];
  for (const GraphEdge& e : graph->edges) {
    const auto count = together[{e.from, e.to}];
    const auto nth = seen[{e.from, e.to}]++;
    const qreal shift = (static_cast<qreal>(nth) - static_cast<qreal>(count - 1) / 2) * 11;
    curves_.push_back(curve_of(e, shift));
    bounds_ = bounds_.united(curves_.back().bounds);
  }
  presence_.assign(curves_.size(), Presence::Shown);
  set_marked(std::vector<bool>(curves_.size(), false));
}

void EdgeLayer::set_presence(std::vector<Presence> presence) {
  presence_ = std::move(presence);
  update();
}

void EdgeLayer::set_marked(std::vector<bool> marked) {
  marked_ = std::move(marked);
  any_marked_ = std::find(marked_.begin(), marked_.end(), true) != marked_.end();
  update();
}

void EdgeLayer::set_hovered(std::optional<std::size_t> edge) {
  if (hovered_ == edge) return;
  hovered_ = edge;
  update();
}

std::optional<std::size_t> EdgeLayer::edge_at(const QPointF& at, qreal reach) const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    if (presence_[i] == Presence::Hidden || !curves_[i].bounds.contains(at)) continue;
    for (int k = 0; k + 1 < curves_[i].line.size(); ++k) {
      const qreal d = distance_to_segment(at, curves_[i].line[k], curves_[i].line[k + 1]);
      if (d > reach) continue;
      reach = d;
      best = i;
    }
  }
  return best;
}

void EdgeLayer::paint_edge(QPainter& p, std::size_t i, qreal scale) const {
  const GraphEdge& e = graph_->edges[i];
  const Curve& c = curves_[i];
  const Theme& t = theme();
  const bool strong = marked_[i] || hovered_ == i;
  qreal opacity = presence_[i] == Presence::Faded ? 0.1 : 1.0;
  if (any_marked_ && !strong && presence_[i] == Presence::Shown) opacity = e.word == EdgeClass::Structure ? 0.35 : 0.4;
  p.setOpacity(opacity);
  const QColor colour = t.colour(e.word);
  if (!c.missing.isEmpty() && scale > 0.3) {
    QPen missing(t.unknown, 1.2, Qt::DotLine);
    p.setPen(missing);
    p.setBrush(Qt::NoBrush);
    p.drawPath(c.missing);
  }
  const bool hbone = e.transport == models::Transport::Hbone || e.transport == models::Transport::DoubleHbone;
  const bool mtls = e.transport == models::Transport::Mtls || e.transport == models::Transport::Tls;
  qreal width = e.word == EdgeClass::Structure ? 1.0 : hbone ? 4.4 : mtls ? 2.2 : 1.3;
  if (e.word == EdgeClass::Denied) width += 0.8;
  if (strong) width += 1.4;
  QPen pen(colour, width, line_style(e.word), Qt::FlatCap, Qt::RoundJoin);
  if (pen.style() == Qt::DashLine) pen.setDashPattern({hbone ? 3.2 : 5.0, hbone ? 1.8 : 3.0});
  p.setPen(pen);
  p.setBrush(Qt::NoBrush);
  p.drawPath(c.path);
  if (hbone && scale > 0.35) {  // two thin lines: a tunnel
    p.setPen(QPen(t.base, width - 3.0, Qt::SolidLine, Qt::FlatCap));
    p.drawPath(c.path);
  }
  if (e.word == EdgeClass::Structure) return;
  p.setPen(QPen(colour, 1));
  p.setBrush(colour);
  if (!e.stops) arrow(p, c.tip, c.tail, strong ? 12 : 10);
  if (scale < kBadgeScale) return;
  const QPointF place = e.stops ? toward(c.tail, c.tip, 0.2) : c.middle;
  const bool wants_badge = e.word != EdgeClass::Allowed;
  if (wants_badge) {
    p.setPen(QPen(t.base, 1.5));
    p.setBrush(colour);
    p.drawEllipse(place, 9, 9);
    p.setPen(t.ink_on(colour));
    QFont font = p.font();
    font.setPointSizeF(8.5);
    font.setBold(true);
    p.setFont(font);
    p.drawText(QRectF(place.x() - 9, place.y() - 9.5, 18, 18), Qt::AlignCenter, glyph(e.word));
  }
  if (e.skipped && scale >= kLabelScale) {
    const QString label = QCoreApplication::translate("EdgeLayer", "skips %1")
                              .arg(QString::fromStdString(graph_->nodes[*e.skipped].label));
    QFont font = p.font();
    font.setBold(false);
    font.setPointSizeF(8.5);
    p.setFont(font);
    const QFontMetricsF metrics(font);
    const QRectF box(place.x() + 13, place.y() - 9, metrics.horizontalAdvance(label) + 10, 18);
    p.setPen(Qt::NoPen);
    p.setBrush(t.base);
    p.drawRoundedRect(box, 4, 4);
    p.setPen(colour);
    p.drawText(box, Qt::AlignCenter, label);
  }
}

void EdgeLayer::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget*) {
  if (graph_ == nullptr) return;
  const qreal scale = QStyleOptionGraphicsItem::levelOfDetailFromTransform(painter->worldTransform());
  painter->setRenderHint(QPainter::Antialiasing, curves_.size() < 1500 || scale > 0.4);
  const QRectF& exposed = option->exposedRect;
  // Quiet edges first, what matters on top.
  for (const bool on_top : {false, true})
    for (std::size_t i = 0; i < curves_.size(); ++i) {
      const bool top = marked_[i] || hovered_ == i || graph_->edges[i].word == EdgeClass::Bypassed;
      if (top != on_top || presence_[i] == Presence::Hidden || !curves_[i].bounds.intersects(exposed)) continue;
      paint_edge(*painter, i, scale);
    }
  painter->setOpacity(1);
}

}  // namespace meshsim::viz
