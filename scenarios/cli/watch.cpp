#include "scenarios/cli/watch.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <sstream>
#include <thread>

namespace meshsim::scenarios {

namespace fs = std::filesystem;

namespace {

bool is_input(const fs::path& path) {
  const auto end = path.extension();
  return end == ".yaml" || end == ".yml" || end == ".json";
}

// Size and time of every watched file: cheap, and enough to know that somebody wrote.
std::map<std::string, std::string> stamps(const std::vector<std::string>& paths) {
  std::map<std::string, std::string> out;
  std::error_code error;
  const auto add = [&](const fs::path& path) {
    std::error_code gone;
    const auto size = fs::file_size(path, gone);
    const auto time = fs::last_write_time(path, gone).time_since_epoch().count();
    out[path.string()] = std::to_string(size) + ' ' + std::to_string(time);
  };
  for (const std::string& path : paths) {
    fs::path folder = path;
    if (!fs::is_directory(folder, error)) {
      add(folder);
      folder = folder.parent_path().empty() ? fs::path(".") : folder.parent_path();
    }
    std::size_t most = 20000;
    for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
         !error && it != end && most > 0; it.increment(error), --most)
      if (it->is_regular_file(error) && is_input(it->path())) add(it->path());
  }
  return out;
}

}  // namespace

std::string watched_state(const std::vector<std::string>& paths) {
  std::uint64_t hash = 14695981039346656037ull;
  const auto take = [&](std::string_view text) {
    for (const unsigned char c : text) hash = (hash ^ c) * 1099511628211ull;
    hash = (hash ^ 0xff) * 1099511628211ull;
  };
  for (const auto& [path, stamp] : stamps(paths)) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    take(path);
    take(text.str());
  }
  return std::to_string(hash);
}

int watch(Command command, const Options& options, const Streams& streams, unsigned runs) {
  using namespace std::chrono_literals;
  int code = kFine;
  std::string good, state;
  auto seen = stamps(options.files);
  for (unsigned run = 1;; ++run) {
    state = watched_state(options.files);
    std::ostringstream out, err;
    code = command(options, {streams.in, out, err, streams.terminal});
    if (code == kUsage) {
      streams.err << err.str();
      return code;
    }
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
    // Until something else is in the files, and has been for a moment.
    for (;;) {
      std::this_thread::sleep_for(200ms);
      auto now = stamps(options.files);
      if (now == seen) continue;
      for (auto next = now;; now = next) {
        std::this_thread::sleep_for(150ms);
        next = stamps(options.files);
        if (next == now) break;
      }
      seen = std::move(now);
      if (watched_state(options.files) != state) break;
    }
  }
}

}  // namespace meshsim::scenarios
