#pragma once
// EdgeLayer: all edges of the mesh graph as one item (thousands of items would be slow), and the bypassed hops: an arc
// around the waypoint, and the way through it that is not taken.
#include <QGraphicsItem>
#include <QPainterPath>
#include <optional>
#include <vector>

#include "viz/graph/layout.h"

namespace meshsim::viz {

enum class Presence { Shown, Faded, Hidden };

class EdgeLayer : public QGraphicsItem {
 public:
  EdgeLayer();
  void set_graph(const MeshGraph* graph, const Layout* layout);
  void set_presence(std::vector<Presence> presence);
  void set_marked(std::vector<bool> marked);  // drawn strongly: the selection and what belongs to it
  void set_hovered(std::optional<std::size_t> edge);

  // The edge nearest to `at` within `reach` scene units.
  std::optional<std::size_t> edge_at(const QPointF& at, qreal reach) const;
  QRectF boundingRect() const override { return bounds_; }
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

  const QPainterPath& path(std::size_t edge) const { return curves_[edge].path; }
  QPointF badge_place(std::size_t edge) const { return curves_[edge].middle; }

 private:
  struct Curve {
    QPainterPath path, missing;  // missing: through the waypoint that is passed by
    QPolygonF line;              // flattened, for hit tests
    QPointF middle, tip, tail;
    QRectF bounds;
  };
  Curve curve_of(const GraphEdge& edge, qreal shift) const;
  void paint_edge(QPainter& p, std::size_t i, qreal scale) const;

  const MeshGraph* graph_ = nullptr;
  const Layout* layout_ = nullptr;
  std::vector<Curve> curves_;
  std::vector<Presence> presence_;
  std::vector<bool> marked_;
  std::optional<std::size_t> hovered_;
  bool any_marked_ = false;
  QRectF bounds_;
};

}  // namespace meshsim::viz
