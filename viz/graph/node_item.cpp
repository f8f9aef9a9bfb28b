#include "viz/graph/node_item.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>
#include <QStyleOptionGraphicsItem>

#include "viz/look/theme.h"

namespace meshsim::viz {

namespace {

constexpr qreal kTextScale = 0.42;  // below this zoom a node is a coloured block
constexpr qreal kBlockScale = 0.25;

QPolygonF shape_of(NodeKind kind, const QRectF& r) {
  const auto at = [&](qreal x, qreal y) { return QPointF(r.left() + x * r.width(), r.top() + y * r.height()); };
  switch (kind) {
    case NodeKind::Service:  // a triangle, as in Kiali
      return QPolygonF({at(0.5, 0.04), at(1, 0.94), at(0, 0.94)});
    case NodeKind::Gateway:  // an arrow through a gate
      return QPolygonF({at(0, 0.12), at(0.6, 0.12), at(1, 0.5), at(0.6, 0.88), at(0, 0.88), at(0.3, 0.5)});
    case NodeKind::Waypoint:  // a shield
      return QPolygonF({at(0.5, 0), at(1, 0.16), at(1, 0.55), at(0.5, 1), at(0, 0.55), at(0, 0.16)});
    case NodeKind::Ztunnel:
      return QPolygonF({at(0.25, 0.1), at(0.75, 0.1), at(1, 0.5), at(0.75, 0.9), at(0.25, 0.9), at(0, 0.5)});
    default:
      return QPolygonF({at(0, 0), at(1, 0), at(1, 1), at(0, 1)});
  }
}

}  // namespace

void paint_kind(QPainter& p, const QRectF& area, NodeKind kind, const QString& mode) {
  const Theme& t = theme();
  const QColor ink = t.dark ? t.text : t.text;
  p.save();
  p.setRenderHint(QPainter::Antialiasing);
  p.setPen(QPen(ink, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  p.setBrush(Qt::NoBrush);
  const QPointF c = area.center();
  const qreal r = std::min(area.width(), area.height()) / 2;
  if (kind == NodeKind::Workload) {
    if (mode == QLatin1String("ambient")) {  // a ring: shared with the node's ztunnel
      p.drawEllipse(c, r - 1, r - 1);
      p.drawEllipse(c, r - 4, r - 4);
    } else if (mode == QLatin1String("sidecar")) {  // a dot of its own beside the application
      p.drawEllipse(c, r - 1, r - 1);
      p.setBrush(ink);
      p.drawEllipse(c, r - 5.5, r - 5.5);
    } else {  // hollow: no proxy
      QPen dashed = p.pen();
      dashed.setDashPattern({2, 1.6});
      p.setPen(dashed);
      p.drawEllipse(c, r - 1, r - 1);
    }
  } else if (kind == NodeKind::Outside) {
    p.drawEllipse(c, r - 1, r - 1);
    p.drawEllipse(c, (r - 1) * 0.45, r - 1);
    p.drawLine(QPointF(c.x() - r + 1, c.y()), QPointF(c.x() + r - 1, c.y()));
  } else if (kind == NodeKind::Namespace) {
    p.drawRect(area.adjusted(3, 0, 0, -3));
    p.setBrush(t.base);
    p.drawRect(area.adjusted(0, 3, -3, 0));
  } else {
    p.drawPolygon(shape_of(kind, area.adjusted(1, 1, -1, -1)));
    if (kind == NodeKind::Waypoint) {
      p.drawLine(QPointF(c.x() - r * 0.35, c.y()), QPointF(c.x() - r * 0.05, c.y() + r * 0.3));
      p.drawLine(QPointF(c.x() - r * 0.05, c.y() + r * 0.3), QPointF(c.x() + r * 0.45, c.y() - r * 0.35));
    }
  }
  p.restore();
}

NodeItem::NodeItem(const GraphNode& node, const Place& place, std::size_t index) {
  show_node(node, place, index);
  setZValue(2);
  setAcceptedMouseButtons(Qt::NoButton);
}

void NodeItem::show_node(const GraphNode& node, const Place& place, std::size_t index) {
  if (width_ != place.width || height_ != place.height) prepareGeometryChange();
  if (width_ != place.width || node_.label != node.label || node_.detail != node.detail) label_ = {};
  node_ = node;
  width_ = place.width;
  height_ = place.height;
  index_ = index;
  if (pos() != QPointF(place.x, place.y)) setPos(place.x, place.y);
  update();
}

void NodeItem::set_presence(Presence presence) {
  presence_ = presence;
  setVisible(presence != Presence::Hidden);
  update();
}

void NodeItem::set_marks(bool selected, bool related, bool quiet, bool changed) {
  if (selected == selected_ && related == related_ && quiet == quiet_ && changed == changed_) return;
  selected_ = selected;
  related_ = related;
  quiet_ = quiet;
  changed_ = changed;
  update();
}

void NodeItem::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) {
  QPainter& p = *painter;
  const Theme& t = theme();
  const qreal scale = QStyleOptionGraphicsItem::levelOfDetailFromTransform(p.worldTransform());
  const bool missed = node_.skipped > 0, unused_waypoint = missed && !node_.used;
  p.setRenderHint(QPainter::Antialiasing);
  p.setOpacity(presence_ == Presence::Faded ? 0.15 : quiet_ ? 0.5 : 1);
  QPen border(selected_ ? t.accent : related_ ? t.accent : t.line, selected_ ? 2.6 : related_ ? 1.8 : 1.2);
  if (missed && !selected_) border = QPen(t.bypassed, 1.8);
  if (unused_waypoint) border.setStyle(Qt::DashLine);
  if (node_.kind == NodeKind::Workload && node_.mode == "none" && !selected_ && !related_)
    border.setStyle(Qt::DashLine);
  p.setPen(border);
  p.setBrush(unused_waypoint ? t.window : t.raised);
  if (scale < kBlockScale) {  // corners would not be seen
    p.setRenderHint(QPainter::Antialiasing, false);
    border.setCosmetic(true);
    border.setWidthF(selected_ ? 2 : 1);
    p.setPen(border);
    return p.drawRect(frame());
  }
  p.drawRoundedRect(frame(), node_.kind == NodeKind::Service ? 3 : 8, node_.kind == NodeKind::Service ? 3 : 8);
  if (scale < kTextScale) return;
  paint_kind(p, QRectF(12, (height_ - 20) / 2, 20, 20), node_.kind, QString::fromStdString(node_.mode));
  QFont bold = p.font();
  bold.setPointSizeF(9.5);
  bold.setBold(true);
  QFont small = p.font();
  small.setPointSizeF(8);
  const QRectF text(42, 5, width_ - 48, height_ - 10);
  if (label_.isNull()) {
    label_ = QFontMetricsF(bold).elidedText(QString::fromStdString(node_.label), Qt::ElideMiddle, text.width());
    detail_ = QFontMetricsF(small).elidedText(QString::fromStdString(node_.detail), Qt::ElideRight, text.width());
  }
  p.setFont(bold);
  p.setPen(unused_waypoint ? t.dim : t.text);
  p.drawText(QRectF(text.left(), text.top(), text.width(), text.height() / 2), Qt::AlignLeft | Qt::AlignVCenter,
             label_);
  p.setFont(small);
  p.setPen(t.dim);
  p.drawText(QRectF(text.left(), text.top() + text.height() / 2, text.width(), text.height() / 2),
             Qt::AlignLeft | Qt::AlignVCenter, detail_);
  const auto badge = [&](const QString& words, const QColor& colour, qreal right, qreal top) {
    const QFontMetricsF metrics(small);
    const QRectF box(right - metrics.horizontalAdvance(words) - 12, top, metrics.horizontalAdvance(words) + 12, 17);
    p.setPen(QPen(t.base, 1.2));
    p.setBrush(colour);
    p.drawRoundedRect(box, 8, 8);
    p.setPen(t.ink_on(colour));
    p.drawText(box, Qt::AlignCenter, words);
  };
  if (missed)
    badge(QCoreApplication::translate("NodeItem", "\u21b7 %n flow(s) skip it", nullptr, node_.skipped), t.bypassed,
          width_ + 6, height_ - 8);
  if (changed_) badge(QCoreApplication::translate("NodeItem", "changed"), t.accent, width_ + 6, -10);
}

namespace {
QColor box_colour() { return theme().tint(theme().dark ? QColor(0x3a, 0x40, 0x48) : QColor(0xe9, 0xee, 0xf4), 0.55); }

bool same_size(const NamespaceBox& a, const NamespaceBox& b) {
  return a.place.width == b.place.width && a.place.height == b.place.height;
}
void move_to(QGraphicsItem& item, const NamespaceBox& box) {
  if (item.pos() != QPointF(box.place.x, box.place.y)) item.setPos(box.place.x, box.place.y);
  item.update();
}
}  // namespace

BoxItem::BoxItem() {
  setZValue(0);
  setAcceptedMouseButtons(Qt::NoButton);
}

void BoxItem::show_box(const NamespaceBox& box) {
  if (!same_size(box_, box)) prepareGeometryChange();
  box_ = box;
  move_to(*this, box);
}

void BoxItem::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) {
  const Theme& t = theme();
  QPainter& p = *painter;
  p.setRenderHint(QPainter::Antialiasing);
  p.setPen(QPen(t.line, 1));
  p.setBrush(box_colour());
  p.drawRoundedRect(QRectF(0, 0, box_.place.width, box_.place.height), 10, 10);
}

BoxLabel::BoxLabel() {
  setZValue(2.5);
  setAcceptedMouseButtons(Qt::NoButton);
}

void BoxLabel::show_box(const NamespaceBox& box, bool named, const QString& mode_word) {
  const bool resized = !same_size(box_, box);
  if (resized) prepareGeometryChange();
  if (resized || named_ != named || mode_ != mode_word || box_.ns != box.ns) fitted_scale_ = 0;
  box_ = box;
  named_ = named;
  mode_ = mode_word;
  move_to(*this, box);
}

void BoxLabel::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget* widget) {
  const Theme& t = theme();
  QPainter& p = *painter;
  const QTransform world = p.worldTransform();
  fit(QStyleOptionGraphicsItem::levelOfDetailFromTransform(world), p.font());
  const qreal room = box_.place.width - 24;
  const QFont plain = p.font();
  QFont small = plain;
  small.setPointSizeF(8);
  small.setBold(false);
  const qreal words = used_ + (shown_mode_.isEmpty() ? 0 : QFontMetricsF(small).horizontalAdvance(shown_mode_));
  // A box that is scrolled out on the left or above still says its name.
  qreal left = 12, top = 0;
  if (widget != nullptr) {
    const QRectF seen = world.inverted().mapRect(QRectF(widget->rect()));
    left = std::clamp(seen.left() + 8, left, std::max(left, 12 + room - words));
    top = std::clamp(seen.top(), top, std::max(top, box_.place.height - high_ - 8));
  }
  QColor ground = box_colour();
  ground.setAlphaF(0.85F);  // edges run behind the words
  if (words > 0) p.fillRect(QRectF(left - 4, top + 4, words + 4, high_ - 6), ground);
  p.setFont(font_);
  p.setPen(t.text);
  p.drawText(QRectF(left, top + 2, room, high_), Qt::AlignLeft | Qt::AlignVCenter, shown_);
  if (shown_mode_.isEmpty()) return;
  p.setFont(small);
  p.setPen(t.dim);
  p.drawText(QRectF(left + used_, top + 2, room, high_), Qt::AlignLeft | Qt::AlignVCenter, shown_mode_);
}

// The name stays readable when the picture is small, as far as the box has room for it.
void BoxLabel::fit(qreal scale, const QFont& plain) {
  if (scale == fitted_scale_) return;
  fitted_scale_ = scale;
  font_ = plain;
  font_.setPointSizeF(std::clamp(9.5 / scale, 9.5, 22.0));
  font_.setBold(true);
  const qreal room = box_.place.width - 24;
  const QString name = named_ ? QString::fromStdString(box_.ns) : QString();
  while (font_.pointSizeF() > 9.5 && QFontMetricsF(font_).horizontalAdvance(name) > room)
    font_.setPointSizeF(font_.pointSizeF() - 1);
  const QFontMetricsF metrics(font_);
  high_ = std::max(26.0, metrics.height() + 4);
  shown_ = metrics.elidedText(name, Qt::ElideRight, room);
  used_ = shown_.isEmpty() ? 0 : metrics.horizontalAdvance(shown_) + 10;
  shown_mode_.clear();
  if (mode_.isEmpty() || scale < kTextScale) return;
  QFont small = font_;
  small.setPointSizeF(8);
  small.setBold(false);
  shown_mode_ = QFontMetricsF(small).elidedText(mode_, Qt::ElideRight, room - used_);
}

}  // namespace meshsim::viz
