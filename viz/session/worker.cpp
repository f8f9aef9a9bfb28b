#include "viz/session/worker.h"

#include <QTimer>
#include <exception>

namespace meshsim::viz {

using scenarios::Document;

namespace {
constexpr int kQuiet = 150;  // ms
}

void Worker::want(std::uint64_t generation) {
  wanted_ = generation;
  if (running_ < generation) cancelled_ = true;
}

void Worker::work(const Request& request) {
  running_ = request.generation;
  cancelled_ = false;
  if (wanted_ > request.generation) return;  // checked after the reset: want() may come at any moment
  try {
    Result result = request.shown;
    if (request.judge) {
      emit progress(request.generation, tr("Reading"));
      std::shared_ptr<const Document> document = request.from;
      if (!request.paths.empty()) document = Document::open(request.paths);
      if (request.reread && document != nullptr) document = document->reread();
      for (const scenarios::Edit& edit : request.edits) {
        if (cancelled_) return;
        document = document->with(edit);
      }
      if (cancelled_ || document == nullptr) return;
      emit progress(request.generation, tr("Judging"));
      Result before = request.before;
      if (!request.other.empty()) {
        if (request.other != other_paths_ || other_ == nullptr)
          other_ = analyse(Document::open(request.other), nullptr, nullptr, cancelled_);
        other_paths_ = request.other;
        before = other_;
      }
      if (cancelled_) return;
      result = analyse(std::move(document), before, request.known, cancelled_);
    }
    if (cancelled_ || result == nullptr) return;
    emit progress(request.generation, tr("Drawing"));
    PictureResult picture = draw(*result, request.picture, request.earlier, cancelled_);
    if (cancelled_ || picture == nullptr) return;
    const auto document = result->document;
    emit finished(request.generation, std::move(result), std::move(picture));
    if (!request.judge || cancelled_ || document->loaded()->unreadable) return;
    // After a while without another change: the next one shall not wait for it.
    QTimer::singleShot(kQuiet, this, [this, document, generation = request.generation] {
      if (wanted_ != generation) return;
      try {
        auto findings = std::make_shared<const scenarios::LintResult>(scenarios::lint(*document->loaded(), {}));
        if (wanted_ == generation) emit linted(generation, std::move(findings));
      } catch (const std::exception& error) {
        emit failed(generation, QString::fromUtf8(error.what()));
      }
    });
  } catch (const std::exception& error) {
    // An input must never bring the window down, whatever it holds.
    emit failed(request.generation, QString::fromUtf8(error.what()));
  }
}

}  // namespace meshsim::viz
