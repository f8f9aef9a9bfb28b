#pragma once
// Expectation: what a scenario's author says must come out for one flow (`expect`): any subset of the fields below. The
// words are those of models/verdict/outcome.h. Comparing is not done here.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/verdict/outcome.h"

namespace meshsim::scenarios {

// A field that may be left out, given, or given as null ("there must be none").
template <class T>
struct Stated {
  bool given = false;
  std::optional<T> value;
};

struct ExpectedDenial {
  Stated<models::ProxyKind> proxy;
  Stated<std::string> name;    // of the proxy
  Stated<std::string> policy;  // ns/name; null: none is named
  Stated<std::int64_t> rule;
  Stated<std::string> ztunnel_policy;
};

struct ExpectedRoute {
  std::string workload;  // ns/owner
  std::optional<std::string> version;
  std::optional<std::int64_t> port;
};

// A series that must be emitted with at least these labels; a null label must be missing. `absent`: it must not be
// emitted.
struct MetricMatcher {
  std::string name;
  std::optional<std::string> reporter;
  std::map<std::string, std::optional<std::string>> labels;
  bool absent = false;
  models::Node node;
};

// "<5ms"
struct LatencyBound {
  std::string quantile;  // "p50", "p99.9", "mean", "min", "max"
  bool below = true;     // false: above
  bool or_equal = false;
  std::int64_t ns = 0;
  models::Node node;
};

struct Expectation {
  std::optional<models::Verdict> verdict;
  Stated<std::int64_t> http_status;
  Stated<std::string> grpc_status;
  Stated<ExpectedDenial> denied_by;
  std::optional<std::vector<models::ProxyKind>> path;
  Stated<models::Transport> transport;
  std::optional<bool> waypoint_traversed;
  Stated<ExpectedRoute> routed_to;
  std::vector<std::pair<std::string, models::PolicyStatus>> policies;  // policy as written, its status
  std::vector<MetricMatcher> metrics;
  std::vector<LatencyBound> latency;

  models::Node node;  // the `expect` mapping; node["httpStatus"].position() is where a field stands
  std::string file;
};

}  // namespace meshsim::scenarios
