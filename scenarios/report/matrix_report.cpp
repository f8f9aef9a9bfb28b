#include "scenarios/report/matrix_report.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "models/telemetry/matrix.h"
#include "scenarios/report/json_value.h"
#include "scenarios/report/style.h"

namespace meshsim::scenarios {
namespace {

using namespace models;

std::string path_text(const Outcome& o) {
  std::string out;
  for (const Hop& hop : o.hops) out += (out.empty() ? "" : " > ") + std::string(to_string(hop.proxy));
  return out.empty() ? "(no proxy)" : out;
}

std::string note(const Outcome& o) {
  std::string out;
  for (const PolicyFinding& f : o.policies)
    if (f.status == PolicyStatus::Bypassed)
      out += (out.empty() ? "bypasses " : ", ") + f.policy.ns + '/' + f.policy.name;
  if (o.denied_by)
    out += (out.empty() ? "" : "; ") + std::string("refused by ") + std::string(to_string(o.denied_by->proxy)) +
           (o.denied_by->policy ? " " + *o.denied_by->policy : std::string());
  return out;
}

// One row per policy, population and destination. Several outcomes: every status that occurs.
struct PolicyCell {
  std::string policy, population, destination, at, why;
  std::vector<std::string> statuses;
  std::vector<std::string> rules;
};

std::vector<PolicyCell> policy_cells(const std::vector<Pair>& pairs) {
  std::map<std::tuple<std::string, std::string, std::string>, PolicyCell> cells;
  for (const Pair& pair : pairs) {
    for (const Outcome& outcome : pair.result.outcomes) {
      for (const PolicyFinding& f : outcome.policies) {
        const std::string destination = fmt::format("{}:{}", pair.destination, pair.port);
        PolicyCell& cell = cells[{f.policy.text(), pair.population, destination}];
        if (cell.policy.empty())
          cell = {f.policy.text(), pair.population, destination, f.at ? std::string(to_string(*f.at)) : "-", f.why, {},
                  f.rules};
        const std::string status(to_string(f.status));
        if (std::find(cell.statuses.begin(), cell.statuses.end(), status) == cell.statuses.end())
          cell.statuses.push_back(status);
      }
    }
  }
  std::vector<PolicyCell> out;
  for (auto& [key, cell] : cells) out.push_back(std::move(cell));
  return out;
}

std::string joined(const std::vector<std::string>& words, std::string_view by) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(by)) + word;
  return out;
}

}  // namespace

std::string matrix_table(const std::vector<Pair>& pairs, bool colour) {
  const Style style(colour);
  std::vector<std::vector<std::string>> rows = {{style.bold("CLIENT"), style.bold("MODE"), style.bold("DESTINATION"),
                                                 style.bold("VERDICT"), style.bold("PATH"), style.bold("TRANSPORT"),
                                                 style.bold("NOTE")}};
  std::map<std::string, int> counts;
  for (const Pair& pair : pairs) {
    // Outcomes that look alike here are one line with their common share; a pair counts under its worst verdict.
    std::vector<std::pair<std::vector<std::string>, double>> lines;
    Verdict worst = Verdict::Allowed;
    for (const Outcome& o : pair.result.outcomes) {
      if (o.verdict != Verdict::Allowed) worst = o.verdict;
      std::string verdict = style.verdict(o.verdict, to_string(o.verdict));
      if (o.http_status && *o.http_status != 200) verdict += " " + std::to_string(*o.http_status);
      std::vector<std::string> row = {pair.client,
                                      pair.population,
                                      fmt::format("{}:{}", pair.destination, pair.port),
                                      std::move(verdict),
                                      path_text(o),
                                      o.transport ? std::string(to_string(*o.transport)) : "-",
                                      note(o)};
      const auto it = std::find_if(lines.begin(), lines.end(), [&](const auto& line) { return line.first == row; });
      if (it == lines.end()) {
        lines.emplace_back(std::move(row), o.probability);
      } else {
        it->second += o.probability;
      }
    }
    for (auto& [row, probability] : lines) {
      if (probability < 0.9995) row[3] += fmt::format(" {:.4g}%", probability * 100);
      rows.push_back(std::move(row));
    }
    ++counts[std::string(to_string(worst))];
  }
  std::string summary;
  for (const auto& [verdict, n] : counts) summary += fmt::format("{}{} {}", summary.empty() ? "" : ", ", n, verdict);
  return columns(rows) + fmt::format("\n{} pairs: {}\n", pairs.size(), summary.empty() ? "none" : summary);
}

