#pragma once
// EdgePainter: how edges look. An EdgeScene holds everything that is painted and shares nothing that changes, so that a
// picture of thousands of edges can be made in a thread of its own.
#include <QPainter>
#include <QString>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "viz/graph/edge_shapes.h"
#include "viz/look/theme.h"
#include "viz/session/analysis.h"

namespace meshsim::viz {

enum class Presence : std::uint8_t { Shown, Faded, Hidden };

struct EdgeScene {
  PictureResult picture;
  std::vector<Presence> presence;
  std::vector<bool> marked;  // drawn strongly: the selection and what belongs to it
  bool any_marked = false;
  Theme theme;
  QString skips;  // "skips %1", in the language of the window

  const EdgeShape& shape(std::size_t edge) const { return picture->shapes->edges[edge]; }
  // Painted above the others.
  bool prominent(std::size_t edge) const {
    return marked[edge] || picture->graph.edges[edge].word == EdgeClass::Bypassed;
  }
};

void paint_edge(QPainter& painter, const EdgeScene& scene, std::size_t edge, qreal scale, bool strong);
// All edges that reach `area`; gives up when `wanted` is not `serial` any more (false then). `marked`: also those.
bool paint_edges(QPainter& painter, const EdgeScene& scene, const QRectF& area, qreal scale, bool marked,
                 const std::atomic<std::uint64_t>* wanted = nullptr, std::uint64_t serial = 0);
// How many edges reach `area`, counted up to `most`.
std::size_t count_edges(const EdgeScene& scene, const QRectF& area, std::size_t most);

}  // namespace meshsim::viz
