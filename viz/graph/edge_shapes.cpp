#include "viz/graph/edge_shapes.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace meshsim::viz {

namespace {

constexpr int kPieces = 10;  // straight pieces for each curved one

QPointF toward(const QPointF& a, const QPointF& b, qreal share) { return a + (b - a) * share; }

QPointF bezier(const QPointF& a, const QPointF& b, const QPointF& c, const QPointF& d, qreal t) {
  const qreal s = 1 - t;
  return a * (s * s * s) + b * (3 * s * s * t) + c * (3 * s * t * t) + d * (t * t * t);
}

QPolygonF straightened(const QPainterPath& path) {
  QPolygonF out;
  for (int i = 0; i < path.elementCount(); ++i) {
    const auto e = path.elementAt(i);
    if (e.type == QPainterPath::CurveToElement && i + 2 < path.elementCount()) {
      const QPointF from = out.isEmpty() ? QPointF(e) : out.last();
      for (int k = 1; k <= kPieces; ++k)
        out << bezier(from, e, path.elementAt(i + 1), path.elementAt(i + 2), static_cast<qreal>(k) / kPieces);
      i += 2;
    } else {
      out << QPointF(e);
    }
  }
  return out;
}

// QPainterPath::pointAtPercent measures the curve itself, which takes longer than all the rest of a shape.
QPointF halfway(const QPolygonF& line) {
  const auto length = [&](qsizetype k) {
    return std::hypot(line[k + 1].x() - line[k].x(), line[k + 1].y() - line[k].y());
  };
  qreal left = 0;
  for (qsizetype k = 0; k + 1 < line.size(); ++k) left += length(k) / 2;
  for (qsizetype k = 0; k + 1 < line.size(); ++k) {
    const qreal piece = length(k);
    if (left <= piece) return piece > 0 ? toward(line[k], line[k + 1], left / piece) : line[k];
    left -= piece;
  }
  return line.isEmpty() ? QPointF() : line.last();
}

// From point to point, level where it passes one.
void through(QPainterPath& path, const QPointF& to) {
  const QPointF from = path.currentPosition();
  const qreal middle = (from.x() + to.x()) / 2;
  path.cubicTo({middle, from.y()}, {middle, to.y()}, to);
}

// Whether a glyph at this place would lie under a node.
bool covered(const Layout& layout, const QPointF& at) {
  constexpr qreal kGlyph = 10;
  return std::any_of(layout.nodes.begin(), layout.nodes.end(), [&](const Place& n) {
    return at.x() > n.x - kGlyph && at.x() < n.right() + kGlyph && at.y() > n.y - kGlyph &&
           at.y() < n.bottom() + kGlyph;
  });
}

// Around the waypoint, above or below it: on the side of the line if there is room, else on the other; else close by.
QPointF passing(const Layout& layout, const Place& w, bool above, qreal shift) {
  constexpr qreal kFar = 24, kNear = 12;
  const qreal x = (w.x + w.right()) / 2;
  const auto at = [&](bool over, qreal far) { return QPointF(x, over ? w.y - far + shift : w.bottom() + far + shift); };
  for (const bool over : {above, !above})
    if (!covered(layout, at(over, kFar))) return at(over, kFar);
  return at(above, kNear);
}

EdgeShape shape_of(const GraphEdge& edge, const Layout& layout, const std::vector<Bend>& bends, qreal shift) {
  EdgeShape out;
  const Place& a = layout.nodes[edge.from];
  const Place& b = layout.nodes[edge.to];
  const bool back = b.x < a.right();  // a call against the reading direction
  const QPointF start(a.right(), a.middle() + shift), end(back ? b.right() : b.x, b.middle() + shift);
  out.path.moveTo(start);
  if (edge.skipped && !back) {
    const Place& w = layout.nodes[*edge.skipped];
    const bool above = (start.y() + end.y()) / 2 <= w.middle();
    const QPointF top = passing(layout, w, above, shift);
    const qreal reach = (w.right() - w.x) / 2 + 30;
    out.path.cubicTo(toward(start, {top.x(), start.y()}, 0.5), top - QPointF(reach, 0), top);
    out.path.cubicTo(top + QPointF(reach, 0), toward(end, {top.x(), end.y()}, 0.5), end);
    out.middle = top;
    out.missing.moveTo(start);
    const qreal mid = w.middle();
    out.missing.cubicTo({(start.x() + w.x) / 2, start.y()}, {(start.x() + w.x) / 2, mid}, {w.x, mid});
    out.missing.moveTo(w.right(), mid);
    out.missing.cubicTo({(end.x() + w.right()) / 2, mid}, {(end.x() + w.right()) / 2, end.y()}, end);
  } else if (back && b.right() <= a.x && std::abs(a.middle() - b.middle()) < a.height / 2) {
    // In one row a loop to the right would come back behind its own start: a bow below.
    const QPointF from((a.x + a.right()) / 2 + shift, a.bottom()), to((b.x + b.right()) / 2 + shift, b.bottom());
    const qreal low = std::max(a.bottom(), b.bottom()) + 36;
    out.path = QPainterPath(from);
    out.path.cubicTo({from.x(), low}, {to.x(), low}, to);
  } else if (back) {
    const qreal far = std::max(a.right(), b.right()) + 46 + std::abs(a.y - b.y) * 0.06;
    out.path.cubicTo({far, start.y()}, {far, end.y()}, end);
  } else if (!bends.empty()) {
    for (const Bend& bend : bends) {  // the lane kept free for it in each layer it passes
      through(out.path, {bend.left, bend.y + shift});
      out.path.lineTo(bend.right, bend.y + shift);
    }
    through(out.path, end);
    const Bend& half = bends[bends.size() / 2];
    out.middle = {(half.left + half.right) / 2, half.y + shift};
  } else {
    const qreal bend = std::max(36.0, (end.x() - start.x()) * 0.5);
    out.path.cubicTo({start.x() + bend, start.y()}, {end.x() - bend, end.y()}, end);
    // Near the source, where lines that meet at a service are still apart.
    out.middle = bezier(start, {start.x() + bend, start.y()}, {end.x() - bend, end.y()}, end, edge.stops ? 0.62 : 0.5);
  }
  out.line = straightened(out.path);
  if (back) out.middle = halfway(out.line);
  out.tip = out.line.isEmpty() ? end : out.line.last();
  const QPointF before = out.line.size() > 1 ? out.line[out.line.size() - 2] : start;
  const qreal length = std::hypot(out.tip.x() - before.x(), out.tip.y() - before.y());
  out.tail = length > 0 ? toward(out.tip, before, std::min(1.0, 12 / length)) : before;
  out.bounds = out.path.controlPointRect().united(out.missing.controlPointRect()).adjusted(-14, -14, 14, 14);
  return out;
}

}  // namespace

