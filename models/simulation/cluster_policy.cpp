#include "models/simulation/cluster_policy.h"

#include <algorithm>
#include <charconv>

#include "models/route/route_set.h"

namespace meshsim::models::simulation {
namespace {

// istiod cannot tell zero from unset: only what is above zero counts.
void limit(Node value, std::uint32_t& into) {
  if (const auto n = value.integer(); n && *n > 0)
    into = static_cast<std::uint32_t>(std::min<std::int64_t>(*n, kUnlimited));
}
// Wrapped fields of outlierDetection: a stated zero counts and switches off.
void threshold(Node value, std::uint32_t& into) {
  if (const auto n = value.integer(); n && *n >= 0)
    into = static_cast<std::uint32_t>(std::min<std::int64_t>(*n, kUnlimited));
}
void duration(Node value, std::int64_t& into) {
  if (const auto ns = route::read_duration(value.string_or()); ns && *ns > 0) into = *ns;
}

}  // namespace

ClusterPolicy read_cluster_policy(Node policy, bool inbound) {
  ClusterPolicy out;
  const Node http = policy["connectionPool"]["http"], tcp = policy["connectionPool"]["tcp"];
  limit(tcp["maxConnections"], out.max_connections);
  limit(http["http1MaxPendingRequests"], out.max_pending);
  limit(http["http2MaxRequests"], out.max_requests);
  limit(http["maxRetries"], out.max_retries);
  limit(http["maxRequestsPerConnection"], out.max_requests_per_connection);
  limit(http["maxConcurrentStreams"], out.max_streams);
  // That of HTTP before that of TCP; a stated zero switches it off.
  const Node idle = http["idleTimeout"].has_value() ? http["idleTimeout"] : tcp["idleTimeout"];
  duration(idle, out.idle_ns);
  if (route::read_duration(idle.string_or()) == 0) out.idle_ns = kForever;
  duration(tcp["maxConnectionDuration"], out.max_connection_ns);
  duration(tcp["connectTimeout"], out.connect_timeout_ns);
  if (const Node budget = policy["retryBudget"]; budget.has_value()) {
    out.retry_budget = true;
    if (const auto percent = budget["percent"].number(); percent && *percent >= 0 && *percent <= 100)
      out.budget_percent = *percent;
    limit(budget["minRetryConcurrency"], out.budget_least);
  }
  const Node outlier = policy["outlierDetection"];
  if (inbound || !outlier.has_value()) return out;
  out.outlier = true;
  threshold(outlier["consecutive5xxErrors"], out.consecutive_5xx);
  threshold(outlier["consecutiveGatewayErrors"], out.consecutive_gateway);
  out.split_local = outlier["splitExternalLocalOriginErrors"].boolean().value_or(false);
  limit(outlier["consecutiveLocalOriginFailures"], out.consecutive_local);
  duration(outlier["interval"], out.interval_ns);
  duration(outlier["baseEjectionTime"], out.base_ejection_ns);
  limit(outlier["maxEjectionPercent"], out.max_ejection_percent);
  limit(outlier["minHealthPercent"], out.min_health_percent);
  return out;
}

ConnectionPatience read_connection_patience(Node policy) {
  ConnectionPatience out;
  const Node tcp = policy["connectionPool"]["tcp"];
  duration(tcp["maxConnectionDuration"], out.most_ns);
  duration(tcp["idleTimeout"], out.idle_ns);
  return out;
}

RetryOn read_retry_on(std::string_view text) {
  RetryOn out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    std::string_view word = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    const std::pair<std::string_view, bool*> words[] = {{"5xx", &out.any_5xx},
                                                        {"gateway-error", &out.gateway_error},
                                                        {"reset", &out.reset},
                                                        {"reset-before-request", &out.reset_before_request},
                                                        {"connect-failure", &out.connect_failure},
                                                        {"retriable-4xx", &out.retriable_4xx},
                                                        {"cancelled", &out.cancelled},
                                                        {"deadline-exceeded", &out.deadline_exceeded},
                                                        {"internal", &out.internal},
                                                        {"resource-exhausted", &out.resource_exhausted},
                                                        {"unavailable", &out.unavailable}};
    const auto known = std::find_if(std::begin(words), std::end(words), [&](const auto& w) { return w.first == word; });
    if (known != std::end(words)) {
      *known->second = true;
      continue;
    }
    int status = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), status);
    if (parsed.ec == std::errc() && parsed.ptr == word.data() + word.size()) out.statuses.push_back(status);
  }
  return out;
}

}  // namespace meshsim::models::simulation
