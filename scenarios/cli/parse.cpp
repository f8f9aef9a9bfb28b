// The one table of commands and options: parsing, help and shell completion all come from it. The only file that
// includes CLI11.
#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>

#include "scenarios/cli/completion.h"
#include "scenarios/cli/manual.h"
#include "scenarios/cli/options.h"
#include "scenarios/cli/watch.h"

namespace meshsim::scenarios {
namespace {

void add_files(CLI::App& app, Options& o) {
  app.add_option("paths,-f,--filename", o.files,
                 "Scenario, manifest, folder, pattern, or - for standard input; repeatable");
}

void add_namespaces(CLI::App& app, Options& o) {
  app.add_option("-n,--namespace", o.ns, "Show only flows that start or end in this namespace");
  app.add_flag_callback(
      "-A,--all-namespaces", [&o] { o.ns.clear(); }, "Show every namespace (the default)");
}

void add_common(CLI::App& app, Options& o, const std::string& formats) {
  app.add_option("-o,--output", o.output, "Format: " + formats)->capture_default_str();
  app.add_option("--color", o.colour, "auto, always or never; NO_COLOR is honoured")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--out", o.out_dir, "Write the report into this folder instead of standard output");
  app.add_option("-j,--threads", o.threads, "Flows judged at a time; the result does not depend on it")
      ->check(CLI::Range(1, 256));
  app.add_option("--max-file-bytes", o.limits.file_bytes, "Largest file that is read")->capture_default_str();
  app.add_option("--max-depth", o.limits.depth, "Deepest nesting that is read")->capture_default_str();
  app.add_option("--max-alias-nodes", o.limits.alias_nodes, "Most nodes that YAML aliases of one document may copy")
      ->capture_default_str();
}

void add_watch(CLI::App& app, Options& o) {
  app.add_flag("--watch", o.watch, "Run again when the input changes");
  app.add_option("--watch-runs", o.watch_runs, "Stop after so many runs")->group("");
}

// The option table as plain words, for completion and manual.
std::vector<CompletionCommand> command_table(const CLI::App& app) {
  std::vector<CompletionCommand> table;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    CompletionCommand command{sub->get_name(), sub->get_description(), "", {}};
    for (const CLI::Option* option : sub->get_options()) {
      if (option->get_positional()) command.files = "[" + option->get_name(true) + " ...]";
      if (option->get_group().empty()) continue;
      for (const std::string& name : option->get_lnames())
        command.options.push_back({"--" + name, option->get_description()});
    }
    table.push_back(std::move(command));
  }
  return table;
}

}  // namespace

