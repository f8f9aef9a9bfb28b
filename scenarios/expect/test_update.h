#pragma once
// test --update: expectations that do not hold are rewritten to what the mesh does, in place: only the value changes,
// comments and layout stay. Of cases that a table or a matrix makes, a value that stands in `expect` is rewritten where
// all of them want the same one; a parameter that only `expect` uses, in its row. Metrics, latencies, xfail cases,
// values that span lines and those on which cases disagree are left alone and named, with the reason.
#include <string>
#include <vector>

#include "scenarios/expect/test_run.h"

namespace meshsim::scenarios {

struct UpdatedLine {
  std::uint32_t line = 0;
  std::string before, after;
};
struct UpdatedFile {
  std::string file, text;  // the whole new text
  std::vector<UpdatedLine> lines;
};
struct TestUpdate {
  std::vector<UpdatedFile> files;
  std::vector<std::string> left;  // failures that are not rewritten, and why
};

TestUpdate update_expectations(const TestRun& run, const ReadOptions& options);

// The line with the value of the key at `column` (1-based, in bytes) replaced; nullopt where it does not stand plainly
// in this line.
std::optional<std::string> with_value(const std::string& line, std::uint32_t column, const std::string& literal);

}  // namespace meshsim::scenarios
