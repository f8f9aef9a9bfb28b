#pragma once
// TelemetryRules: the Telemetry resources of the mesh, compiled once, and what they come to for one Envoy: which
// metrics with which tags, which access logs, which spans (TM-170..TM-177, PO-134). Imitates istiod's merging
// (pilot/pkg/model/telemetry.go, 1.27 to master 2026-08). Ztunnel is never asked: it ignores the Telemetry API
// (TM-171). Where it stops: providers other than Prometheus yield no series, log services (ALS, OpenTelemetry) yield
// the same fields as the file logger.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/mesh/mesh.h"
#include "models/telemetry/ztunnel_logging.h"

namespace meshsim::models {

// TM-172: client = sidecar outbound and gateways; server = sidecar inbound and waypoints.
enum class TelemetryMode : std::uint8_t { Client, Server };

// The Envoy in question.
struct TelemetryScope {
  std::string_view ns;
  const Labels* labels = nullptr;    // of its pods
  const Gateway* gateway = nullptr;  // gateways and waypoints
  bool waypoint = false;
  const Service* service = nullptr;  // waypoints: the service whose filter chain it is (TM-170)
  std::size_t workload = kNone;      // its pods: for annotations that set its ProxyConfig
};

struct TagOverride {
  std::string tag;
  bool remove = false;
  std::string expression;  // CEL; constant strings carry their own quotes
};
struct MetricRule {
  bool disabled = false;
  std::vector<TagOverride> tags;  // sorted by tag
};
// Effective metrics of one listener class.
struct MetricRules {
  bool installed = false;  // a Prometheus provider is in scope and not everything is disabled (TM-174)
  std::map<std::string, MetricRule, std::less<>> metrics;  // by Prometheus name
};
struct LogRule {
  std::string provider;
  bool text_format = true;
  std::string format;  // custom text; empty = Istio's default (TM-141)
  Node labels;         // custom JSON labels of the provider
  std::string filter;  // CEL
};
struct TracingRule {
  bool enabled = false;
  std::string provider, provider_kind;
  double sampling = 1.0;  // percent (TM-163)
  bool istio_tags = true;
  bool context_propagation = true;
  bool b3_with_w3c = false;        // zipkin: traceContextOption USE_B3_WITH_W3C_PROPAGATION (TM-162)
  bool provider_samples = false;   // the provider's own sampler decides, and every span reaches it (TM-163)
  std::size_t longest_path = 256;  // of http.url; Envoy's default
  std::map<std::string, Node, std::less<>> custom_tags;
};

class TelemetryRules {
 public:
  static std::shared_ptr<const TelemetryRules> compile(const Mesh& mesh);
  virtual ~TelemetryRules() = default;
  virtual MetricRules metrics(const TelemetryScope& scope, TelemetryMode mode) const = 0;
  virtual std::vector<LogRule> logs(const TelemetryScope& scope, TelemetryMode mode) const = 0;
  virtual TracingRule tracing(const TelemetryScope& scope, TelemetryMode mode) const = 0;
  virtual const ZtunnelLogging& ztunnel() const = 0;
};

// Findings about access log formats (MSH0310: Envoy would refuse it; MSH0311: written as `-` here).
void check_log_formats(const Mesh& mesh, Diagnostics& diagnostics);

// TM-173: REQUEST_COUNT -> istio_requests_total; a name that is no enum value is taken as it is.
std::string_view prometheus_name(std::string_view metric);

}  // namespace meshsim::models
