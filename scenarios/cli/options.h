#pragma once
// Options: what the commands share, after parsing (internal to scenarios/cli).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/cli/cli.h"
#include "scenarios/read/read_limits.h"

namespace meshsim::scenarios {

struct WatchMemory;

struct Options {
  std::vector<std::string> files;  // -f and positional alike
  std::string output = "table";
  std::string ns;  // -n; empty: all (-A)
  std::string colour = "auto";
  std::string out_dir;  // --out
  std::string flow;     // --flow
  std::vector<std::string> fail_on;
  unsigned threads = 0;                      // 0: one per processor
  bool policies = false, telemetry = false;  // matrix
  std::string name_pattern;                  // test --run
  std::vector<std::string> tags;             // test --tag
  bool fail_fast = false, require_tests = false;
  bool coverage = false;                 // test
  double coverage_fail_under = -1;       // percent; negative: no threshold
  std::string lcov;                      // file for line-wise coverage
  std::vector<std::string> coverage_of;  // kinds that count; empty: all
  bool exit_code = false;                // diff
  // lint
  std::vector<std::string> suppress, only;
  std::string baseline, write_baseline, explain;
  std::string threshold = "warning", lowest = "info";
  bool show_flow = false;
  bool update = false;                // test
  WatchMemory* memory = nullptr;      // of --watch
  bool watch = false;                 // run, test, lint, matrix, diff
  unsigned watch_runs = 0;            // for tests; 0: no limit
  std::optional<std::uint64_t> seed;  // run
  std::string replications;           // run: A..B
  bool judge_only = false;            // run: do not simulate
  bool simulate = false;              // diff: simulate both sides, too
  ReadLimits limits;
  std::string shell;                    // completion
  std::vector<std::string> exports;     // run --export
  std::string start_time, ztunnel_log;  // run --start-time, --ztunnel-log
  std::uint32_t sample = 20;            // run --sample
};

// Each returns an exit code. Usage errors that need a look at the values (unknown format, unknown flow) are theirs to
// report.
int run_command(const Options& options, const Streams& streams);
int merge_command(const Options& options, const Streams& streams);
int explain_command(const Options& options, const Streams& streams);
int matrix_command(const Options& options, const Streams& streams);
int diff_command(const Options& options, const Streams& streams);
int init_command(const Options& options, const Streams& streams);
int lint_command(const Options& options, const Streams& streams);
int test_command(const Options& options, const Streams& streams);
int profiles_command(const Options& options, const Streams& streams);
int schema_command(const Options& options, const Streams& streams);
int gui_command(const Options& options, const Streams& streams);
int version_command(const Options& options, const Streams& streams);

bool use_colour(const Options& options, const Streams& streams);
// To standard output, or as a whole file of this name into --out.
int deliver(const std::string& text, const std::string& name, const Options& options, const Streams& streams);
int usage_error(const Streams& streams, const std::string& text);

}  // namespace meshsim::scenarios
