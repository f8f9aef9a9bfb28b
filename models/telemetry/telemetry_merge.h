#pragma once
// Merging of the Telemetry blocks that apply to one Envoy, in order (root namespace, namespace, ..., resource):
// istiod's rules for metrics, access logs and tracing (TM-170, TM-172..TM-175). Free functions over lists of nodes;
// which blocks apply is decided in telemetry_rules.cpp.
#include <set>
#include <string>
#include <vector>

#include "models/telemetry/telemetry_rules.h"

namespace meshsim::models {

using Names = std::vector<std::string>;

// Provider names in scope, each with the effective rules of this mode. `metrics`: entries of spec.metrics in order.
std::map<std::string, MetricRules> merge_metrics(const std::vector<Node>& metrics, const Names& defaults,
                                                 TelemetryMode mode);

struct MergedLog {
  bool disabled = false;
  std::string filter;
};
// `levels`: spec.accessLogging of each applicable resource, in order.
std::map<std::string, MergedLog> merge_logs(const std::vector<Node>& levels, const Names& defaults, TelemetryMode mode);

struct MergedTracing {
  std::string provider;  // empty: none
  bool disabled = false;
  std::optional<double> sampling;
  bool istio_tags = true;
  bool context_propagation = true;
  Node custom_tags;
};
MergedTracing merge_tracing(const std::vector<Node>& tracing, const Names& defaults, TelemetryMode mode);

}  // namespace meshsim::models