std::string matrix_policies_table(const World& world, const std::vector<Pair>& pairs, bool colour) {
  const Style style(colour);
  std::vector<std::vector<std::string>> rows = {{style.bold("POLICY"), style.bold("CLIENTS"), style.bold("DESTINATION"),
                                                 style.bold("STATUS"), style.bold("AT"), style.bold("WHY")}};
  for (const PolicyCell& cell : policy_cells(pairs)) {
    std::string statuses;
    for (const std::string& status : cell.statuses) {
      PolicyStatus s = PolicyStatus::Enforced;
      for (int i = 0; i <= static_cast<int>(PolicyStatus::NotEvaluated); ++i)
        if (to_string(static_cast<PolicyStatus>(i)) == status) s = static_cast<PolicyStatus>(i);
      statuses += (statuses.empty() ? "" : "/") + style.status(s, status);
    }
    rows.push_back({cell.policy, cell.population, cell.destination, statuses, cell.at,
                    (cell.rules.empty() ? "" : cell.rules.front() + ": ") + cell.why});
  }
  (void)world;
  return columns(rows);
}

std::string matrix_telemetry_table(const std::vector<Pair>& pairs, bool colour) {
  const Style style(colour);
  std::vector<std::vector<std::string>> rows = {{style.bold("CLIENT"), style.bold("DESTINATION"),
                                                 style.bold("REPORTED BY"), style.bold("SUPPORTED"), style.bold("MESH"),
                                                 style.bold("SERVICE"), style.bold("WORKLOAD"), style.bold("ZTUNNEL"),
                                                 style.bold("KIALI HTTP"), style.bold("KIALI TCP")}};
  for (const Pair& pair : pairs)
    for (const Outcome& o : pair.result.outcomes) {
      const EdgeTelemetry edge = edge_telemetry(o);
      auto word = [](Shown shown) { return std::string(to_string(shown)); };
      rows.push_back({pair.client, fmt::format("{}:{}", pair.destination, pair.port), summary(edge),
                      summary(edge, true), word(std::max(edge.mesh_dashboard, edge.mesh_dashboard_tcp)),
                      word(edge.service_dashboard), word(edge.workload_dashboard), word(edge.ztunnel_dashboard),
                      word(edge.kiali_http), word(edge.kiali_tcp)});
    }
  return columns(rows);
}

std::string matrix_json(const World& world, const std::vector<Pair>& pairs, bool policies, bool telemetry, bool yaml) {
  using Json = nlohmann::ordered_json;
  Json rows = Json::array();
  if (policies) {
    for (const PolicyCell& cell : policy_cells(pairs))
      rows.push_back({{"policy", cell.policy},
                      {"clients", cell.population},
                      {"destination", cell.destination},
                      {"status", joined(cell.statuses, "/")},
                      {"at", cell.at == "-" ? Json(nullptr) : Json(cell.at)},
                      {"rules", cell.rules},
                      {"why", cell.why}});
  } else {
    for (const Pair& pair : pairs) {
      Json outcomes = Json::array();
      for (const Outcome& o : pair.result.outcomes) {
        Json path = Json::array(), bypassed = Json::array();
        for (const Hop& hop : o.hops) path.push_back(to_string(hop.proxy));
        for (const PolicyFinding& f : o.policies)
          if (f.status == PolicyStatus::Bypassed) bypassed.push_back(f.policy.text());
        Json entry{{"probability", o.probability},
                   {"verdict", to_string(o.verdict)},
                   {"httpStatus", o.http_status ? Json(*o.http_status) : Json(nullptr)},
                   {"path", std::move(path)},
                   {"transport", o.transport ? Json(to_string(*o.transport)) : Json(nullptr)},
                   {"waypointTraversed", o.waypoint_traversed},
                   {"bypassed", std::move(bypassed)}};
        if (telemetry) {
          const EdgeTelemetry edge = edge_telemetry(o);
          Json reporters = Json::array();
          for (const EdgeReporter& r : edge.reporters)
            reporters.push_back({{"proxy", to_string(r.proxy)},
                                 {"reporter", r.reporter},
                                 {"level", r.l7 ? "L7" : "L4"},
                                 {"source", r.source},
                                 {"destination", r.destination},
                                 {"securityPolicy", r.security},
                                 {"supported", r.supported},
                                 {"inKialiGraph", r.in_graph}});
          entry["telemetry"] = {{"reporters", std::move(reporters)},
                                {"meshDashboard", to_string(edge.mesh_dashboard)},
                                {"meshDashboardTcp", to_string(edge.mesh_dashboard_tcp)},
                                {"serviceDashboard", to_string(edge.service_dashboard)},
                                {"workloadDashboard", to_string(edge.workload_dashboard)},
                                {"ztunnelDashboard", to_string(edge.ztunnel_dashboard)},
                                {"kialiHttp", to_string(edge.kiali_http)},
                                {"kialiTcp", to_string(edge.kiali_tcp)}};
        }
        outcomes.push_back(std::move(entry));
      }
      rows.push_back({{"client", pair.client},
                      {"mode", pair.population},
                      {"destination", pair.destination},
                      {"port", pair.port},
                      {"outcomes", std::move(outcomes)}});
    }
  }
  Json out{{"apiVersion", "meshsim/v1"},
           {"kind", policies ? "PolicyMatrix" : "Matrix"},
           {"profile", world.mesh->settings.profile.name},
           {"rows", std::move(rows)}};
  return yaml ? yaml_text(out) : out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace meshsim::scenarios
