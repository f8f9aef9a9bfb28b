#pragma once
// EdgeLayer: all edges of the mesh graph as one item (thousands of items would be slow). Where few edges are in sight
// it paints them itself; where there are many it shows what EdgeRenderer painted, moved and scaled until a sharper
// picture arrives, and only what is marked or hovered on top.
#include <QGraphicsItem>
#include <optional>

#include "viz/graph/edge_renderer.h"

namespace meshsim::viz {

class EdgeLayer : public QGraphicsItem {
 public:
  explicit EdgeLayer(EdgeRenderer& renderer);
  void set_picture(PictureResult picture);
  void set_presence(std::vector<Presence> presence);
  void set_marked(std::vector<bool> marked);
  void set_hovered(std::optional<std::size_t> edge);
  void theme_changed();
  void take(const EdgePicture& picture);

  // The edge nearest to `at` within `reach` scene units.
  std::optional<std::size_t> edge_at(const QPointF& at, qreal reach) const;
  QRectF boundingRect() const override { return bounds_; }
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

  const QPainterPath& path(std::size_t edge) const { return scene_->shape(edge).path; }
  QPointF badge_place(std::size_t edge) const { return scene_->shape(edge).middle; }
  // What is painted now is what should be: nothing is on its way.
  bool sharp() const { return !renderer_.busy(); }

 private:
  EdgeScene& change();  // a copy where a renderer may still read the last one
  // Marked edges are painted on top of the cached picture, unless there are too many.
  bool marked_apart() const;
  void paint_cached(QPainter& painter, const QRectF& area, qreal scale, qreal ratio);

  EdgeRenderer& renderer_;
  std::shared_ptr<EdgeScene> scene_;
  EdgePicture cached_;
  std::shared_ptr<const EdgeScene> asked_;  // the last job
  QRectF asked_area_;
  qreal asked_scale_ = 0;
  std::optional<std::size_t> hovered_;
  QRectF bounds_;
};

}  // namespace meshsim::viz
