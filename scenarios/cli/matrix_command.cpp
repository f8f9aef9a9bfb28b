#include <ostream>

#include "scenarios/cli/options.h"
#include "scenarios/cli/watch.h"
#include "scenarios/report/matrix_report.h"
#include "scenarios/report/report.h"

namespace meshsim::scenarios {

int matrix_command(const Options& options, const Streams& streams) {
  if (options.files.empty()) return usage_error(streams, "matrix needs a scenario, a manifest or a folder");
  const bool json = options.output == "json", yaml = options.output == "yaml";
  if (find_run_format(options.output) == nullptr)
    return usage_error(streams, "there is no output format " + options.output + " (table, wide, json, yaml)");
  if (options.policies && options.telemetry)
    return usage_error(streams, "--policies and --telemetry are two matrices; ask for one");
  ReadOptions read;
  read.limits = options.limits;
  read.standard_input = &streams.in;
  const Loaded loaded = load(options.files, read);
  remember(options, loaded.scenario);
  for (const models::Diagnostic& d : loaded.diagnostics)
    if (d.severity == models::Severity::Error) streams.err << models::format(d) << '\n';
  if (!loaded.world.mesh) return kData;
  MatrixOptions how;
  how.only_namespace = options.ns;
  how.telemetry = options.telemetry;
  how.one_client_per_population = options.policies;
  how.threads = options.threads;
  const auto pairs = all_pairs(loaded.world, how);
  const bool colour = use_colour(options, streams);
  const std::string text = json || yaml ? matrix_json(loaded.world, pairs, options.policies, options.telemetry, yaml)
                           : options.policies  ? matrix_policies_table(loaded.world, pairs, colour)
                           : options.telemetry ? matrix_telemetry_table(pairs, colour)
                                               : matrix_table(pairs, colour);
  streams.out << text << std::flush;
  return loaded.unreadable ? kData : kFine;
}

}  // namespace meshsim::scenarios
