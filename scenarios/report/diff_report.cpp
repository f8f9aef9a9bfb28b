#include "scenarios/report/diff_report.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "models/telemetry/telemetry.h"
#include "scenarios/report/diff_questions.h"
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
  out.emplace_back("route", shares(all, [](const Outcome& o) {
                     std::string text;
                     for (const RouteFinding& r : o.routes)
                       if (r.chosen)
                         text += (text.empty() ? "" : ", ") + r.route.text() + fmt::format(" rule {}", r.rule);
                     return text.empty() ? std::string("none") : text;
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

std::vector<Flow> own_flows(const Loaded& side) {
  std::vector<Flow> out;
  for (const ScenarioFlow& flow : side.scenario.flows) out.push_back(flow.flow);
  return out;
}

// What a flow emits depends on its way and its end, not on the request: asked once for each.
std::string series_text(const Loaded& side, const FlowResult& result, std::map<std::string, std::string>& known) {
  return shares(result.outcomes, [&](const Outcome& o) {
    std::string key = path_of(o) + '|' + std::string(to_string(o.verdict)) + (o.l7_processed ? "|7|" : "|4|") +
                      std::to_string(o.destination_workload) + '|' + std::to_string(o.routed_service) +
                      (o.denied_by ? "|" + o.denied_by->name : std::string());
    const auto found = known.find(key);
    if (found != known.end()) return found->second;
    Outcome copy = o;
    copy.telemetry = telemetry_of(side.world, result.flow, copy);
    return known.emplace(std::move(key), series_of(copy)).first->second;
  });
}

// Flows of one pair follow each other.
std::vector<Picture> answers(const Loaded& side, const std::vector<Flow>& flows, unsigned threads) {
  std::vector<std::size_t> first;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    const bool same = i > 0 && flows[i].from.ns == flows[i - 1].from.ns &&
                      flows[i].from.name == flows[i - 1].from.name && flows[i].from.kind == flows[i - 1].from.kind &&
                      flows[i].to.host == flows[i - 1].to.host && flows[i].to.port == flows[i - 1].to.port &&
                      flows[i].to.name == flows[i - 1].to.name && flows[i].protocol == flows[i - 1].protocol;
    if (!same) first.push_back(i);
  }
  std::vector<Picture> out(flows.size());
  for_each_index(first.size(), threads, [&](std::size_t chunk) {
    const std::size_t end = chunk + 1 < first.size() ? first[chunk + 1] : flows.size();
    std::map<std::string, std::string> series;
    for (std::size_t i = first[chunk]; i < end; ++i) {
      const FlowResult result = judge_flow(side, flows[i], false);
      out[i] = picture(result);
      out[i].emplace_back("telemetry", series_text(side, result, series));
    }
  });
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

// One side: names, and the picture of a flow by its index.
struct Side {
  std::vector<std::string> names;
  std::function<Picture(std::size_t)> answer;
};

// `same`: these two are known to have one picture.
DiffResult compared(const Side& before, const Side& after, const std::function<bool(std::size_t, std::size_t)>& same) {
  const auto& [old_names, old_answer] = before;
  const auto& [new_names, new_answer] = after;
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
      change.fields.push_back({"verdict", "absent", new_answer(i).front().second});
      out.changes.push_back(std::move(change));
      continue;
    }
    seen[it->second] = true;
    const std::size_t old = it->second;
    by_name.erase(it);
    if (same(old, i)) continue;
    auto fields = changes(old_answer(old), new_answer(i));
    if (!fields.empty()) out.changes.push_back({new_names[i], FlowChange::Kind::Changed, std::move(fields)});
  }
  for (std::size_t i = 0; i < old_names.size(); ++i) {
    if (seen[i]) continue;
    ++out.compared;
    out.changes.push_back(
        {old_names[i], FlowChange::Kind::Removed, {{"verdict", old_answer(i).front().second, "absent"}}});
  }
  return out;
}

}  // namespace

DiffResult diff(const Loaded& before, const Loaded& after, unsigned threads) {
  const bool given = !before.scenario.flows.empty() || !after.scenario.flows.empty();
  std::vector<Flow> old_flows, new_flows;
  if (given) {
    old_flows = own_flows(before);
    new_flows = own_flows(after);
  } else {
    const LintContext old_side(before.world), new_side(after.world);
    const DiffRequests requests = diff_requests(old_side, new_side);
    old_flows = diff_questions(old_side, requests);
    new_flows = diff_questions(new_side, requests);
  }
  const std::vector<Picture> old_pictures = answers(before, old_flows, threads);
  const std::vector<Picture> new_pictures = answers(after, new_flows, threads);
  return compared({names_of(old_flows), [&](std::size_t i) { return old_pictures[i]; }},
                  {names_of(new_flows), [&](std::size_t i) { return new_pictures[i]; }},
                  [](std::size_t, std::size_t) { return false; });
}

DiffResult diff(const RunResult& before, const RunResult& after) {
  const auto side = [](const RunResult& run) {
    Side out;
    for (const FlowRun& flow : run.flows) out.names.push_back(flow.result.flow.name);
    out.answer = [&run](std::size_t i) { return picture(run.flows[i].result); };
    return out;
  };
  // Answers that were taken over from one run into the other need no second look.
  return compared(side(before), side(after), [&](std::size_t x, std::size_t y) {
    return before.flows[x].result.outcomes.same_as(after.flows[y].result.outcomes);
  });
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
