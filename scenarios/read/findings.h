#pragma once
// Findings: the diagnostics of one file while it is being read. It counts, so that a hostile file cannot make the
// report larger than the input: after `kMost` findings one line says that the rest was left out.
#include <string>
#include <utility>

#include "models/value/diagnostic.h"

namespace meshsim::scenarios {

// What stops the reading of one document.
struct ReadProblem {
  std::string code;
  models::Position at;
  std::string message;
};

class Findings {
 public:
  static constexpr std::size_t kMost = 100;

  Findings(std::string file, models::Diagnostics& out) : file_(std::move(file)), out_(out) {}

  void add(models::Severity severity, std::string code, models::Position at, std::string message) {
    broken_ = broken_ || severity == models::Severity::Error;
    if (count_ > kMost) return;
    if (count_++ == kMost) {
      out_.push_back({severity, std::move(code), "", file_, at,
                      "this file has more than " + std::to_string(kMost) + " findings; the rest is left out"});
      return;
    }
    out_.push_back({severity, std::move(code), "", file_, at, std::move(message)});
  }
  void error(std::string code, models::Position at, std::string message) {
    add(models::Severity::Error, std::move(code), at, std::move(message));
  }
  void add(const ReadProblem& problem) { error(problem.code, problem.at, problem.message); }

  const std::string& file() const { return file_; }
  bool broken() const { return broken_; }       // an error was added
  bool full() const { return count_ > kMost; }  // reading on is pointless

 private:
  std::string file_;
  models::Diagnostics& out_;
  std::size_t count_ = 0;
  bool broken_ = false;
};

}  // namespace meshsim::scenarios
