// `timeline` and `run` of a scenario.
#include <algorithm>
#include <array>

#include "scenarios/read/object_collector.h"
#include "scenarios/read/object_name.h"
#include "scenarios/read/scenario_parts.h"

namespace meshsim::scenarios {

using models::Node;

namespace {

using Action = TimelineEvent::Action;

constexpr std::array<std::string_view, 7> kActions = {"restart", "apply", "delete", "label", "scale", "fail", "heal"};

bool is_file_name(std::string_view text) {
  return text.ends_with(".yaml") || text.ends_with(".yml") || text.ends_with(".json") || text.ends_with("/");
}

class TimelineReader {
 public:
  TimelineReader(const std::shared_ptr<const models::Tree>& tree, const ReadOptions& options,
                 models::Diagnostics& diagnostics, ScenarioFindings& findings)
      : tree_(tree), options_(options), diagnostics_(diagnostics), findings_(findings) {}

  std::optional<TimelineEvent> read(Node node, const std::string& path);

 private:
  void read_target(Fields& fields, Node value, TimelineEvent& event);
  void read_files(Fields& fields, Node value, TimelineEvent& event);

  const std::shared_ptr<const models::Tree>& tree_;
  const ReadOptions& options_;
  models::Diagnostics& diagnostics_;
  ScenarioFindings& findings_;
};

// Files, a list of files, or the object itself.
void TimelineReader::read_files(Fields& fields, Node value, TimelineEvent& event) {
  const std::string_view key = kActions[static_cast<std::size_t>(event.action)];
  std::vector<std::string> inputs;
  if (value.is_string()) inputs.push_back(value.string());
  if (value.is_sequence()) {
    for (const Node one : value) {
      if (one.is_string()) {
        inputs.push_back(one.string());
      } else {
        fields.wrong(one, key, "a list of files");
      }
    }
  } else if (!value.is_mapping() && !value.is_string()) {
    return fields.wrong(value, key, "a file, a list of files or an object");
  }
  ObjectCollector collector(diagnostics_);
  if (value.is_mapping()) collector.add(tree_, value);
  if (collect_manifests(inputs, options_, collector, diagnostics_)) findings_.broken = true;
  event.objects = collector.finish();
  if (collector.broken()) findings_.broken = true;
}

void TimelineReader::read_target(Fields& fields, Node value, TimelineEvent& event) {
  const std::string_view key = kActions[static_cast<std::size_t>(event.action)];
  event.target = std::string(value.string_or());
  const bool delete_files = event.action == Action::Delete && (!value.is_string() || is_file_name(value.text()));
  if (event.action == Action::Apply || delete_files) return read_files(fields, value, event);
  const std::string_view text = event.target;
  const auto slashes = std::count(text.begin(), text.end(), '/');
  const auto starts = [&](std::string_view prefix, int parts) {
    return text.starts_with(prefix) && slashes == parts && !text.ends_with('/');
  };
  if (event.action == Action::Restart && starts("ztunnel/", 1)) return;
  if (event.action == Action::Fail || event.action == Action::Heal) {
    // What can fail is more than objects: istiod, a link, a certificate, the ztunnel of a node.
    if (text == "istiod" || starts("node/", 1) || starts("ztunnel/", 1) || starts("link/", 2) ||
        starts("certificate/", 2))
      return;
    event.object = parse_object_name(event.target);
    if (!event.object)
      fields.wrong(value, key,
                   "istiod, node/NAME, ztunnel/NODE, link/NODE/NODE, certificate/NAMESPACE/WORKLOAD, or an object as "
                   "namespace/kind/name");
    return;
  }
  event.object = parse_object_name(event.target);
  if (!event.object)
    fields.wrong(value, key,
                 event.action == Action::Restart ? "ztunnel/NODE, or an object as kind/name or namespace/kind/name"
                                                 : "an object as kind/name or namespace/kind/name");
}

std::optional<TimelineEvent> TimelineReader::read(Node node, const std::string& path) {
  TimelineEvent event;
  event.node = node;
  Fields fields(node, path, findings_);
  if (!node.is_mapping()) return std::nullopt;
  fields.require("at");
  event.at_ns = fields.duration("at").value_or(0);
  int actions = 0;
  for (std::size_t i = 0; i < kActions.size(); ++i) {
    const Node value = fields.node(kActions[i]);
    if (!value.has_value()) continue;
    event.action = static_cast<Action>(i);
    if (++actions == 1) read_target(fields, value, event);
  }
  if (actions != 1) {
    findings_.error("MSH0012", node.position(),
                    path + " needs exactly one of restart, apply, delete, label, scale, fail and heal");
  }
  event.set = read_label_set(fields, "set");
  event.replicas = fields.integer("replicas", 0, 100'000);
  if (const Node errors = fields.node("errors"); errors.has_value()) {
    const auto share = errors.number();
    const bool fits = event.action == Action::Fail && event.object && event.object->kind != "Gateway";
    if (share && *share >= 0 && *share <= 1 && fits) {
      event.errors = *share;
    } else {
      fields.wrong(errors, "errors", "a number from 0 to 1, beside fail of a pod or a workload");
    }
  }
  if (event.action == Action::Label) fields.require("set");
  if (event.action == Action::Scale) fields.require("replicas");
  fields.done();
  return event;
}

}  // namespace

std::vector<TimelineEvent> read_timeline(Node list, const std::shared_ptr<const models::Tree>& tree,
                                         const ReadOptions& options, models::Diagnostics& diagnostics,
                                         ScenarioFindings& findings) {
  std::vector<TimelineEvent> out;
  TimelineReader reader(tree, options, diagnostics, findings);
  std::size_t index = 0;
  for (const Node node : list)
    if (auto event = reader.read(node, element("timeline", index++))) out.push_back(std::move(*event));
  std::stable_sort(out.begin(), out.end(),
                   [](const TimelineEvent& a, const TimelineEvent& b) { return a.at_ns < b.at_ns; });
  return out;
}

RunSettings read_run_settings(Node node, ScenarioFindings& findings) {
  RunSettings out;
  Fields fields(node, "run", findings);
  out.duration_ns = fields.duration("duration").value_or(0);
  out.find_warm_up = node["warmup"].string_or() == "auto";
  if (out.find_warm_up)
    fields.node("warmup");
  else
    out.warmup_ns = fields.duration("warmup").value_or(0);
  out.seed = static_cast<std::uint64_t>(fields.integer("seed", 0, INT64_MAX).value_or(1));
  out.sample_ns = fields.duration("sample").value_or(0);
  out.replications = static_cast<std::uint32_t>(fields.integer("replications", 1, 1'000'000).value_or(1));
  fields.done();
  return out;
}

}  // namespace meshsim::scenarios
