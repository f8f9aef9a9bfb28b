// Verdicts as a table for people: one line per outcome, then what went unnoticed (bypassed, open, denies-all), then
// failed expectations.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "scenarios/report/report.h"
#include "scenarios/report/simulation_report.h"
#include "scenarios/report/style.h"

namespace meshsim::scenarios {
namespace {

using namespace models;

std::string share(double probability) {
  return probability >= 0.9995 ? std::string() : fmt::format("{:.4g}%", probability * 100);
}

std::string path_text(const Outcome& o) {
  std::string out;
  for (const Hop& hop : o.hops) out += (out.empty() ? "" : " > ") + std::string(to_string(hop.proxy));
  return out.empty() ? "(no proxy)" : out;
}

std::string client_text(const Flow& f) {
  if (f.from.kind == Client::Kind::Outside) return "outside" + (f.from.ip ? " " + f.from.ip->text() : std::string());
  return f.from.ns + '/' + f.from.name;
}

std::string target_text(const Flow& f) {
  const std::string port = ":" + std::to_string(f.to.port);
  if (f.to.kind == Destination::Kind::Pod) return "pod " + f.to.ns + '/' + f.to.name + port;
  if (f.to.kind == Destination::Kind::Ip) return (f.to.ip ? f.to.ip->text() : f.to.host) + port;
  return f.to.host + port;
}

std::string policy_counts(const Outcome& o, const Style& style) {
  std::map<PolicyStatus, int> counts;
  for (const PolicyFinding& f : o.policies) ++counts[f.status];
  std::string out;
  for (const auto& [status, n] : counts)
    if (status != PolicyStatus::NotApplicable)
      out += (out.empty() ? "" : " ") + style.status(status, fmt::format("{} {}", n, to_string(status)));
  return out.empty() ? "-" : out;
}

using Row = std::vector<std::string>;

Row outcome_row(const Flow& flow, const Outcome& o, const Style& style, bool wide) {
  Row row = {flow.name,
             style.verdict(o.verdict, to_string(o.verdict)),
             o.http_status ? std::to_string(*o.http_status) : o.grpc_status.value_or("-"),
             path_text(o),
             o.transport ? std::string(to_string(*o.transport)) : "-",
             policy_counts(o, style)};
  if (!wide) return row;
  row.insert(row.begin() + 1, {client_text(flow), target_text(flow)});
  row.push_back(o.routed_to ? fmt::format("{}:{}", o.routed_to->workload, o.routed_to->port) : "-");
  row.push_back(o.denied_by ? fmt::format("{} {}{}", to_string(o.denied_by->proxy), o.denied_by->name,
                                          o.denied_by->policy ? " by " + *o.denied_by->policy : std::string())
                            : "-");
  row.push_back(o.reasons.empty()
                    ? "-"
                    : o.reasons.back().rule + (o.reasons.back().rule.empty() ? "" : ": ") + o.reasons.back().text);
  return row;
}

// Outcomes that look alike in this table are one line with their common share.
void flow_rows(const FlowResult& result, const Style& style, bool wide, std::vector<Row>& rows) {
  std::vector<std::pair<Row, double>> lines;
  for (const Outcome& o : result.outcomes) {
    Row row = outcome_row(result.flow, o, style, wide);
    const auto it = std::find_if(lines.begin(), lines.end(), [&](const auto& line) { return line.first == row; });
    if (it == lines.end()) {
      lines.emplace_back(std::move(row), o.probability);
    } else {
      it->second += o.probability;
    }
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto& [row, probability] = lines[i];
    if (i > 0) row[0] = "  \"";
    if (const std::string part = share(probability); !part.empty()) row[wide ? 3 : 1] += " " + part;
    rows.push_back(std::move(row));
  }
}

std::string table(const RunResult& run, const ReportOptions& options, bool wide) {
  const Style style(options.colour);
  std::string out;
  std::vector<Row> rows;
  Row head = {"FLOW", "VERDICT", "STATUS", "PATH", "TRANSPORT", "POLICIES"};
  if (wide) head.insert(head.begin() + 1, {"FROM", "TO"});
  if (wide) head.insert(head.end(), {"ROUTED TO", "DENIED BY", "WHY"});
  for (std::string& cell : head) cell = style.bold(cell);
  rows.push_back(head);
  for (const FlowRun& f : run.flows)
    if (shown(f.result.flow, options)) flow_rows(f.result, style, wide, rows);
  if (rows.size() > 1) out += columns(rows);

  // What nobody would notice: the reason to run this program.
  std::map<std::string, std::vector<std::string>> silent;
  for (const FlowRun& f : run.flows)
    for (const Outcome& o : f.result.outcomes)
      for (const PolicyFinding& p : o.policies) {
        if (!shown(f.result.flow, options)) continue;
        if (p.status != PolicyStatus::Bypassed && p.status != PolicyStatus::Open && p.status != PolicyStatus::DeniesAll)
          continue;
        const std::string rules = p.rules.empty() ? "" : " [" + p.rules.front() + "]";
        const std::string key = style.status(p.status, to_string(p.status)) + "  " + style.bold(p.policy.text()) +
                                (p.policy.source.file.empty() ? "" : " (" + p.policy.source.text() + ")") + ": " +
                                p.why + rules;
        auto& flows = silent[key];
        if (std::find(flows.begin(), flows.end(), f.result.flow.name) == flows.end())
          flows.push_back(f.result.flow.name);
      }
  if (!silent.empty()) {
    out += '\n' + style.bold("Policies without the effect their author expects:") + '\n';
    for (const auto& [text, flows] : silent) {
      out += "  " + text + '\n';
      std::string names;
      for (const std::string& name : flows) names += (names.empty() ? "" : "; ") + name;
      out += wrapped(style.dim("flows: " + names), 110, 6);
    }
  }

  std::vector<std::vector<std::string>> failures;
  int stated = 0, failed_flows = 0;
  for (const FlowRun& f : run.flows) {
    stated += f.expectations.stated ? 1 : 0;
    failed_flows += f.expectations.failed.empty() ? 0 : 1;
    for (const ExpectationFailure& e : f.expectations.failed)
      failures.push_back(
          {"  " + style.bad("FAIL"), f.result.flow.name, e.field, "expected " + e.expected, "got " + e.actual});
  }
  if (stated > 0) out += fmt::format("\nExpectations: {} of {} flows as expected\n", stated - failed_flows, stated);
  if (!failures.empty()) out += columns(failures);

  if (run.flows.empty() && run.loaded->world.mesh) {
    std::vector<std::vector<std::string>> modes = {
        {style.bold("WORKLOAD"), style.bold("MODE"), style.bold("HBONE"), style.bold("WAYPOINT")}};
    for (const Workload& w : run.loaded->world.mesh->workloads) {
      if (w.external || (!options.only_namespace.empty() && w.ns != options.only_namespace)) continue;
      modes.push_back({w.ns + '/' + w.name, std::string(mode_word(w.mode, w.role)),
                       w.wds_hbone() || w.sidecar_hbone ? "yes" : "no", w.waypoint.bound() ? w.waypoint.named : "-"});
    }
    out += columns(modes);
  }
  if (run.simulation) out += simulation_table(*run.simulation, run.capacity.get(), wide, options);
  return out;
}

constexpr std::array kFormats = {ReportFormat{"table", run_table}, ReportFormat{"wide", run_wide},
                                 ReportFormat{"json", run_json}, ReportFormat{"yaml", run_yaml}};

}  // namespace

bool shown(const Flow& f, const ReportOptions& options) {
  if (options.only_namespace.empty()) return true;
  const std::string& ns = options.only_namespace;
  return f.from.ns == ns || f.to.ns == ns || f.to.host.find("." + ns + ".") != std::string::npos ||
         f.to.host.ends_with("." + ns);
}

std::string run_table(const RunResult& run, const ReportOptions& options) { return table(run, options, false); }
std::string run_wide(const RunResult& run, const ReportOptions& options) { return table(run, options, true); }

std::span<const ReportFormat> run_formats() { return kFormats; }
const ReportFormat* find_run_format(std::string_view name) {
  const auto it = std::find_if(kFormats.begin(), kFormats.end(), [&](const ReportFormat& f) { return f.name == name; });
  return it == kFormats.end() ? nullptr : &*it;
}

}  // namespace meshsim::scenarios
