// `expect` of a flow.
#include <algorithm>
#include <array>

#include "scenarios/read/nearest_name.h"
#include "scenarios/read/scenario_parts.h"

namespace meshsim::scenarios {

using models::Node;
using models::PolicyStatus;
using models::ProxyKind;
using models::Transport;
using models::Verdict;

namespace {

constexpr std::array<std::string_view, 8> kStatuses = {"enforced", "bypassed", "inert",          "denies-all",
                                                       "open",     "dry-run",  "not-applicable", "not-evaluated"};

template <class T, class Read>
Stated<T> stated(Fields& fields, std::string_view key, const Read& read) {
  const Node node = fields.node(key);
  Stated<T> out;
  out.given = node.exists();
  if (node.has_value()) out.value = read(key);
  return out;
}

Stated<std::string> stated_text(Fields& fields, std::string_view key) {
  return stated<std::string>(fields, key, [&](std::string_view k) { return fields.text(k); });
}

Stated<std::int64_t> stated_integer(Fields& fields, std::string_view key, std::int64_t least, std::int64_t most) {
  return stated<std::int64_t>(fields, key, [&](std::string_view k) { return fields.integer(k, least, most); });
}

std::optional<ProxyKind> proxy_word(Fields& fields, std::string_view key) {
  const auto word = fields.word(key, {"sidecar", "ztunnel", "waypoint", "gateway"});
  return word ? std::optional(static_cast<ProxyKind>(*word)) : std::nullopt;
}

ExpectedDenial read_denial(Node node, const std::string& path, ScenarioFindings& findings) {
  ExpectedDenial out;
  Fields fields(node, path, findings);
  out.proxy = stated<ProxyKind>(fields, "proxy", [&](std::string_view k) { return proxy_word(fields, k); });
  out.name = stated_text(fields, "name");
  out.policy = stated_text(fields, "policy");
  out.rule = stated_integer(fields, "rule", 0, INT32_MAX);
  out.ztunnel_policy = stated_text(fields, "ztunnelPolicy");
  fields.done();
  return out;
}

ExpectedRoute read_route(Node node, const std::string& path, ScenarioFindings& findings) {
  ExpectedRoute out;
  if (node.is_string()) {
    out.workload = node.string();
    return out;
  }
  Fields fields(node, path, findings);
  fields.require("workload");
  out.workload = fields.text("workload").value_or("");
  out.version = fields.text("version");
  out.port = fields.integer("port", 1, 65535);
  fields.done();
  return out;
}

MetricMatcher read_metric(Node node, const std::string& path, ScenarioFindings& findings) {
  MetricMatcher out;
  out.node = node;
  Fields fields(node, path, findings);
  fields.require("name");
  out.name = fields.text("name").value_or("");
  out.reporter = fields.text("reporter");
  out.absent = fields.boolean("absent").value_or(false);
  for (const Node label : fields.mapping("labels")) {
    if (label.is_scalar()) {
      out.labels[std::string(label.key())] =
          label.has_value() ? std::optional(std::string(label.text())) : std::nullopt;
    } else {
      fields.wrong(label, "labels." + std::string(label.key()), "a string");
    }
  }
  fields.done();
  return out;
}

void read_latency(Fields& fields, std::vector<LatencyBound>& into) {
  constexpr std::array<std::string_view, 9> kQuantiles = {"min", "mean", "p50",   "p75", "p90",
                                                          "p95", "p99",  "p99.9", "max"};
  for (const Node bound : fields.mapping("latency")) {
    const std::string key = "latency." + std::string(bound.key());
    if (std::find(kQuantiles.begin(), kQuantiles.end(), bound.key()) == kQuantiles.end()) {
      fields.wrong_value(bound, key,
                         "unknown quantile \"" + std::string(bound.key()) + "\" in " + fields.path_of("latency") +
                             did_you_mean(bound.key(), kQuantiles));
      continue;
    }
    LatencyBound out;
    out.quantile = std::string(bound.key());
    out.node = bound;
    std::string_view text = bound.string_or();
    const bool relation = text.starts_with('<') || text.starts_with('>');
    out.below = !text.starts_with('>');
    if (relation) text.remove_prefix(1);
    out.or_equal = text.starts_with('=');
    if (out.or_equal) text.remove_prefix(1);
    while (text.starts_with(' ')) text.remove_prefix(1);
    const auto ns = parse_duration(text);
    if (!relation || !ns) {
      fields.wrong(bound, key, "a bound such as \"<5ms\" or \">=1s\"");
      continue;
    }
    out.ns = *ns;
    into.push_back(out);
  }
}

void read_policies(Fields& fields, Expectation& into) {
  for (const Node policy : fields.mapping("policies")) {
    const auto it = std::find(kStatuses.begin(), kStatuses.end(), policy.string_or());
    if (it == kStatuses.end()) {
      std::string expected = "one of";
      for (const std::string_view one : kStatuses) expected += ' ' + std::string(one);
      fields.wrong(policy, "policies." + std::string(policy.key()), expected);
      continue;
    }
    into.policies.emplace_back(std::string(policy.key()), static_cast<PolicyStatus>(it - kStatuses.begin()));
  }
}

void read_path(Fields& fields, const std::string& path, ScenarioFindings& findings, Expectation& into) {
  const Node list = fields.list("path");
  if (!list.exists()) return;
  into.path.emplace();
  for (const Node one : list) {
    constexpr std::array<std::string_view, 4> kProxies = {"sidecar", "ztunnel", "waypoint", "gateway"};
    const auto it = std::find(kProxies.begin(), kProxies.end(), one.string_or());
    if (it != kProxies.end()) {
      into.path->push_back(static_cast<ProxyKind>(it - kProxies.begin()));
    } else {
      findings.error("MSH0011", one.position(),
                     path + ".path holds sidecar, ztunnel, waypoint and gateway, not " + shown(one) +
                         did_you_mean(one.string_or(), kProxies));
    }
  }
}

}  // namespace

Expectation read_expectation(Node node, const std::string& path, ScenarioFindings& findings) {
  Expectation out;
  out.node = node;
  out.file = findings.file;
  Fields fields(node, path, findings);
  if (const auto word = fields.word("verdict", {"allowed", "denied", "reset", "unreachable", "unknown"}))
    out.verdict = static_cast<Verdict>(*word);
  out.http_status = stated_integer(fields, "httpStatus", 100, 599);
  out.grpc_status = stated_text(fields, "grpcStatus");
  out.denied_by = stated<ExpectedDenial>(
      fields, "deniedBy", [&](std::string_view key) { return read_denial(node[key], path + ".deniedBy", findings); });
  read_path(fields, path, findings, out);
  out.transport = stated<Transport>(fields, "transport", [&](std::string_view key) -> std::optional<Transport> {
    constexpr Transport kWords[] = {Transport::Plaintext, Transport::Mtls, Transport::Hbone, Transport::Tls};
    const auto word = fields.word(key, {"plaintext", "mtls", "hbone", "tls"});
    return word ? std::optional(kWords[*word]) : std::nullopt;
  });
  out.waypoint_traversed = fields.boolean("waypointTraversed");
  out.routed_to = stated<ExpectedRoute>(
      fields, "routedTo", [&](std::string_view key) { return read_route(node[key], path + ".routedTo", findings); });
  read_policies(fields, out);
  for (const Node metric : fields.list("metrics"))
    out.metrics.push_back(read_metric(metric, element(path + ".metrics", out.metrics.size()), findings));
  read_latency(fields, out.latency);
  fields.done();
  return out;
}

}  // namespace meshsim::scenarios
