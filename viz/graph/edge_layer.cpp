#include "viz/graph/edge_layer.h"

#include <QCoreApplication>
#include <QStyleOptionGraphicsItem>
#include <algorithm>
#include <cmath>

namespace meshsim::viz {

namespace {

constexpr std::size_t kPaintedAtOnce = 48;   // edges in sight that cost little time: a third of a millisecond each
constexpr std::ptrdiff_t kMostMarked = 120;  // so many are painted on top of a cached picture

qreal distance_to_segment(const QPointF& p, const QPointF& a, const QPointF& b) {
  const QPointF d = b - a, r = p - a;
  const qreal length = QPointF::dotProduct(d, d);
  const qreal t = length <= 0 ? 0 : std::clamp(QPointF::dotProduct(r, d) / length, 0.0, 1.0);
  const QPointF off = p - (a + d * t);
  return std::hypot(off.x(), off.y());
}

}  // namespace

EdgeLayer::EdgeLayer(EdgeRenderer& renderer) : renderer_(renderer), scene_(std::make_shared<EdgeScene>()) {
  setZValue(1);
  setAcceptedMouseButtons(Qt::NoButton);
  setFlag(ItemUsesExtendedStyleOption);  // else the exposed area is always the whole graph
}

EdgeScene& EdgeLayer::change() {
  scene_ = std::make_shared<EdgeScene>(*scene_);
  update();
  return *scene_;
}

void EdgeLayer::set_picture(PictureResult picture) {
  prepareGeometryChange();
  EdgeScene& now = change();
  now.picture = std::move(picture);
  now.theme = theme();
  now.skips = QCoreApplication::translate("EdgeLayer", "skips %1");
  const std::size_t count = now.picture == nullptr ? 0 : now.picture->graph.edges.size();
  now.presence.assign(count, Presence::Shown);
  now.marked.assign(count, false);
  now.any_marked = false;
  hovered_.reset();
  bounds_ = now.picture == nullptr ? QRectF() : now.picture->shapes->bounds;
  if (now.picture == nullptr) cached_ = {};
}

void EdgeLayer::set_presence(std::vector<Presence> presence) {
  if (presence != scene_->presence) change().presence = std::move(presence);
}

void EdgeLayer::set_marked(std::vector<bool> marked) {
  if (marked == scene_->marked) return;
  EdgeScene& now = change();
  now.any_marked = std::find(marked.begin(), marked.end(), true) != marked.end();
  now.marked = std::move(marked);
}

void EdgeLayer::set_hovered(std::optional<std::size_t> edge) {
  if (hovered_ == edge) return;
  hovered_ = edge;
  update();
}

void EdgeLayer::theme_changed() {
  if (scene_->picture != nullptr) change().theme = theme();
}

void EdgeLayer::take(const EdgePicture& picture) {
  cached_ = picture;
  update();
}

std::optional<std::size_t> EdgeLayer::edge_at(const QPointF& at, qreal reach) const {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < scene_->presence.size(); ++i) {
    const EdgeShape& shape = scene_->shape(i);
    if (scene_->presence[i] == Presence::Hidden || !shape.bounds.contains(at)) continue;
    for (int k = 0; k + 1 < shape.line.size(); ++k) {
      const qreal d = distance_to_segment(at, shape.line[k], shape.line[k + 1]);
      if (d > reach) continue;
      reach = d;
      best = i;
    }
  }
  return best;
}

bool EdgeLayer::marked_apart() const {
  return std::count(scene_->marked.begin(), scene_->marked.end(), true) <= kMostMarked;
}

void EdgeLayer::paint_cached(QPainter& painter, const QRectF& area, qreal scale, qreal ratio) {
  const bool fits = cached_.job.scene == scene_ && std::abs(cached_.job.scale - scale) < 1e-9 &&
                    cached_.job.ratio == ratio && cached_.job.area.contains(area);
  const bool asked = asked_ == scene_ && std::abs(asked_scale_ - scale) < 1e-9 && asked_area_.contains(area);
  if (!fits && !asked) {
    // Half a window more on each side, so that panning finds something; cut to whole pixels.
    const QRectF wide = area.adjusted(-area.width() / 2, -area.height() / 2, area.width() / 2, area.height() / 2) &
                        bounds_.adjusted(-4, -4, 4, 4).united(area);
    const QTransform world = painter.worldTransform();
    EdgeJob job;
    job.scene = asked_ = scene_;
    job.area = asked_area_ = world.inverted().mapRect(QRectF(world.mapRect(wide).toAlignedRect()));
    job.scale = asked_scale_ = scale;
    job.ratio = ratio;
    job.marked = !marked_apart();
    renderer_.request(std::move(job));
  }
  if (cached_.image.isNull()) return;
  painter.save();
  if (std::abs(cached_.job.scale - scale) < 1e-9) {
    const QPointF corner = painter.worldTransform().map(cached_.job.area.topLeft());
    painter.setWorldTransform(QTransform());
    painter.drawImage(QPointF(std::round(corner.x()), std::round(corner.y())), cached_.image);
  } else {
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(cached_.job.area, cached_.image);
  }
  painter.restore();
}

void EdgeLayer::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) {
  const EdgeScene& scene = *scene_;
  if (scene.picture == nullptr) return;
  const qreal scale = QStyleOptionGraphicsItem::levelOfDetailFromTransform(painter->worldTransform());
  const QRectF area = option->exposedRect;
  const bool many = count_edges(scene, area, kPaintedAtOnce + 1) > kPaintedAtOnce;
  if (widget == nullptr || !many) {
    paint_edges(*painter, scene, area, scale, true);
  } else {
    paint_cached(*painter, area, scale, painter->device()->devicePixelRatioF());
    for (std::size_t i = 0; scene.any_marked && marked_apart() && i < scene.marked.size(); ++i)
      if (scene.marked[i] && scene.presence[i] != Presence::Hidden && scene.shape(i).reaches(area))
        paint_edge(*painter, scene, i, scale, true);
  }
  if (hovered_ && scene.presence[*hovered_] != Presence::Hidden) paint_edge(*painter, scene, *hovered_, scale, true);
  painter->setOpacity(1);
}

}  // namespace meshsim::viz
