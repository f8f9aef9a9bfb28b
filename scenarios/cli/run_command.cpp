// run, explain and init.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <ostream>

#include <fmt/core.h>

#include "scenarios/cli/options.h"
#include "scenarios/cli/simulation.h"
#include "scenarios/cli/watch.h"
#include "scenarios/export/export.h"
#include "scenarios/report/init_report.h"
#include "scenarios/report/report.h"

namespace meshsim::scenarios {
namespace {

constexpr std::array<std::string_view, 8> kStatuses = {"enforced", "bypassed", "inert",          "denies-all",
                                                       "open",     "dry-run",  "not-applicable", "not-evaluated"};

constexpr int kNotesOfAKind = 3;

std::shared_ptr<const Loaded> load_for(const Options& options, const Streams& streams) {
  ReadOptions read;
  read.limits = options.limits;
  read.standard_input = &streams.in;
  auto loaded = std::make_shared<const Loaded>(load(options.files, read));
  remember(options, loaded->scenario);
  const bool table = options.output == "table" || options.output == "wide";
  // Notes of one kind are counted from the fourth on: a folder with everything in it twice must not hide the answer.
  std::map<std::string, int> notes;
  for (const models::Diagnostic& d : loaded->diagnostics) {
    if (d.severity != models::Severity::Error && !table) continue;
    if (d.severity != models::Severity::Info || ++notes[d.code] <= kNotesOfAKind)
      streams.err << models::format(d) << '\n';
  }
  for (const auto& [code, count] : notes)
    if (count > kNotesOfAKind)
      streams.err << fmt::format("Info [{}] {} more of this kind; meshsim lint names them all\n", code,
                                 count - kNotesOfAKind);
  return loaded;
}

std::string extension(const std::string& format) {
  return format == "json" ? ".json" : format == "yaml" ? ".yaml" : ".txt";
}

// What --export and its companions ask for; an error text where it cannot be.
std::optional<std::string> read_export_options(const Options& options, ExportOptions& out) {
  for (const std::string& word : options.exports)
    if (!choose_export(word, out)) return "--export knows metrics, logs, traces and pcap, not " + word;
  if (options.exports.empty() && !(options.start_time.empty() && options.ztunnel_log.empty() && options.flow.empty()))
    return "--flow, --start-time and --ztunnel-log need --export";
  if (!options.exports.empty() && options.out_dir.empty()) return "--export needs a folder to write into: --out DIR";
  if (!options.start_time.empty()) {
    const auto start = parse_start_time(options.start_time);
    if (!start)
      return "--start-time is a time such as 2026-01-01T00:00:00Z or seconds since 1970, not " + options.start_time;
    out.start_ns = *start;
  }
  if (!options.ztunnel_log.empty()) out.ztunnel_log_json = options.ztunnel_log == "json";
  out.folder = options.out_dir;
  out.only_flow = options.flow;
  return std::nullopt;
}

}  // namespace

bool use_colour(const Options& options, const Streams& streams) {
  if (options.colour == "always") return true;
  if (options.colour == "never") return false;
  const char* no = std::getenv("NO_COLOR");
  return streams.terminal && (no == nullptr || *no == '\0');
}

int deliver(const std::string& text, const std::string& name, const Options& options, const Streams& streams) {
  if (options.out_dir.empty()) {
    streams.out << text << std::flush;
    return kFine;
  }
  std::error_code error;
  std::filesystem::create_directories(options.out_dir, error);
  if (const auto problem = write_file((std::filesystem::path(options.out_dir) / name).string(), text)) {
    streams.err << "meshsim: " << *problem << '\n';
    return kInternal;
  }
  return kFine;
}

int usage_error(const Streams& streams, const std::string& text) {
  streams.err << "meshsim: " << text << '\n';
  return kUsage;
}

int run_command(const Options& options, const Streams& streams) {
  if (options.files.empty())
    return usage_error(streams, "run needs a scenario, a manifest or a folder (- for standard input)");
  const ReportFormat* format = find_run_format(options.output);
  if (format == nullptr)
    return usage_error(streams, "there is no output format " + options.output + " (table, wide, json, yaml)");
  std::vector<WindowLimit> limits;
  for (const std::string& status : options.fail_on) {
    if (const auto limit = parse_window_limit(status)) {
      limits.push_back(*limit);
    } else if (std::find(kStatuses.begin(), kStatuses.end(), status) == kStatuses.end()) {
      return usage_error(streams,
                         "--fail-on knows the statuses enforced, bypassed, inert, denies-all, open, dry-run, "
                         "not-applicable and not-evaluated, and windows such as window:bypassed>0s (also exposed, "
                         "failed, lost), not " +
                             status);
    }
  }
  if (!options.replications.empty() && !parse_replications(options.replications))
    return usage_error(streams, "--replications wants A..B or one number, not " + options.replications);
  if (!limits.empty() && options.judge_only)
    return usage_error(streams,
                       "windows are of a simulation: --fail-on window:... and --judge-only exclude each other");
  ExportOptions exports;
  if (const auto problem = read_export_options(options, exports)) return usage_error(streams, *problem);
  const auto loaded = load_for(options, streams);
  if (!options.flow.empty() && !loaded->unreadable &&
      std::none_of(loaded->scenario.flows.begin(), loaded->scenario.flows.end(),
                   [&options](const ScenarioFlow& flow) { return flow.flow.name == options.flow; }))
    return usage_error(streams, "the scenario has no flow named " + options.flow);
  RunOptions how;
  how.threads = options.threads;
  RunResult result = run(loaded, how);
  bool broken_timeline = false;
  if (!options.judge_only && !loaded->unreadable && (has_traffic(loaded->scenario) || !limits.empty())) {
    Simulated simulated = simulate_loaded(*loaded, options, streams);
    for (const models::Diagnostic& d : simulated.diagnostics) {
      streams.err << models::format(d) << '\n';
      broken_timeline |= d.severity == models::Severity::Error;
    }
    result.simulation = std::make_shared<const models::SimulationResult>(std::move(simulated.result));
    if (simulated.capacity) result.capacity = std::make_shared<const models::Capacity>(std::move(*simulated.capacity));
    compare_latency(result);
  }
  ReportOptions report;
  report.colour = use_colour(options, streams) && options.out_dir.empty();
  report.only_namespace = options.ns;
  if (!options.exports.empty()) {
    const Exported exported = export_run(result, exports);
    if (exported.error) {
      streams.err << "meshsim: " << *exported.error << '\n';
      return kInternal;
    }
    streams.err << "exported " << exported.files.size() << " files into " << options.out_dir << '\n';
  }
  if (const int code = deliver(format->render(result, report), "run" + extension(options.output), options, streams);
      code != kFine)
    return code;
  if (loaded->unreadable || broken_timeline) return kData;
  for (const WindowLimit& limit : limits)
    if (exceeds(*result.simulation, limit)) return kFailed;
  for (const FlowRun& flow : result.flows) {
    if (!flow.expectations.failed.empty()) return kFailed;
    for (const models::Outcome& outcome : flow.result.outcomes)
      for (const models::PolicyFinding& policy : outcome.policies)
        if (std::find(options.fail_on.begin(), options.fail_on.end(), models::to_string(policy.status)) !=
            options.fail_on.end())
          return kFailed;
  }
  return kFine;
}

int explain_command(const Options& options, const Streams& streams) {
  if (options.files.empty()) return usage_error(streams, "explain needs a scenario");
  const auto loaded = load_for(options, streams);
  RunOptions how;
  how.threads = options.threads;
  how.only_flow = options.flow;
  const RunResult result = run(loaded, how);
  if (result.flows.empty() && !loaded->unreadable)
    return usage_error(
        streams, options.flow.empty() ? "the scenario has no flows" : "the scenario has no flow named " + options.flow);
  ReportOptions report;
  report.colour = use_colour(options, streams) && options.out_dir.empty();
  const std::string text = options.output == "json"   ? run_json(result, report)
                           : options.output == "yaml" ? run_yaml(result, report)
                                                      : explain_text(result, report);
  if (const int code = deliver(text, "explain" + extension(options.output), options, streams); code != kFine)
    return code;
  return loaded->unreadable ? kData : kFine;
}

int init_command(const Options& options, const Streams& streams) {
  if (options.files.empty()) return usage_error(streams, "init needs manifests, a folder or a scenario");
  const auto loaded = load_for(options, streams);
  if (loaded->unreadable) return kData;  // a test file of what was understood in part would be a trap
  return deliver(first_test_file(*loaded, options.files, options.threads), "first.meshtest.yaml", options, streams);
}

}  // namespace meshsim::scenarios
