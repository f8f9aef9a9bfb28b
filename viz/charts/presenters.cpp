#include "viz/charts/presenters.h"

#include <algorithm>
#include <array>
#include <map>

#include "viz/graph/facts.h"
#include "viz/look/words.h"

namespace meshsim::viz {

using namespace models;

namespace {

constexpr std::array<PolicyStatus, 7> kShown = {PolicyStatus::Enforced,    PolicyStatus::Bypassed, PolicyStatus::Open,
                                                PolicyStatus::DeniesAll,   PolicyStatus::DryRun,   PolicyStatus::Inert,
                                                PolicyStatus::NotEvaluated};
constexpr std::array<Verdict, 5> kVerdicts = {Verdict::Allowed, Verdict::Denied, Verdict::Reset, Verdict::Unreachable,
                                              Verdict::Unknown};

template <class Visit>
void each_outcome(const Analysis& analysis, const Visit& visit) {
  for (std::size_t f = 0; f < analysis.run.flows.size(); ++f)
    for (const Outcome& o : analysis.run.flows[f].result.outcomes) visit(f, o);
}

template <class Number>
int number(Number n) {
  return static_cast<int>(n);
}

std::string path_class(const Outcome& o) {
  std::string out = path_text(o);
  if (o.answered_by || o.denied_by) out += o.denied_by ? words("Words", " (refused)") : words("Words", " (answered)");
  return out;
}

}  // namespace

BarData policies_by_point(const Analysis& analysis) {
  BarData out;
  out.title = words("Words", "Policy decisions by enforcement point");
  out.value_title = words("Words", "flows");
  out.whole = true;
  std::map<std::string, std::map<PolicyStatus, FlowSet>> points;
  each_outcome(analysis, [&](std::size_t flow, const Outcome& o) {
    for (const PolicyFinding& f : o.policies) {
      if (f.status == PolicyStatus::NotApplicable) continue;
      const std::string point = f.at ? std::string(to_string(*f.at)) + (f.at_name.empty() ? "" : ' ' + f.at_name)
                                     : words("Words", "at no point");
      points[point][f.status].insert(flow);
    }
  });
  std::size_t bypassed = 0;
  for (const auto& [point, statuses] : points) out.categories.push_back(point);
  for (const PolicyStatus status : kShown) {
    BarData::Series series;
    series.name = to_string(status);
    series.look.status = status;
    bool any = false;
    for (const auto& [point, statuses] : points) {
      const auto it = statuses.find(status);
      series.flows.push_back(it == statuses.end() ? FlowSet() : it->second);
      series.values.push_back(static_cast<double>(series.flows.back().size()));
      any = any || !series.flows.back().empty();
      if (status == PolicyStatus::Bypassed) bypassed += series.flows.back().size();
    }
    if (any) out.series.push_back(std::move(series));
  }
  out.finding = worded(words("Words", "{}; past a bypassed policy: {}"),
                       words("Words", "%n enforcement point(s)", nullptr, number(points.size())),
                       words("Words", "%n flow(s)", nullptr, number(bypassed)));
  return out;
}

MatrixData policy_by_path(const Analysis& analysis) {
  MatrixData out;
  out.title = words("Words", "Policies on each kind of path");
  out.corner = words("Words", "policy");
  std::map<std::string, std::map<std::string, std::map<PolicyStatus, FlowSet>>> all;
  std::set<std::string> paths;
  each_outcome(analysis, [&](std::size_t flow, const Outcome& o) {
    for (const PolicyFinding& f : o.policies) {
      all[f.policy.text()][path_class(o)][f.status].insert(flow);
      paths.insert(path_class(o));
    }
  });
  out.columns.assign(paths.begin(), paths.end());
  int alarming = 0;
  for (const auto& [policy, by_path] : all) {
    out.rows.push_back(policy);
    std::vector<MatrixData::Cell>& row = out.cells.emplace_back();
    for (const std::string& path : out.columns) {
      MatrixData::Cell& cell = row.emplace_back();
      const auto it = by_path.find(path);
      if (it == by_path.end()) continue;
      const auto worst = std::min_element(it->second.begin(), it->second.end(), [](const auto& a, const auto& b) {
        return scenarios::alarm(a.first) < scenarios::alarm(b.first);
      });
      cell.empty = false;
      cell.look.status = worst->first;
      cell.flows = worst->second;
      cell.text = worded(words("Words", "{} {}"), to_string(worst->first), worst->second.size());
      for (const auto& [status, flows] : it->second)
        cell.tip +=
            worded(words("Words", "{}{}: {} flows"), cell.tip.empty() ? "" : "\n", to_string(status), flows.size());
      alarming += worst->first == PolicyStatus::Bypassed || worst->first == PolicyStatus::Open ? 1 : 0;
    }
  }
  out.finding = worded(words("Words", "{} on {}; bypassed or open: {}"),
                       words("Words", "%n policy(s)", nullptr, number(out.rows.size())),
                       words("Words", "%n kind(s) of path", nullptr, number(out.columns.size())),
                       words("Words", "%n cell(s)", nullptr, number(alarming)));
  return out;
}

MatrixData telemetry_coverage(const Analysis& analysis) {
  MatrixData out;
  out.title = words("Words", "Telemetry coverage");
  out.corner = words("Words", "path");
  const std::array<std::string, 8> signals = {words("Words", "requests, source"),
                                              words("Words", "requests, destination"),
                                              words("Words", "requests, waypoint"),
                                              words("Words", "TCP, source"),
                                              words("Words", "TCP, destination"),
                                              words("Words", "access log"),
                                              words("Words", "spans"),
                                              words("Words", "nothing lost")};
  out.columns.assign(signals.begin(), signals.end());
  struct Row {
    double all = 0;
    std::array<double, 8> with{};
    std::array<FlowSet, 8> flows;
  };
  std::map<std::string, Row> rows;
  each_outcome(analysis, [&](std::size_t flow, const Outcome& o) {
    Row& row = rows[path_class(o)];
    row.all += o.probability;
    std::array<bool, 8> has{};
    for (const Metric& m : o.telemetry.metrics) {
      const bool l7 = m.name == "istio_requests_total", tcp = m.name.starts_with("istio_tcp_");
      has[0] = has[0] || (l7 && m.reporter == "source");
      has[1] = has[1] || (l7 && m.reporter == "destination");
      has[2] = has[2] || (l7 && m.reporter == "waypoint");
      has[3] = has[3] || (tcp && m.reporter == "source");
      has[4] = has[4] || (tcp && m.reporter == "destination");
    }
    has[5] = !o.telemetry.logs.empty();
    has[6] = !o.telemetry.spans.empty();
    has[7] = o.telemetry.lost.empty();
    for (std::size_t i = 0; i < has.size(); ++i)
      if (has[i]) {
        row.with[i] += o.probability;
        row.flows[i].insert(flow);
      }
  });
  for (const auto& [path, row] : rows) {
    out.rows.push_back(path);
    std::vector<MatrixData::Cell>& cells = out.cells.emplace_back();
    for (std::size_t i = 0; i < row.with.size(); ++i) {
      MatrixData::Cell& cell = cells.emplace_back();
      cell.empty = false;
      cell.share = row.all > 0 ? row.with[i] / row.all : 0;
      cell.text = worded(words("Words", "{:.0f} %"), *cell.share * 100);
      cell.tip = worded(words("Words", "{}: {} of {:.4g} flows"), out.columns[i], row.flows[i].size(), row.all);
      cell.flows = row.flows[i];
    }
  }
  out.finding = worded(words("Words", "{} and the signals they emit"),
                       words("Words", "%n kind(s) of path", nullptr, number(out.rows.size())));
  return out;
}

BarData verdicts_compared(const Analysis& analysis) {
  BarData out;
  out.stacked = false;
  out.title = analysis.compared ? words("Words", "Verdicts before and after") : words("Words", "Verdicts");
  out.value_title = words("Words", "flows");
  out.whole = true;
  std::map<Verdict, FlowSet> now;
  for (std::size_t f = 0; f < analysis.run.flows.size(); ++f)
    now[scenarios::worst_verdict(analysis.run.flows[f].result)].insert(f);
  std::vector<Verdict> shown;
  for (const Verdict v : kVerdicts)
    if (now.contains(v) || analysis.verdicts_before.contains(v)) shown.push_back(v);
  BarData::Series before{words("Words", "before"), {}, {}, {}}, after{words("Words", "after"), {}, {}, {}};
  before.look.number = 4;
  after.look.number = 0;
  after.look.hatched = true;
  for (const Verdict v : shown) {
    out.categories.emplace_back(to_string(v));
    const auto it = analysis.verdicts_before.find(v);
    before.values.push_back(it == analysis.verdicts_before.end() ? 0 : it->second);
    before.flows.emplace_back();
    after.values.push_back(static_cast<double>(now[v].size()));
    after.flows.push_back(now[v]);
  }
  if (!analysis.compared) after.name = words("Words", "flows");
  // Side by side, the first series stands lowest: what was before is read first.
  out.series.push_back(std::move(after));
  if (analysis.compared) out.series.push_back(std::move(before));
  out.finding = analysis.compared ? worded(words("Words", "{} of {} flows differ"), analysis.changes.changes.size(),
                                           analysis.changes.compared)
                                  : words("Words", "%n flow(s)", nullptr, number(analysis.run.flows.size()));
  return out;
}

MatrixData verdict_transitions(const Analysis& analysis) {
  MatrixData out;
  out.title = words("Words", "From verdict to verdict");
  out.corner = words("Words", "before \\ after");
  std::map<std::string, std::pair<std::string, std::string>> changed;
  for (const scenarios::FlowChange& change : analysis.changes.changes)
    for (const scenarios::FieldChange& field : change.fields)
      if (field.field == "verdict") changed[change.flow] = {field.before, field.after};
  std::map<std::pair<std::string, std::string>, FlowSet> cells;
  std::set<std::string> verdicts;
  for (std::size_t f = 0; f < analysis.run.flows.size(); ++f) {
    const FlowResult& result = analysis.run.flows[f].result;
    const auto it = changed.find(result.flow.name);
    const std::string now(to_string(scenarios::worst_verdict(result)));
    const auto key = it == changed.end() ? std::pair(now, now) : it->second;
    cells[key].insert(f);
    verdicts.insert(key.first);
    verdicts.insert(key.second);
  }
  out.rows.assign(verdicts.begin(), verdicts.end());
  out.columns = out.rows;
  for (const std::string& from : out.rows) {
    std::vector<MatrixData::Cell>& row = out.cells.emplace_back();
    for (const std::string& to : out.columns) {
      MatrixData::Cell& cell = row.emplace_back();
      const auto it = cells.find({from, to});
      if (it == cells.end()) continue;
      cell.empty = false;
      cell.flows = it->second;
      cell.text = std::to_string(it->second.size());
      cell.tip = worded(words("Words", "{} before, {} after: {} flows"), from, to, it->second.size());
      if (from != to) cell.look.status = PolicyStatus::Bypassed;
    }
  }
  out.finding =
      worded(words("Words", "another verdict: {}"), words("Words", "%n flow(s)", nullptr, number(changed.size())));
  return out;
}

}  // namespace meshsim::viz
