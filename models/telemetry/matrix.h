#pragma once
// Who reports an edge, at which level, and which dashboards show it (TM-090, TM-096, TM-180..TM-186): the rows of
// `matrix --telemetry`. Works on a finished outcome (telemetry filled in).
#include <string>
#include <vector>

#include "models/dataplane/world.h"
#include "models/verdict/outcome.h"

namespace meshsim::models {

struct EdgeReporter {
  ProxyKind proxy = ProxyKind::Sidecar;
  std::string reporter;             // source | destination | waypoint
  bool l7 = false;                  // request series; else connection series
  std::string source, destination;  // workloads as this reporter names them
  std::string security;             // connection_security_policy
  bool supported = true;            // inside what OpenShift Service Mesh supports in coexistence (TM-094)
  bool in_graph = true;             // Kiali makes an edge of it (TM-180, TM-183)
};

enum class Shown : std::uint8_t { NotAtAll, Once, Twice };
std::string_view to_string(Shown shown);  // "no", "yes", "double"

struct EdgeTelemetry {
  std::vector<EdgeReporter> reporters;  // in the order of the path
  // Dashboards of istio/istio samples/addons and Kiali's graph.
  Shown mesh_dashboard = Shown::NotAtAll;      // HTTP table: reporter source or waypoint
  Shown mesh_dashboard_tcp = Shown::NotAtAll;  // TCP table: the same reporters
  Shown service_dashboard = Shown::NotAtAll;
  Shown workload_dashboard = Shown::NotAtAll;
  Shown ztunnel_dashboard = Shown::NotAtAll;
  Shown kiali_http = Shown::NotAtAll;
  Shown kiali_tcp = Shown::NotAtAll;
};

EdgeTelemetry edge_telemetry(const Outcome& outcome);

// Short text of the reporters: "sidecar L7 source; ztunnel L4 destination", "-" for none. Emitted is one thing,
// supported in coexistence another (TM-094): `supported_only` leaves out what is not.
std::string summary(const EdgeTelemetry& edge, bool supported_only = false);

// TM-094: emitted is not supported. In OpenShift Service Mesh 3.2 only L4 TCP metrics are supported where sidecar and
// ambient data planes meet on one path; elsewhere every metric is.
bool supported_in_ossm_coexistence(const Metric& metric, const Outcome& outcome);

}  // namespace meshsim::models