int cli_main(const std::vector<std::string>& arguments, const Streams& streams) {
  Options o;
  CLI::App app{
      "meshsim: where a flow goes in a mixed sidecar / ambient mesh, which policies are enforced, and which are "
      "silently not",
      "meshsim"};
  app.require_subcommand(1);
  app.fallthrough(false);
  app.set_version_flag("--version", "meshsim " MESHSIM_VERSION);

  auto* run = app.add_subcommand("run", "Judge every flow of a scenario; print verdicts, policies, telemetry");
  add_files(*run, o);
  add_common(*run, o, "table, wide, json, yaml");
  add_namespaces(*run, o);
  add_watch(*run, o);
  run->add_option("--fail-on", o.fail_on,
                  "Exit 1 if a policy has one of these statuses (bypassed, open, denies-all, inert, ...), or had it in "
                  "the simulation for longer than so long (window:bypassed>0s; also exposed, failed, lost)")
      ->allow_extra_args(false)
      ->delimiter(',');
  run->add_option("--seed", o.seed, "Seed of the simulation, instead of the scenario's");
  run->add_option("--replications", o.replications,
                  "Simulate these replications only: A..B, or one number; merge puts results together");
  run->add_flag("--judge-only", o.judge_only, "Verdicts only: do not simulate flows that have traffic");

  auto* merge = app.add_subcommand("merge", "One result from runs of single replications: the same bytes as one run");
  merge->add_option("paths", o.files, "Results of `meshsim run -o json`, or - for standard input");
  merge->add_option("-o,--output", o.output, "Format: json, yaml")->default_str("json");
  merge->add_option("--out", o.out_dir, "Write the result into this folder instead of standard output");

  run->add_option("--export", o.exports,
                  "Write into the folder of --out what real consumers read: metrics, logs, traces, pcap")
      ->allow_extra_args(false)
      ->delimiter(',');
  run->add_option("--flow", o.flow, "Export this flow only");
  run->add_option("--sample", o.sample,
                  "Requests of each simulated flow, spread over the run, that exports show one by one: traces with all "
                  "that they caused, log lines with their own times; default 20")
      ->check(CLI::Range(1u, 100000u));
  run->add_option(
      "--start-time", o.start_time,
      "Wall clock of simulated time 0 in exports: 2026-01-01T00:00:00Z (the default) or seconds since 1970");
  run->add_option("--ztunnel-log", o.ztunnel_log, "Format of ztunnel's log; default: LOG_FORMAT of its DaemonSet")
      ->check(CLI::IsMember({"text", "json"}));

  auto* explain = app.add_subcommand("explain", "One flow hop by hop: every policy considered, and why");
  add_files(*explain, o);
  add_common(*explain, o, "table, wide, json, yaml");
  add_namespaces(*explain, o);
  explain->add_option("--flow", o.flow, "Name of the flow; without it, every flow");

  auto* matrix = app.add_subcommand("matrix", "Who reaches whom, and through what: all pairs");
  add_files(*matrix, o);
  add_common(*matrix, o, "table, wide, json, yaml");
  add_namespaces(*matrix, o);
  add_watch(*matrix, o);
  matrix->add_flag("--policies", o.policies, "Policy x client population x destination");
  matrix->add_flag("--telemetry", o.telemetry, "Who reports each edge, and at which level");

  auto* test = app.add_subcommand("test", "Run every expectation of test files and scenarios");
  add_files(*test, o);
  add_common(*test, o, "table, junit, tap, json, md, github");
  add_watch(*test, o);
  test->add_flag("--update", o.update, "Rewrite expectations that do not hold, after showing what changes");
  test->add_option("--run", o.name_pattern, "Only cases whose name matches this regular expression");
  test->add_option("--tag", o.tags, "Only cases with this tag; repeatable")->delimiter(',');
  test->add_flag("--fail-fast", o.fail_fast, "Stop at the first failure");
  test->add_flag("--coverage", o.coverage, "Which policies, rules, routes, waypoints, hops and modes the tests touch");
  test->add_option("--coverage-fail-under", o.coverage_fail_under, "Exit 1 when less than this percentage is covered")
      ->check(CLI::Range(0.0, 100.0));
  test->add_option("--coverage-of", o.coverage_of, "Count only policy, rule, route, waypoint, gateway, hop, mode")
      ->check(CLI::IsMember({"policy", "rule", "route", "waypoint", "gateway", "hop", "mode"}))
      ->delimiter(',');
  test->add_option("--lcov", o.lcov, "Write coverage per line into this file, as LCOV");
  test->add_flag("--require-tests", o.require_tests, "Exit 1 when no test is found");

  auto* lint = app.add_subcommand("lint", "What files show to be wrong, each finding with a flow that shows it");
  add_files(*lint, o);
  add_common(*lint, o, "table, json, sarif, junit, github");
  add_watch(*lint, o);
  lint->add_option("--explain", o.explain, "Say what this code means and what to do; an alias, or all, will do");
  lint->add_flag("--show-flow", o.show_flow, "With each finding the flow that shows it");
  lint->add_option("--only", o.only, "Look for these codes only; aliases will do")->delimiter(',');
  lint->add_option("--suppress", o.suppress, "Accept CODE, or CODE=OBJECT (Kind ns/name, * for anything); repeatable");
  lint->add_option("--baseline", o.baseline, "Accept the findings that this file lists");
  lint->add_option("--write-baseline", o.write_baseline, "Write the present findings into this file");
  lint->add_option("--threshold", o.threshold, "Exit 79 at findings of this severity: error, warning, info, never")
      ->check(CLI::IsMember({"error", "warning", "info", "never"}))
      ->capture_default_str();
  lint->add_option("--level", o.lowest, "Show findings from this severity on: error, warning, info")
      ->check(CLI::IsMember({"error", "warning", "info"}))
      ->capture_default_str();

  auto* init = app.add_subcommand("init", "A first test file: every present verdict as an expectation");
  add_files(*init, o);
  init->add_option("--out", o.out_dir, "Write first.meshtest.yaml into this folder instead of standard output");
  init->add_option("-j,--threads", o.threads, "Flows judged at a time")->check(CLI::Range(1, 256));

  auto* diff = app.add_subcommand(
      "diff", "Verdicts, paths, policies and telemetry that differ between A and B; each may be REV:path");
  add_files(*diff, o);
  add_common(*diff, o, "table, json, md");
  add_watch(*diff, o);
  diff->add_flag("--exit-code", o.exit_code, "Exit 1 when verdicts, paths, policies or telemetry differ");
  diff->add_flag("--simulate", o.simulate,
                 "Also simulate both sides with the same random numbers: differences of latency, failures, CPU and "
                 "memory, with 95 % intervals");
  diff->add_option("--seed", o.seed, "Seed of the simulations, instead of that of A");
  diff->add_option("--replications", o.replications, "Pairs of replications to simulate: A..B (at least two)");

  auto* profiles = app.add_subcommand("profiles", "Behaviour profiles and how they differ");
  profiles->add_option("-o,--output", o.output, "Format: table, json, yaml");
  auto* schema = app.add_subcommand("schema", "JSON Schema of the scenario file");
  auto* gui = app.add_subcommand("gui", "The window, where it is installed");
  add_files(*gui, o);
  auto* version = app.add_subcommand("version", "Version of the program");
  auto* man = app.add_subcommand("man", "Manual page of the program; with --out one of every command as well");
  man->add_option("--out", o.out_dir, "Write meshsim.1 and meshsim-COMMAND.1 into this folder");
  auto* completion = app.add_subcommand("completion", "Completion script for a shell");
  completion->add_option("shell", o.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));

  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done, streams.out, streams.err) == 0 ? kFine : kUsage;
  } catch (const CLI::ParseError& error) {
    app.exit(error, streams.out, streams.err);
    return kUsage;
  }
  if (*run) return o.watch ? watch(run_command, o, streams, o.watch_runs) : run_command(o, streams);
  if (*merge) {
    if (o.output == "table") o.output = "json";
    return merge_command(o, streams);
  }
  if (*explain) return explain_command(o, streams);
  if (*matrix) return o.watch ? watch(matrix_command, o, streams, o.watch_runs) : matrix_command(o, streams);
  if (*gui) return gui_command(o, streams);
  if (*test) return o.watch ? watch(test_command, o, streams, o.watch_runs) : test_command(o, streams);
  if (*lint) return o.watch ? watch(lint_command, o, streams, o.watch_runs) : lint_command(o, streams);
  if (*init) return init_command(o, streams);
  if (*diff) return o.watch ? watch(diff_command, o, streams, o.watch_runs) : diff_command(o, streams);
  if (*profiles) return profiles_command(o, streams);
  if (*schema) return schema_command(o, streams);
  if (*version) return version_command(o, streams);

  const auto table = command_table(app);
  if (*man) {
    if (o.out_dir.empty()) {
      streams.out << manual_page(table);
      return kFine;
    }
    for (const CompletionCommand& command : table)
      if (const int code = deliver(manual_page(command), "meshsim-" + command.name + ".1", o, streams); code != kFine)
        return code;
    return deliver(manual_page(table), "meshsim.1", o, streams);
  }
  streams.out << completion_script(o.shell, table);
  return kFine;
}

}  // namespace meshsim::scenarios
