#pragma once
// The command line of meshsim (design.md section 5). cli_main() is the whole program with its streams given, so that
// tests can drive it. Results go to `out`, chatter and error findings to `err`. Exit codes: 0 fine, 1 an expectation
// failed, 2 internal error, 64 wrong usage, 65 input not understood, 79 lint findings at or above the threshold.
#include <iosfwd>
#include <string>
#include <vector>

namespace meshsim::scenarios {

enum ExitCode : int { kFine = 0, kFailed = 1, kInternal = 2, kUsage = 64, kData = 65, kFindings = 79 };

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool terminal = false;  // `out` is a terminal
  bool progress = false;  // `err` is one: long runs may show how far they are
};

int cli_main(const std::vector<std::string>& arguments, const Streams& streams);

}  // namespace meshsim::scenarios
