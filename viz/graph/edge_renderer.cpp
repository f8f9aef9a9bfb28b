#include "viz/graph/edge_renderer.h"

#include <QPainter>

namespace meshsim::viz {

EdgeRenderer::EdgeRenderer(QObject* parent) : QObject(parent), worker_(new QObject) {
  qRegisterMetaType<EdgeJob>();
  qRegisterMetaType<EdgePicture>();
  worker_->moveToThread(&thread_);
  connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
  connect(
      this, &EdgeRenderer::wanted, worker_,
      [this](const EdgeJob& job) {
        if (wanted_ != job.serial) return;
        EdgePicture out{job, QImage((job.area.size() * job.scale * job.ratio).toSize().expandedTo({1, 1}),
                                    QImage::Format_ARGB32_Premultiplied)};
        out.image.fill(Qt::transparent);
        out.image.setDevicePixelRatio(job.ratio);
        QPainter painter(&out.image);
        painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
        painter.scale(job.scale, job.scale);
        painter.translate(-job.area.topLeft());
        if (!paint_edges(painter, *job.scene, job.area, job.scale, job.marked, &wanted_, job.serial)) return;
        painter.end();
        QMetaObject::invokeMethod(this, [this, out = std::move(out)] {
          if (out.job.serial != wanted_) return;
          done_ = wanted_;
          emit finished(out);
        });
      },
      Qt::QueuedConnection);
  thread_.start();
}

EdgeRenderer::~EdgeRenderer() {
  ++wanted_;
  thread_.quit();
  thread_.wait();
}

void EdgeRenderer::request(EdgeJob job) {
  job.serial = ++wanted_;
  emit wanted(job);
}

void EdgeRenderer::forget() { done_ = ++wanted_; }

}  // namespace meshsim::viz
