#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "scenarios/expect/expectation_result.h"
#include "scenarios/read/expectation.h"

namespace meshsim::scenarios {

using namespace models;

std::string json_literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

namespace {

std::string literal(const std::string& text) { return json_literal(text); }
std::string literal(std::int64_t number) { return std::to_string(number); }
std::string literal(int number) { return std::to_string(number); }
std::string literal(bool value) { return value ? "true" : "false"; }
std::string literal(Verdict v) { return json_literal(to_string(v)); }
std::string literal(Transport t) { return json_literal(to_string(t)); }
std::string literal(ProxyKind p) { return json_literal(to_string(p)); }
template <class T>
std::string literal(const std::optional<T>& value) {
  return value ? literal(*value) : std::string("null");
}
std::string literal(const std::vector<ProxyKind>& path) {
  std::string out = "[";
  for (const ProxyKind proxy : path) out += (out.size() == 1 ? "" : ", ") + literal(proxy);
  return out + "]";
}

std::vector<ProxyKind> path_of(const Outcome& o) {
  std::vector<ProxyKind> out;
  for (const Hop& hop : o.hops) out.push_back(hop.proxy);
  return out;
}

class Comparison {
 public:
  Comparison(const Expectation& expected, const std::vector<Outcome>& outcomes)
      : expected_(expected), outcomes_(outcomes) {
    result_.stated = true;
  }

  ExpectationResult finish() &&;

 private:
  // One field in every outcome. `actual` gives the literal of the actual value, or nullopt where the field holds.
  void each(const std::string& field, Node at, const std::string& wanted,
            const std::function<std::optional<std::string>(const Outcome&)>& actual);
  template <class T, class Get>
  void equal(const std::string& field, const T& wanted, const Get& get) {
    each(field, expected_.node[field], literal(wanted), [&](const Outcome& o) -> std::optional<std::string> {
      const auto actual = literal(get(o));
      return actual == literal(wanted) ? std::nullopt : std::optional(actual);
    });
  }
  void denial();
  void route();
  void policies();
  void metrics();
  void latency();
  void fail(const std::string& field, const std::string& wanted, const std::string& actual, std::size_t outcome,
            Node at);

