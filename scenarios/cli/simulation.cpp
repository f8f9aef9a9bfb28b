#include "scenarios/cli/simulation.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <ostream>
#include <sstream>

#include <fmt/format.h>

#include "scenarios/read/fields.h"
#include "scenarios/report/simulation_report.h"

namespace meshsim::scenarios {
namespace {

constexpr std::array<std::string_view, 11> kWindowStatuses = {
    "enforced",       "bypassed",      "inert",   "denies-all", "open", "dry-run",
    "not-applicable", "not-evaluated", "exposed", "failed",     "lost"};

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void on_interrupt(int) { interrupted.store(true); }

// Ctrl-C ends the simulation, a second one the program.
class InterruptGuard {
 public:
  InterruptGuard() {
    interrupted = false;
    struct sigaction action = {};
    action.sa_handler = on_interrupt;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &action, &before_);
  }
  ~InterruptGuard() { ::sigaction(SIGINT, &before_, nullptr); }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  struct sigaction before_ = {};
};

class Progress {
 public:
  explicit Progress(std::ostream& err) : err_(err), start_(Clock::now()), last_(start_) {}
  void show(double done, std::uint64_t requests) {
    const auto now = Clock::now();
    if (now - last_ < std::chrono::milliseconds(200)) return;
    last_ = now;
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    const double left = done > 0.001 ? elapsed / done - elapsed : 0;
    constexpr int kWidth = 30;
    const int full = static_cast<int>(done * kWidth);
    err_ << fmt::format("\r[{:<{}}] {:3.0f}%  {:.2f} M requests, {:.0f} k/s, {:.0f} s left ",
                        std::string(static_cast<std::size_t>(full), '='), kWidth, done * 100,
                        static_cast<double>(requests) * 1e-6, static_cast<double>(requests) / elapsed * 1e-3, left)
         << std::flush;
    shown_ = true;
  }
  void clear() {
    if (shown_) err_ << '\r' << std::string(90, ' ') << '\r' << std::flush;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::ostream& err_;
  Clock::time_point start_, last_;
  bool shown_ = false;
};

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t out = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<WindowLimit> parse_window_limit(std::string_view text) {
  if (!text.starts_with("window:")) return std::nullopt;
  text.remove_prefix(7);
  const auto at = text.find('>');
  if (at == std::string_view::npos) return std::nullopt;
  WindowLimit out;
  out.status = std::string(text.substr(0, at));
  if (std::find(kWindowStatuses.begin(), kWindowStatuses.end(), out.status) == kWindowStatuses.end())
    return std::nullopt;
  const auto ns = parse_duration(text.substr(at + 1));
  if (!ns) return std::nullopt;
  out.longer_than_ns = *ns;
  return out;
}

std::optional<std::pair<std::uint32_t, std::uint32_t>> parse_replications(std::string_view text) {
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) {
    const auto one = number(text);
    if (!one) return std::nullopt;
    return std::pair{*one, 1u};
  }
  const auto first = number(text.substr(0, dots)), last = number(text.substr(dots + 2));
  if (!first || !last || *last < *first || *last - *first >= 1'000'000) return std::nullopt;
  return std::pair{*first, *last - *first + 1};
}

Simulated simulate_loaded(const Loaded& loaded, const Options& options, const Streams& streams) {
  SimulationOptions how;
  how.threads = options.threads;
  how.stop = &interrupted;
  if (options.seed) how.seed = *options.seed;
  // Scrapes every 15 s see whole intervals.
  if (!options.exports.empty())
    how.sample_ns = loaded.scenario.run.duration_ns > 600'000'000'000 ? 15'000'000'000 : 1'000'000'000;
  if (!options.exports.empty()) how.recorded = options.sample;
  if (!options.replications.empty())
    if (const auto range = parse_replications(options.replications)) std::tie(how.first, how.count) = *range;
  Progress progress(streams.err);
  if (streams.progress) how.progress = [&](double done, std::uint64_t requests) { progress.show(done, requests); };
  Simulated out;
  const PreparedSimulation prepared = prepare_simulation(loaded, how);
  out.diagnostics = prepared.diagnostics;
  {
    const InterruptGuard guard;
    out.result = run_simulation(prepared, how, loaded.scenario.run.replications);
  }
  progress.clear();
  out.capacity = models::capacity(prepared.input);
  return out;
}

Comparison compare_loaded(const Loaded& before, const Loaded& after, const Options& options, const Streams& streams) {
  SimulationOptions how;
  how.threads = options.threads;
  how.stop = &interrupted;
  if (options.seed) how.seed = *options.seed;
  if (!options.replications.empty())
    if (const auto range = parse_replications(options.replications)) std::tie(how.first, how.count) = *range;
  Progress progress(streams.err);
  if (streams.progress) how.progress = [&](double done, std::uint64_t requests) { progress.show(done, requests); };
  models::Diagnostics diagnostics;
  const InterruptGuard guard;
  Comparison out = compare_simulations(before, after, how, diagnostics);
  progress.clear();
  for (const models::Diagnostic& d : diagnostics) streams.err << models::format(d) << '\n';
  return out;
}

bool exceeds(const models::SimulationResult& result, const WindowLimit& limit) {
  std::map<std::tuple<std::uint32_t, std::string, std::string>, std::int64_t> lasted;
  for (const models::Window& w : result.windows) {
    if (w.status != limit.status) continue;
    std::int64_t& sum = lasted[{w.replication, w.flow, w.subject}];
    sum += w.until_ns - w.from_ns;
    if (sum > limit.longer_than_ns) return true;
  }
  return false;
}

int merge_command(const Options& options, const Streams& streams) {
  if (options.files.empty()) return usage_error(streams, "merge needs the results of runs (meshsim run -o json)");
  if (options.output != "json" && options.output != "yaml")
    return usage_error(streams, "merge writes json or yaml, not " + options.output);
  std::vector<NamedText> documents;
  for (const std::string& file : options.files) {
    std::ostringstream text;
    if (file == "-") {
      text << streams.in.rdbuf();
    } else {
      const std::ifstream in(file, std::ios::binary);
      if (!in) {
        streams.err << "meshsim: cannot read " << file << '\n';
        return kData;
      }
      text << in.rdbuf();
    }
    documents.push_back({file, text.str()});
  }
  const Merged merged = merge_documents(documents, options.output);
  if (merged.document.empty()) {
    streams.err << "meshsim: " << merged.problem << '\n';
    return kData;
  }
  return deliver(merged.document, "run." + options.output, options, streams);
}

}  // namespace meshsim::scenarios
