#pragma once
// Worker: the thread that reads, judges and lays out, so that the window never waits. One request at a time; a newer
// request makes an older one give up at its next step. What comes back is immutable.
#include <QObject>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/lint/lint.h"
#include "viz/session/analysis.h"

namespace meshsim::viz {

using Findings = std::shared_ptr<const scenarios::LintResult>;

struct Request {
  std::uint64_t generation = 0;
  std::vector<std::string> paths;                   // open these; empty: go on from `from`
  std::shared_ptr<const scenarios::Document> from;  // the nearest state that is known
  std::vector<scenarios::Edit> edits;               // to be made on it
  bool reread = false;                              // read the inputs of `from` again
  bool judge = true;                                // false: only draw `shown` again
  Result shown;                                     // with judge = false
  Result before;                                    // compare with this
  Result known;                                     // what holds as it was is taken from this
  std::vector<std::string> other;                   // compare with these inputs instead
  PictureOptions picture;
  EarlierOrder earlier;
};

class Worker : public QObject {
  Q_OBJECT
 public:
  explicit Worker(QObject* parent = nullptr) : QObject(parent) {}
  // From any thread: everything older than this generation is not wanted any more.
  void want(std::uint64_t generation);

 public slots:
  void work(const meshsim::viz::Request& request);

 signals:
  void progress(std::uint64_t generation, const QString& stage);
  void finished(std::uint64_t generation, meshsim::viz::Result result, meshsim::viz::PictureResult picture);
  // What lint says of the same result, a while after it: nobody waits for it.
  void linted(std::uint64_t generation, meshsim::viz::Findings findings);
  void failed(std::uint64_t generation, const QString& why);

 private:
  std::atomic<std::uint64_t> wanted_{0};
  std::atomic<bool> cancelled_{false};
  std::atomic<std::uint64_t> running_{0};
  std::vector<std::string> other_paths_;  // used by work() alone, as the next one
  Result other_;
};

}  // namespace meshsim::viz

Q_DECLARE_METATYPE(meshsim::viz::Request)
Q_DECLARE_METATYPE(meshsim::viz::Result)
Q_DECLARE_METATYPE(meshsim::viz::PictureResult)
Q_DECLARE_METATYPE(meshsim::viz::Findings)
