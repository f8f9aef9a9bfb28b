#pragma once
// EdgeShapes: the curves of all edges of a picture, and the bypassed hops among them: an arc around the waypoint, and
// the way through it that is not taken. Made once for a picture, by the worker; any thread may paint from them.
#include <QPainterPath>
#include <QPolygonF>
#include <QRectF>
#include <memory>
#include <vector>

#include "viz/graph/layout.h"

namespace meshsim::viz {

struct EdgeShape {
  QPainterPath path, missing;  // missing: through the waypoint that is passed by
  QPolygonF line;              // the path as few straight pieces: for hit tests and for small scales
  QPointF middle, tip, tail;
  QRectF bounds;
  // Some piece of the line comes near `area`. Long curves have bounds that say little.
  bool reaches(const QRectF& area) const;
};

struct EdgeShapes {
  std::vector<EdgeShape> edges;  // parallel to MeshGraph::edges
  QRectF bounds;
};

EdgeShapes edge_shapes(const MeshGraph& graph, const Layout& layout);

}  // namespace meshsim::viz
