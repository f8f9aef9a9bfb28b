#include "scenarios/report/diff_report.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "models/telemetry/telemetry.h"
#include "scenarios/report/matrix_report.h"
#include "scenarios/report/style.h"
#include "scenarios/run/parallel.h"

namespace meshsim::scenarios {
namespace {

using namespace models;

// What users compare, as field -> text. Outcomes that agree are one text; else each with its share.
using Picture = std::vector<std::pair<std::string, std::string>>;

template <class Get>
std::string shares(const std::vector<Outcome>& outcomes, const Get& get) {
  std::map<std::string, double> by_text;
  for (const Outcome& o : outcomes) by_text[get(o)] += o.probability;
  if (by_text.size() == 1) return by_text.begin()->first;
  std::string out;
  for (const auto& [text, share] : by_text)
    out += (out.empty() ? "" : "; ") + text + fmt::format(" ({:.4g} %)", share * 100);
  return out;
}

std::string path_of(const Outcome& o) {
  std::string out;
  for (const Hop& hop : o.hops)
    out += (out.empty() ? "" : " > ") + std::string(to_string(hop.proxy)) +
           (hop.proxy == ProxyKind::Waypoint || hop.proxy == ProxyKind::Gateway ? ' ' + hop.name : "");
  return out.empty() ? "(no proxy)" : out;
}

std::string series_of(const Outcome& o) {
  std::set<std::string> names;
  for (const Metric& m : o.telemetry.metrics)
    names.insert(m.name + (m.reporter.empty() ? "" : "{reporter=" + m.reporter + "}"));
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

Picture picture(const FlowResult& result) {
  const auto& all = result.outcomes;
  Picture out;
  out.emplace_back("verdict", shares(all, [](const Outcome& o) { return std::string(to_string(o.verdict)); }));
  out.emplace_back("httpStatus", shares(all, [](const Outcome& o) {
                     return o.http_status ? std::to_string(*o.http_status) : std::string("none");
                   }));
  out.emplace_back("deniedBy", shares(all, [](const Outcome& o) {
                     if (!o.denied_by) return std::string("nobody");
                     return std::string(to_string(o.denied_by->proxy)) + ' ' + o.denied_by->name +
                            (o.denied_by->policy ? " by " + *o.denied_by->policy : std::string());
                   }));
  out.emplace_back("path", shares(all, path_of));
  out.emplace_back("transport", shares(all, [](const Outcome& o) {
                     return o.transport ? std::string(to_string(*o.transport)) : std::string("none");
                   }));
  out.emplace_back("routedTo", shares(all, [](const Outcome& o) {
                     return o.routed_to ? fmt::format("{}:{}", o.routed_to->workload, o.routed_to->port)
                                        : std::string("nowhere");
                   }));
  std::set<std::string> policies;
  for (const Outcome& o : all)
    for (const PolicyFinding& p : o.policies) policies.insert(p.policy.text());
  for (const std::string& policy : policies)
    out.emplace_back("policies." + policy, shares(all, [&](const Outcome& o) {
                       for (const PolicyFinding& p : o.policies)
                         if (p.policy.text() == policy) return std::string(to_string(p.status));
                       return std::string("not-applicable");
                     }));
  out.emplace_back("telemetry", shares(all, series_of));
  return out;
}

// Fields that only one side has (policies) are compared with what their absence means.
std::vector<FieldChange> changes(const Picture& before, const Picture& after) {
  std::vector<FieldChange> out;
  const auto find = [](const Picture& in, const std::string& field) {
    const auto it = std::find_if(in.begin(), in.end(), [&](const auto& p) { return p.first == field; });
    return it == in.end() ? std::string("absent") : it->second;
  };
  for (const auto& [field, text] : after)
    if (const std::string old = find(before, field); old != text && !(old == "absent" && text == "not-applicable"))
      out.push_back({field, old, text});
  for (const auto& [field, text] : before)
    if (find(after, field) == "absent" && text != "not-applicable") out.push_back({field, text, "absent"});
  return out;
}

std::vector<Flow> questions(const Loaded& side, const std::vector<Request>& requests, bool flows_given) {
  std::vector<Flow> out;
  if (flows_given) {
    for (const ScenarioFlow& flow : side.scenario.flows) out.push_back(flow.flow);
    return out;
  }
  for (const Flow& pair : pair_flows(side.world)) {
    if (!is_http(pair.protocol)) {
      out.push_back(pair);
      continue;
    }
    for (const Request& request : requests) {
      Flow flow = pair;
      flow.request.method = request.method;
      flow.request.path = request.path;
      flow.name += ' ' + request.method + ' ' + request.path;
      out.push_back(std::move(flow));
    }
  }
  return out;
}

std::vector<Picture> answers(const Loaded& side, const std::vector<Flow>& flows, unsigned threads) {
  std::vector<Picture> out(flows.size());
  for_each_index(flows.size(), threads, [&](std::size_t i) { out[i] = picture(judge_flow(side, flows[i], true)); });
  return out;
}

const char* word(FlowChange::Kind kind) {
  return kind == FlowChange::Kind::Added ? "added" : kind == FlowChange::Kind::Removed ? "removed" : "changed";
}

std::string counted(const DiffResult& result) {
  return fmt::format("{} of {} flows differ", result.changes.size(), result.compared);
}

std::vector<std::string> names_of(const std::vector<Flow>& flows) {
  std::vector<std::string> out;
  for (const Flow& flow : flows) out.push_back(flow.name);
  return out;
}

DiffResult compared(const std::vector<std::string>& old_names, const std::vector<Picture>& old_answers,
                    const std::vector<std::string>& new_names, const std::vector<Picture>& new_answers) {
  // Names may repeat: the n-th of one side is compared with the n-th of the other.
  std::multimap<std::string, std::size_t> by_name;
  for (std::size_t i = 0; i < old_names.size(); ++i) by_name.emplace(old_names[i], i);
  DiffResult out;
  std::vector<bool> seen(old_names.size(), false);
  for (std::size_t i = 0; i < new_names.size(); ++i) {
    ++out.compared;
    const auto it = by_name.find(new_names[i]);
    if (it == by_name.end()) {
      FlowChange change{new_names[i], FlowChange::Kind::Added, {}};
      change.fields.push_back({"verdict", "absent", new_answers[i].front().second});
      out.changes.push_back(std::move(change));
      continue;
    }
    seen[it->second] = true;
    auto fields = changes(old_answers[it->second], new_answers[i]);
    by_name.erase(it);
    if (!fields.empty()) out.changes.push_back({new_names[i], FlowChange::Kind::Changed, std::move(fields)});
  }
  for (std::size_t i = 0; i < old_names.size(); ++i) {
    if (seen[i]) continue;
    ++out.compared;
    out.changes.push_back(
        {old_names[i], FlowChange::Kind::Removed, {{"verdict", old_answers[i].front().second, "absent"}}});
  }
  return out;
}

}  // namespace

DiffResult diff(const Loaded& before, const Loaded& after, unsigned threads) {
  const bool given = !before.scenario.flows.empty() || !after.scenario.flows.empty();
  const auto requests = requests_of_policies({before.world.mesh.get(), after.world.mesh.get()});
  const auto old_flows = questions(before, requests, given), new_flows = questions(after, requests, given);
  return compared(names_of(old_flows), answers(before, old_flows, threads), names_of(new_flows),
                  answers(after, new_flows, threads));
}

DiffResult diff(const RunResult& before, const RunResult& after) {
  std::vector<std::string> names[2];
  std::vector<Picture> pictures[2];
  for (const int side : {0, 1})
    for (const FlowRun& flow : (side == 0 ? before : after).flows) {
      names[side].push_back(flow.result.flow.name);
      pictures[side].push_back(picture(flow.result));
    }
  return compared(names[0], pictures[0], names[1], pictures[1]);
}

std::string diff_table(const DiffResult& result, bool colour) {
  const Style style(colour);
  std::string out;
  for (const FlowChange& change : result.changes) {
    const std::string kind = word(change.kind);
    out += (change.kind == FlowChange::Kind::Changed ? style.warn(kind)
            : change.kind == FlowChange::Kind::Added ? style.good(kind)
                                                     : style.bad(kind)) +
           "  " + style.bold(change.flow) + '\n';
    std::vector<std::vector<std::string>> rows;
    for (const FieldChange& f : change.fields) rows.push_back({"    " + f.field, f.before + " -> " + f.after});
    out += columns(rows);
  }
  return out + counted(result) + '\n';
}

std::string diff_markdown(const DiffResult& result, bool) {
  const auto cell = [](std::string text) {
    for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
    return text;
  };
  std::string out = "## meshsim diff\n\n" + counted(result) + "\n";
  if (result.changes.empty()) return out;
  out += "\n| Flow | Field | Before | After |\n|---|---|---|---|\n";
  for (const FlowChange& change : result.changes)
    for (const FieldChange& f : change.fields)
      out += "| " + cell(change.flow) + " | " + cell(f.field) + " | " + cell(f.before) + " | " + cell(f.after) + " |\n";
  return out;
}

}  // namespace meshsim::scenarios
