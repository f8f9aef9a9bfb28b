#include "models/telemetry/matrix.h"

#include <algorithm>

#include <fmt/format.h>

namespace meshsim::models {

namespace {

// Both data planes on one path: an Envoy of the sidecar world and an HBONE hop or ztunnel.
bool coexistence(const Outcome& outcome) {
  bool sidecar = false, ambient = false;
  for (const Hop& hop : outcome.hops) {
    sidecar = sidecar || hop.proxy == ProxyKind::Sidecar;
    ambient = ambient || hop.proxy == ProxyKind::Ztunnel || hop.proxy == ProxyKind::Waypoint;
  }
  return sidecar && ambient;
}

std::string value(const Metric& metric, const std::string& label) {
  const auto it = metric.labels.find(label);
  return it == metric.labels.end() ? std::string() : it->second;
}

// TM-180, TM-183: Kiali skips a series that lacks a label it groups by, or that names a namespace without saying who in
// it. Its TCP graph shows bytes: a connection without any makes no edge.
bool in_graph(const Metric& metric, const Outcome& outcome, bool l7) {
  static constexpr std::string_view kGrouped[] = {"source_cluster",
                                                  "source_workload_namespace",
                                                  "source_workload",
                                                  "source_canonical_service",
                                                  "source_canonical_revision",
                                                  "destination_cluster",
                                                  "destination_workload",
                                                  "destination_workload_namespace",
                                                  "destination_canonical_service",
                                                  "destination_canonical_revision",
                                                  "destination_service",
                                                  "destination_service_name",
                                                  "destination_service_namespace",
                                                  "response_flags"};
  for (const std::string_view name : kGrouped)
    if (!metric.labels.contains(std::string(name))) return false;
  for (const std::string_view name : {"request_protocol", "response_code", "grpc_response_status"})
    if (l7 && !metric.labels.contains(std::string(name))) return false;
  for (const std::string side : {"source", "destination"}) {
    const auto known = [&](const char* label) {
      const std::string text = value(metric, side + label);
      return !text.empty() && text != "unknown";
    };
    if (!known("_workload_namespace")) continue;
    if (!known("_cluster") || (!known("_workload") && !known("_canonical_service"))) return false;
  }
  // Bytes of a refusal are an Envoy's answer, where one gave it behind this ztunnel.
  const bool flowed = outcome.verdict == Verdict::Allowed ||
                      (outcome.http_status && !outcome.hops.empty() && outcome.hops.back().proxy != ProxyKind::Ztunnel);
  return l7 || flowed;
}

Shown shown_times(std::ptrdiff_t times) {
  return times <= 0 ? Shown::NotAtAll : times == 1 ? Shown::Once : Shown::Twice;
}

template <class Test>
std::ptrdiff_t times(const EdgeTelemetry& edge, Test test) {
  return std::count_if(edge.reporters.begin(), edge.reporters.end(), test);
}

}  // namespace

std::string_view to_string(Shown shown) {
  switch (shown) {
    case Shown::NotAtAll:
      return "no";
    case Shown::Once:
      return "yes";
    case Shown::Twice:
      return "double";
  }
  return {};
}

bool supported_in_ossm_coexistence(const Metric& metric, const Outcome& outcome) {
  return metric.name.starts_with("istio_tcp_") || !coexistence(outcome);
}

EdgeTelemetry edge_telemetry(const Outcome& outcome) {
  EdgeTelemetry edge;
  for (const Metric& metric : outcome.telemetry.metrics) {
    const bool l7 = metric.name == "istio_requests_total";
    if (!l7 && metric.name != "istio_tcp_connections_opened_total") continue;
    EdgeReporter reporter;
    reporter.l7 = l7;
    reporter.proxy = metric.proxy;
    reporter.reporter = metric.reporter;
    reporter.source = value(metric, "source_workload");
    reporter.destination = value(metric, "destination_workload");
    reporter.security = value(metric, "connection_security_policy");
    reporter.supported = supported_in_ossm_coexistence(metric, outcome);
    reporter.in_graph = in_graph(metric, outcome, l7);
    edge.reporters.push_back(std::move(reporter));
  }
  const auto source_or_waypoint = [](const EdgeReporter& r) {
    return r.reporter == "source" || r.reporter == "waypoint";
  };
  edge.mesh_dashboard = shown_times(times(edge, [&](const auto& r) { return r.l7 && source_or_waypoint(r); }));
  edge.mesh_dashboard_tcp = shown_times(times(edge, [&](const auto& r) { return !r.l7 && source_or_waypoint(r); }));
  // Service and Workload dashboards sum per reporter, chosen by the user: an edge appears as soon as one reports it.
  edge.service_dashboard = shown_times(std::min<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(edge.reporters.size())));
  edge.workload_dashboard = edge.service_dashboard;
  edge.ztunnel_dashboard = shown_times(times(edge, [](const auto& r) { return r.proxy == ProxyKind::Ztunnel; }));
  // Kiali joins the reporters of one pair of workloads into one edge (TM-181); legs with other ends are edges of their
  // own.
  const auto pairs = [&edge](bool l7) {
    std::vector<std::pair<std::string, std::string>> seen;
    for (const EdgeReporter& r : edge.reporters)
      if (r.l7 == l7 && r.in_graph && (r.source != "unknown" || r.destination != "unknown"))
        seen.emplace_back(r.source, r.destination);
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    return static_cast<std::ptrdiff_t>(seen.size());
  };
  edge.kiali_http = shown_times(pairs(true));
  edge.kiali_tcp = shown_times(pairs(false));
  return edge;
}

std::string summary(const EdgeTelemetry& edge, bool supported_only) {
  std::string text;
  for (const EdgeReporter& reporter : edge.reporters) {
    if (supported_only && !reporter.supported) continue;
    if (!text.empty()) text += "; ";
    text += fmt::format("{} {} {}", to_string(reporter.proxy), reporter.l7 ? "L7" : "L4", reporter.reporter);
  }
  return text.empty() ? "-" : text;
}

}  // namespace meshsim::models
