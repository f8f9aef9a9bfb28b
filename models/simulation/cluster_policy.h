#pragma once
// ClusterPolicy: what an Envoy limits, and whom it leaves out, among the endpoints of one cluster: `connectionPool` and
// `outlierDetection` of the trafficPolicy in force, translated as istiod does. Internal to models/simulation.
// Imitates istio/istio pilot/pkg/networking/core/cluster_traffic_policy.go (1.27) and Envoy 1.35: limits nobody states
// are 2^32-1 (DP-223); consecutive gateway errors count only where they are stated; success rates never eject. A server
// sidecar has the connection pool of its inbound cluster, without outlier detection (DP-220). A retryBudget takes the
// place of maxRetries; unset, its percent is what istiod writes, 0.2, which Envoy reads as 0.2 %, not 20 %. TCP has
// maxConnectionDuration and idleTimeout of its listener (networkfilter.go, listener_waypoint.go), not of the server's
// sidecar. Where it stops: TCP keep-alive is not modelled, idle connections are closed when a whole pool is idle.
#include <cstdint>
#include <string>
#include <vector>

#include "models/value/tree.h"

namespace meshsim::models::simulation {

inline constexpr std::uint32_t kUnlimited = ~0u;
inline constexpr std::int64_t kForever = std::int64_t{1} << 62;

struct ClusterPolicy {
  // connectionPool
  std::uint32_t max_connections = kUnlimited, max_pending = kUnlimited, max_requests = kUnlimited,
                max_retries = kUnlimited;
  std::uint32_t max_requests_per_connection = kUnlimited;
  std::uint32_t max_streams = kUnlimited;  // of one HTTP/2 connection
  std::int64_t idle_ns = 0;                // 0: Envoy's hour; kForever: never
  std::int64_t max_connection_ns = 0;      // 0: none
  std::int64_t connect_timeout_ns = 0;     // 0: the mesh's
  bool retry_budget = false;
  double budget_percent = 0.2;  // of requests under way and waiting
  std::uint32_t budget_least = 3;
  // outlierDetection
  bool outlier = false;
  std::uint32_t consecutive_5xx = 5, consecutive_gateway = 0, consecutive_local = 5;  // 0: never
  bool split_local = false;  // failures to connect are counted apart
  std::int64_t interval_ns = 10'000'000'000, base_ejection_ns = 30'000'000'000;
  std::uint32_t max_ejection_percent = 10, min_health_percent = 0;

  bool operator==(const ClusterPolicy&) const = default;
  // Connections have to be followed one by one.
  bool limited() const {
    return max_connections != kUnlimited || max_pending != kUnlimited || max_requests != kUnlimited ||
           max_requests_per_connection != kUnlimited || max_streams != kUnlimited || max_connection_ns > 0 ||
           retry_budget;
  }
  bool plain() const { return *this == ClusterPolicy{}; }
};

// What a TCP listener takes of it: durations of a connection, 0: none.
struct ConnectionPatience {
  std::int64_t most_ns = 0, idle_ns = 0;
};
ConnectionPatience read_connection_patience(Node traffic_policy);

struct Cluster {
  std::string name;  // "reviews.bookinfo.svc.cluster.local:9080/v1"
  bool inbound = false;
  ClusterPolicy policy;
  bool operator==(const Cluster&) const = default;
};

// Of a trafficPolicy. The inbound cluster of a sidecar takes the connection pool only.
ClusterPolicy read_cluster_policy(Node traffic_policy, bool inbound);

// Conditions under which an Envoy tries again (x-envoy-retry-on and its gRPC sister, retriable_status_codes).
struct RetryOn {
  bool any_5xx = false, gateway_error = false, reset = false, reset_before_request = false, connect_failure = false,
       retriable_4xx = false;
  bool cancelled = false, deadline_exceeded = false, internal = false, resource_exhausted = false, unavailable = false;
  std::vector<int> statuses;
  bool operator==(const RetryOn&) const = default;
};
RetryOn read_retry_on(std::string_view text);

}  // namespace meshsim::models::simulation
