#include "scenarios/cli/watch.h"

#include <chrono>
#include <ostream>
#include <sstream>
#include <thread>

namespace meshsim::scenarios {

using namespace std::chrono_literals;

namespace {

// Until the contents are others than `before`, and have been for a moment.
void await_change(const ReadLog& log, const std::string& before) {
  for (FileStamps seen = log.now();;) {
    std::this_thread::sleep_for(200ms);
    FileStamps now = log.now();
    if (now == seen) continue;
    for (;;) {
      std::this_thread::sleep_for(150ms);
      FileStamps next = log.now();
      if (next == now) break;
      now = std::move(next);
    }
    seen = std::move(now);
    if (log.contents() != before) return;
  }
}

}  // namespace

void remember(const Options& options, const Scenario& scenario) {
  if (options.memory != nullptr) options.memory->log.add(scenario);
}

int watch(Command command, const Options& options, const Streams& streams, unsigned runs) {
  int code = kFine;
  std::string good;
  WatchMemory memory;
  Options watched = options;
  watched.memory = &memory;
  for (unsigned run = 1;; ++run) {
    memory.log.clear();
    for (const std::string& file : options.files)
      if (file != "-") memory.log.add(file);
    if (!options.baseline.empty()) memory.log.add(options.baseline);
    const auto begin = std::filesystem::file_time_type::clock::now();
    std::ostringstream out, err;
    code = command(watched, {streams.in, out, err, streams.terminal});
    if (code == kUsage) {
      streams.err << err.str();
      return code;
    }
    const std::string state = memory.log.contents();
    if (streams.terminal) streams.out << "\033[H\033[2J";
    if (code == kData && !good.empty()) {
      streams.out << good;
      streams.err << err.str() << "meshsim: the input is not understood; above is the last good result\n";
    } else {
      streams.out << out.str();
      streams.err << err.str();
      if (code != kData) good = out.str();
    }
    streams.out << std::flush;
    streams.err << std::flush;
    if (runs != 0 && run == runs) return code;
    // What was written while it was read was perhaps not read.
    if (!memory.log.changed() && !memory.log.written_since(begin)) await_change(memory.log, state);
  }
}

}  // namespace meshsim::scenarios