bool EdgeShape::reaches(const QRectF& area) const {
  if (!bounds.intersects(area)) return false;
  if (!missing.isEmpty() && missing.controlPointRect().intersects(area)) return true;
  const QRectF near = area.adjusted(-16, -16, 16, 16);
  for (int k = 0; k + 1 < line.size(); ++k) {
    const QPointF &a = line[k], &b = line[k + 1];
    if (std::max(a.x(), b.x()) >= near.left() && std::min(a.x(), b.x()) <= near.right() &&
        std::max(a.y(), b.y()) >= near.top() && std::min(a.y(), b.y()) <= near.bottom())
      return true;
  }
  return false;
}

EdgeShapes edge_shapes(const MeshGraph& graph, const Layout& layout) {
  EdgeShapes out;
  out.edges.reserve(graph.edges.size());
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> together, seen;
  for (const GraphEdge& e : graph.edges) ++together[{e.from, e.to}];
  static const std::vector<Bend> kStraight;
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const GraphEdge& e = graph.edges[i];
    const auto count = together[{e.from, e.to}];
    const auto nth = seen[{e.from, e.to}]++;
    const qreal shift = (static_cast<qreal>(nth) - static_cast<qreal>(count - 1) / 2) * 11;
    out.edges.push_back(shape_of(e, layout, i < layout.bends.size() ? layout.bends[i] : kStraight, shift));
    out.bounds = out.bounds.united(out.edges.back().bounds);
  }
  return out;
}

}  // namespace meshsim::viz
