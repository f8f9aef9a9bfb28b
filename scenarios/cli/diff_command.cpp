#include <ostream>

#include "scenarios/cli/options.h"
#include "scenarios/cli/watch.h"
#include "scenarios/report/diff_report.h"
#include "scenarios/run/git_revision.h"

namespace meshsim::scenarios {

int diff_command(const Options& options, const Streams& streams) {
  if (options.files.size() != 2)
    return usage_error(streams, "diff compares two scenarios, manifests, folders or revisions (REV:path): A B");
  const bool table = options.output == "table", json = options.output == "json", markdown = options.output == "md";
  if (!table && !json && !markdown)
    return usage_error(streams, "there is no output format " + options.output + " (table, json, md)");
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
  const bool colour = use_colour(options, streams) && options.out_dir.empty();
  const std::string text = json       ? diff_json(result, colour)
                           : markdown ? diff_markdown(result, colour)
                                      : diff_table(result, colour);
  const std::string name = std::string("diff") + (json ? ".json" : markdown ? ".md" : ".txt");
  if (const int code = deliver(text, name, options, streams); code != kFine) return code;
  if (before.unreadable || after.unreadable) return kData;
  return options.exit_code && !result.changes.empty() ? kFailed : kFine;
}

}  // namespace meshsim::scenarios
