#include <ostream>

#include "scenarios/cli/options.h"
#include "scenarios/cli/simulation.h"
#include "scenarios/cli/watch.h"
#include "scenarios/report/comparison_report.h"
#include "scenarios/report/diff_report.h"
#include "scenarios/run/git_revision.h"

namespace meshsim::scenarios {

int diff_command(const Options& options, const Streams& streams) {
  if (options.files.size() != 2)
    return usage_error(streams, "diff compares two scenarios, manifests, folders or revisions (REV:path): A B");
  const bool table = options.output == "table", json = options.output == "json", markdown = options.output == "md";
  if (!table && !json && !markdown)
    return usage_error(streams, "there is no output format " + options.output + " (table, json, md)");
  if (!options.simulate && (options.seed || !options.replications.empty()))
    return usage_error(streams, "--seed and --replications of diff need --simulate");
  if (!options.replications.empty() && !parse_replications(options.replications))
    return usage_error(streams, "--replications wants A..B or one number, not " + options.replications);
  ReadOptions read;
  read.limits = options.limits;
  read.standard_input = &streams.in;
  const Loaded before = load_revision(options.files[0], read), after = load_revision(options.files[1], read);
  remember(options, before.scenario);
  remember(options, after.scenario);
  for (const Loaded* side : {&before, &after})
    for (const models::Diagnostic& d : side->diagnostics)
      if (d.severity == models::Severity::Error) streams.err << models::format(d) << '\n';
  const DiffResult result = diff(before, after, options.threads);
  std::optional<Comparison> simulated;
  if (options.simulate && !before.unreadable && !after.unreadable) {
    if (!has_traffic(before.scenario) || !has_traffic(after.scenario))
      return usage_error(streams, "diff --simulate needs traffic on both sides: flows with a rate, clients or a trace");
    simulated = compare_loaded(before, after, options, streams);
  }
  const bool colour = use_colour(options, streams) && options.out_dir.empty();
  std::string text = json       ? diff_json(result, simulated ? &*simulated : nullptr)
                     : markdown ? diff_markdown(result, colour)
                                : diff_table(result, colour);
  if (simulated && markdown) text += comparison_markdown(*simulated);
  if (simulated && table) text += comparison_table(*simulated, colour);
  const std::string name = std::string("diff") + (json ? ".json" : markdown ? ".md" : ".txt");
  if (const int code = deliver(text, name, options, streams); code != kFine) return code;
  if (before.unreadable || after.unreadable) return kData;
  return options.exit_code && !result.changes.empty() ? kFailed : kFine;
}

}  // namespace meshsim::scenarios
