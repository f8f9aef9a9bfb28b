#pragma once
// test --update: expectations that do not hold are rewritten to what the mesh does, in place: only the value changes,
// comments and layout stay. Cases whose values come from a table or a matrix, metrics, latencies, xfail cases and
// values that span lines are left alone and named.
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
