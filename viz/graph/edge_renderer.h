#pragma once
// EdgeRenderer: the thread that paints thousands of edges into a picture while the window shows the last one. A newer
// job makes an older one give up.
#include <QImage>
#include <QObject>
#include <QThread>
#include <QTransform>
#include <atomic>
#include <cstdint>
#include <memory>

#include "viz/graph/edge_painter.h"

namespace meshsim::viz {

struct EdgeJob {
  std::uint64_t serial = 0;
  std::shared_ptr<const EdgeScene> scene;
  QRectF area;      // of the scene
  qreal scale = 1;  // pixels of the device for one unit of the scene, without `ratio`
  qreal ratio = 1;
  bool marked = false;  // also the edges that are marked
};

struct EdgePicture {
  EdgeJob job;
  QImage image;
};

class EdgeRenderer : public QObject {
  Q_OBJECT
 public:
  explicit EdgeRenderer(QObject* parent = nullptr);
  ~EdgeRenderer() override;
  void request(EdgeJob job);  // its serial is given here
  bool busy() const { return wanted_ != done_; }
  void forget();  // what is being painted is not wanted any more

 signals:
  void wanted(const meshsim::viz::EdgeJob& job);
  void finished(const meshsim::viz::EdgePicture& picture);

 private:
  QThread thread_;
  QObject* worker_;
  std::atomic<std::uint64_t> wanted_{0};
  std::uint64_t done_ = 0;
};

}  // namespace meshsim::viz

Q_DECLARE_METATYPE(meshsim::viz::EdgeJob)
Q_DECLARE_METATYPE(meshsim::viz::EdgePicture)