  const Expectation& expected_;
  const std::vector<Outcome>& outcomes_;
  ExpectationResult result_;
};

void Comparison::fail(const std::string& field, const std::string& wanted, const std::string& actual,
                      std::size_t outcome, Node at) {
  result_.failed.push_back({field, wanted, actual, outcome, at.key_position()});
}

void Comparison::each(const std::string& field, Node at, const std::string& wanted,
                      const std::function<std::optional<std::string>(const Outcome&)>& actual) {
  std::vector<std::string> said;  // outcomes that fail alike are told once
  for (std::size_t i = 0; i < outcomes_.size(); ++i) {
    const auto bad = actual(outcomes_[i]);
    if (!bad || std::find(said.begin(), said.end(), *bad) != said.end()) continue;
    said.push_back(*bad);
    fail(field, wanted, *bad, i, at);
  }
  if (outcomes_.empty()) fail(field, wanted, "null", 0, at);
  if (said.empty() && !outcomes_.empty()) ++result_.passed;
}

void Comparison::denial() {
  const Node at = expected_.node["deniedBy"];
  if (!expected_.denied_by.value) {
    each("deniedBy", at, "null", [](const Outcome& o) -> std::optional<std::string> {
      return o.denied_by ? std::optional(json_literal(o.denied_by->policy.value_or(o.denied_by->name))) : std::nullopt;
    });
    return;
  }
  const ExpectedDenial& wanted = *expected_.denied_by.value;
  // Each part is a field of its own; an outcome that was not denied fails them all.
  const auto part = [&](const char* name, const auto& stated, const auto& get) {
    if (!stated.given) return;
    const std::string want = literal(stated.value);
    each(std::string("deniedBy.") + name, at[name], want, [&](const Outcome& o) -> std::optional<std::string> {
      if (!o.denied_by) return "null";
      const std::string actual = get(*o.denied_by);
      return actual == want ? std::nullopt : std::optional(actual);
    });
  };
  part("proxy", wanted.proxy, [](const DeniedBy& d) { return literal(d.proxy); });
  part("name", wanted.name, [](const DeniedBy& d) { return literal(d.name); });
  part("policy", wanted.policy, [](const DeniedBy& d) { return literal(d.policy); });
  part("rule", wanted.rule, [](const DeniedBy& d) { return literal(d.rule); });
  part("ztunnelPolicy", wanted.ztunnel_policy, [](const DeniedBy& d) { return literal(d.ztunnel_policy); });
  if (!wanted.proxy.given && !wanted.name.given && !wanted.policy.given && !wanted.rule.given &&
      !wanted.ztunnel_policy.given)
    each("deniedBy", at, "{}", [](const Outcome& o) -> std::optional<std::string> {
      return o.denied_by ? std::nullopt : std::optional<std::string>("null");
    });
}

void Comparison::route() {
  const Node at = expected_.node["routedTo"];
  const auto& stated = expected_.routed_to.value;
  each("routedTo", at, stated ? json_literal(stated->workload) : "null",
       [&](const Outcome& o) -> std::optional<std::string> {
         const std::string actual = o.routed_to ? json_literal(o.routed_to->workload) : "null";
         return actual == (stated ? json_literal(stated->workload) : "null") ? std::nullopt : std::optional(actual);
       });
  if (!stated) return;
  if (stated->version)
    each("routedTo.version", at["version"], literal(stated->version),
         [&](const Outcome& o) -> std::optional<std::string> {
           if (o.routed_to && o.routed_to->version == *stated->version) return std::nullopt;
           return o.routed_to ? json_literal(o.routed_to->version) : "null";
         });
  if (stated->port)
    each("routedTo.port", at["port"], literal(stated->port), [&](const Outcome& o) -> std::optional<std::string> {
      if (o.routed_to && o.routed_to->port == *stated->port) return std::nullopt;
      return o.routed_to ? std::to_string(o.routed_to->port) : "null";
    });
}

// Policies are written as "AuthorizationPolicy ns/name" or short as "ns/name".
bool names(const std::string& written, const ObjectRef& policy) {
  return written == policy.text() || written == policy.ns + '/' + policy.name ||
         written == policy.kind + '/' + policy.ns + '/' + policy.name;
}

void Comparison::policies() {
  for (const auto& [written, status] : expected_.policies) {
    each("policies." + written, expected_.node["policies"][written], json_literal(to_string(status)),
         [&, wanted = status](const Outcome& o) -> std::optional<std::string> {
           std::optional<PolicyStatus> first;
           for (const PolicyFinding& finding : o.policies) {
             if (!names(written, finding.policy)) continue;
             if (finding.status == wanted) return std::nullopt;
             if (!first) first = finding.status;
           }
           // A policy that nobody had to look at does not apply.
           if (!first && wanted == PolicyStatus::NotApplicable) return std::nullopt;
           return first ? json_literal(to_string(*first)) : "null";
         });
  }
}

bool emits(const Metric& metric, const MetricMatcher& wanted) {
  if (metric.name != wanted.name || (wanted.reporter && metric.reporter != *wanted.reporter)) return false;
  return std::all_of(wanted.labels.begin(), wanted.labels.end(), [&](const auto& label) {
    const auto it = metric.labels.find(label.first);
    if (it == metric.labels.end())
      return !label.second || (label.first == "reporter" && metric.reporter == label.second);
    return label.second && it->second == *label.second;
  });
}

void Comparison::metrics() {
  for (std::size_t i = 0; i < expected_.metrics.size(); ++i) {
    const MetricMatcher& wanted = expected_.metrics[i];
    const bool found = std::any_of(outcomes_.begin(), outcomes_.end(), [&](const Outcome& o) {
      return std::any_of(o.telemetry.metrics.begin(), o.telemetry.metrics.end(),
                         [&](const Metric& metric) { return emits(metric, wanted); });
    });
    if (found != wanted.absent) {
      ++result_.passed;
    } else {
      fail(fmt::format("metrics[{}] {}", i, wanted.name), wanted.absent ? "\"absent\"" : "\"emitted\"",
           wanted.absent ? "\"emitted\"" : "\"absent\"", 0, wanted.node);
    }
  }
}

void Comparison::latency() {
  for (const LatencyBound& bound : expected_.latency)
    fail("latency." + bound.quantile, json_literal(bound.node.string_or()), "null", 0, bound.node);
}

ExpectationResult Comparison::finish() && {
  const Expectation& e = expected_;
  if (e.verdict) equal("verdict", *e.verdict, [](const Outcome& o) { return o.verdict; });
  if (e.http_status.given) equal("httpStatus", e.http_status.value, [](const Outcome& o) { return o.http_status; });
  if (e.grpc_status.given) equal("grpcStatus", e.grpc_status.value, [](const Outcome& o) { return o.grpc_status; });
  if (e.denied_by.given) denial();
  if (e.path) equal("path", *e.path, path_of);
  if (e.transport.given) equal("transport", e.transport.value, [](const Outcome& o) { return o.transport; });
  if (e.waypoint_traversed)
    equal("waypointTraversed", *e.waypoint_traversed, [](const Outcome& o) { return o.waypoint_traversed; });
  if (e.routed_to.given) route();
  policies();
  metrics();
  latency();
  return std::move(result_);
}

}  // namespace

ExpectationResult compare(const Expectation& expected, const std::vector<Outcome>& outcomes) {
  return Comparison(expected, outcomes).finish();
}

}  // namespace meshsim::scenarios
