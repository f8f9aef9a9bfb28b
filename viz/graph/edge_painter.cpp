#include "viz/graph/edge_painter.h"

#include <QFontMetricsF>
#include <cmath>

namespace meshsim::viz {

namespace {

constexpr qreal kBadgeScale = 0.55;  // below this zoom glyphs are left out
constexpr qreal kLabelScale = 0.8;
constexpr qreal kSmallScale = 0.34;     // below this a line is one hair, and a curve a few straight pieces
constexpr std::size_t kFewEdges = 400;  // so many can be smooth at any scale

QPointF toward(const QPointF& a, const QPointF& b, qreal share) { return a + (b - a) * share; }

void arrow(QPainter& p, const QPointF& tip, const QPointF& tail, qreal size) {
  const qreal angle = std::atan2(tip.y() - tail.y(), tip.x() - tail.x());
  QPolygonF head;
  head << tip << tip - QPointF(std::cos(angle - 0.45), std::sin(angle - 0.45)) * size
       << tip - QPointF(std::cos(angle + 0.45), std::sin(angle + 0.45)) * size;
  p.drawPolygon(head);
}

qreal opacity_of(const EdgeScene& scene, std::size_t i, bool strong) {
  if (scene.presence[i] == Presence::Faded) return 0.1;
  if (!scene.any_marked || strong) return 1;
  return scene.picture->graph.edges[i].word == EdgeClass::Structure ? 0.35 : 0.4;
}

// The glyph of an edge, and which waypoint it skips.
void paint_words(QPainter& p, const EdgeScene& scene, std::size_t i, qreal scale, bool strong) {
  const GraphEdge& e = scene.picture->graph.edges[i];
  if (e.word == EdgeClass::Structure || scale < kBadgeScale) return;
  const EdgeShape& c = scene.shape(i);
  const Theme& t = scene.theme;
  const QColor colour = t.colour(e.word);
  p.setOpacity(opacity_of(scene, i, strong));
  const QPointF place = e.stops ? toward(c.tail, c.tip, 0.2) : c.middle;
  QFont font = p.font();
  font.setPointSizeF(8.5);
  if (e.word != EdgeClass::Allowed) {
    p.setPen(QPen(t.base, 1.5));
    p.setBrush(colour);
    p.drawEllipse(place, 9, 9);
    p.setPen(t.ink_on(colour));
    font.setBold(true);
    p.setFont(font);
    p.drawText(QRectF(place.x() - 9, place.y() - 9.5, 18, 18), Qt::AlignCenter, glyph(e.word));
  }
  if (!e.skipped || scale < kLabelScale) return;
  const QString label = scene.skips.arg(QString::fromStdString(scene.picture->graph.nodes[*e.skipped].label));
  font.setBold(false);
  p.setFont(font);
  const QFontMetricsF metrics(font);
  const QRectF box(place.x() + 13, place.y() - 9, metrics.horizontalAdvance(label) + 10, 18);
  p.setPen(Qt::NoPen);
  p.setBrush(t.base);
  p.drawRoundedRect(box, 4, 4);
  p.setPen(colour);
  p.drawText(box, Qt::AlignCenter, label);
}

void paint_line(QPainter& p, const EdgeScene& scene, std::size_t i, qreal scale, bool strong) {
  const GraphEdge& e = scene.picture->graph.edges[i];
  const EdgeShape& c = scene.shape(i);
  const Theme& t = scene.theme;
  p.setOpacity(opacity_of(scene, i, strong));
  const QColor colour = t.colour(e.word);
  p.setBrush(Qt::NoBrush);
  if (scale < kSmallScale) {
    QPen hair(colour, strong ? 2 : 1, line_style(e.word));
    hair.setCosmetic(true);
    p.setPen(hair);
    p.drawPolyline(c.line);
    return;
  }
  if (!c.missing.isEmpty()) {
    p.setPen(QPen(t.unknown, 1.2, Qt::DotLine));
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
  p.drawPath(c.path);
  if (hbone) {  // two thin lines: a tunnel
    p.setPen(QPen(t.base, width - 3.0, Qt::SolidLine, Qt::FlatCap));
    p.drawPath(c.path);
  }
  if (e.word == EdgeClass::Structure) return;
  p.setPen(QPen(colour, 1));
  p.setBrush(colour);
  if (!e.stops) arrow(p, c.tip, c.tail, strong ? 12 : 10);
}

}  // namespace

void paint_edge(QPainter& p, const EdgeScene& scene, std::size_t i, qreal scale, bool strong) {
  paint_line(p, scene, i, scale, strong);
  paint_words(p, scene, i, scale, strong);
}

bool paint_edges(QPainter& p, const EdgeScene& scene, const QRectF& area, qreal scale, bool marked,
                 const std::atomic<std::uint64_t>* wanted, std::uint64_t serial) {
  const std::size_t count = scene.picture->graph.edges.size();
  p.setRenderHint(QPainter::Antialiasing, count < kFewEdges || scale >= kSmallScale);
  // Quiet edges first, what matters on top; no line through the words of another.
  std::vector<std::size_t> painted;
  for (const bool on_top : {false, true})
    for (std::size_t i = 0; i < count; ++i) {
      if (wanted != nullptr && *wanted != serial) return false;
      if (scene.prominent(i) != on_top || scene.presence[i] == Presence::Hidden || (!marked && scene.marked[i]) ||
          !scene.shape(i).reaches(area))
        continue;
      paint_line(p, scene, i, scale, scene.marked[i]);
      painted.push_back(i);
    }
  for (const std::size_t i : painted) {
    if (wanted != nullptr && *wanted != serial) return false;
    paint_words(p, scene, i, scale, scene.marked[i]);
  }
  p.setOpacity(1);
  p.setRenderHint(QPainter::Antialiasing);
  return true;
}

std::size_t count_edges(const EdgeScene& scene, const QRectF& area, std::size_t most) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < scene.presence.size() && out < most; ++i)
    if (scene.presence[i] != Presence::Hidden && scene.shape(i).reaches(area)) ++out;
  return out;
}

}  // namespace meshsim::viz
