#include "models/simulation/plan_book.h"

#include <algorithm>
#include <cmath>

#include "models/simulation/mixed_world.h"
#include "models/telemetry/telemetry.h"

namespace meshsim::models::simulation {
namespace {

ActorKind actor_of(ProxyKind kind) {
  switch (kind) {
    case ProxyKind::Sidecar:
      return ActorKind::Sidecar;
    case ProxyKind::Ztunnel:
      return ActorKind::Ztunnel;
    case ProxyKind::Waypoint:
      return ActorKind::Waypoint;
    case ProxyKind::Gateway:
      return ActorKind::Gateway;
  }
  return ActorKind::Application;
}

bool names_rule(const Reasons& reasons, std::string_view rule) {
  return std::any_of(reasons.begin(), reasons.end(), [&](const Reason& r) { return r.rule == rule; });
}

}  // namespace

PlanBook::PlanBook(const SimulationInput& input, bool with_telemetry)
    : input_(input),
      with_telemetry_(with_telemetry),
      protections_(input.epochs),
      meters_(input.flows.size()),
      outcomes_(input.flows.size()) {}

std::uint16_t PlanBook::meter(std::size_t flow, std::string proxy, const std::string& name, bool inbound) {
  std::vector<Meter>& list = meters_[flow];
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list[i].proxy == proxy && list[i].name == name && list[i].inbound == inbound)
      return static_cast<std::uint16_t>(i);
  list.push_back({std::move(proxy), name, inbound});
  return static_cast<std::uint16_t>(list.size() - 1);
}

std::uint32_t PlanBook::signal(std::string text) {
  const auto it = std::find(signals_.begin(), signals_.end(), text);
  if (it != signals_.end()) return static_cast<std::uint32_t>(it - signals_.begin());
  signals_.push_back(std::move(text));
  return static_cast<std::uint32_t>(signals_.size() - 1);
}

std::uint32_t PlanBook::outcome_id(std::size_t flow, const OutcomeCount& key) {
  std::vector<OutcomeCount>& list = outcomes_[flow];
  for (std::size_t i = 0; i < list.size(); ++i) {
    const OutcomeCount& o = list[i];
    if (o.verdict == key.verdict && o.http_status == key.http_status && o.response_flags == key.response_flags &&
        o.cause == key.cause && o.path == key.path && o.routed_to == key.routed_to && o.denied_by == key.denied_by &&
        o.epoch == key.epoch)
      return static_cast<std::uint32_t>(i);
  }
  list.push_back(key);
  return static_cast<std::uint32_t>(list.size() - 1);
}

std::uint32_t PlanBook::cluster(const World& world, const Hop& hop) {
  if (!hop.traffic_policy.has_value()) return kNobody;
  Cluster c;
  c.inbound = hop.inbound && hop.proxy == ProxyKind::Sidecar;
  c.policy = read_cluster_policy(hop.traffic_policy, c.inbound);
  if (c.policy.plain()) return kNobody;
  if (hop.cluster_service < world.mesh->services.size()) c.name = world.mesh->services[hop.cluster_service].hostname;
  c.name += ':' + std::to_string(hop.cluster_port);
  if (!hop.cluster_subset.empty()) c.name += '/' + hop.cluster_subset;
  const auto it = std::find(clusters_.begin(), clusters_.end(), c);
  if (it != clusters_.end()) return static_cast<std::uint32_t>(it - clusters_.begin());
  clusters_.push_back(std::move(c));
  return static_cast<std::uint32_t>(clusters_.size() - 1);
}

// What the route chosen here says about time. Without one (the server's sidecar) R0 of DP-246 holds.
void PlanBook::read_route(const World& world, const Hop& hop, PathPoint& point) {
  point.timeout_ns = hop.timeout_ns;
  point.per_try_ns = hop.per_try_timeout_ns;
  point.delay_ns = hop.fault_delay_ns;
  point.cluster = cluster(world, hop);
  const bool by_default = hop.retry_attempts < 0;
  point.retries = by_default ? 2 : hop.retry_attempts;
  const RetryOn on = read_retry_on(by_default ? std::string_view("reset-before-request") : hop.retry_on);
  const auto it = std::find(conditions_.begin(), conditions_.end(), on);
  point.retry_on = static_cast<std::uint32_t>(it - conditions_.begin());
  if (it == conditions_.end()) conditions_.push_back(on);
}

void PlanBook::add_points(std::size_t flow, const World& world, const Outcome& outcome, Plan& plan) {
  const bool from_gateway = input_.flows[flow].flow.from.kind == Client::Kind::Gateway;
  Transport leaving = Transport::Plaintext;
  bool first = true;
  for (const Hop& hop : outcome.hops) {
    PathPoint point;
    point.kind = actor_of(hop.proxy);
    const bool middle = hop.proxy == ProxyKind::Waypoint || hop.proxy == ProxyKind::Gateway;
    if (middle && first && from_gateway) {
      point.role = Role::Client;
    } else if (middle) {
      point.role = Role::Gateway;
      plan.gateways.push_back(hop.gateway);
    } else {
      point.role = hop.inbound ? Role::Server : Role::Client;
    }
    point.inbound = hop.inbound;
    point.http = hop.http;
    // The hop of a sender shows what leaves it, the hop of a receiver what arrives.
    point.arriving = hop.inbound ? hop.transport : first ? Transport::Plaintext : leaving;
    if (!hop.inbound) leaving = hop.transport;
    if (hop.http) read_route(world, hop, point);
    if (!hop.http && hop.proxy != ProxyKind::Ztunnel && point.role != Role::Server) {
      point.cluster = cluster(world, hop);
      const ConnectionPatience stated = read_connection_patience(hop.traffic_policy);
      const auto least = [](std::int64_t ns, std::int64_t& into) {
        if (ns > 0 && (into == 0 || ns < into)) into = ns;
      };
      least(stated.most_ns, plan.patience.most_ns);
      least(stated.idle_ns, plan.patience.idle_ns);
    }
    point.meter = meter(flow, std::string(to_string(hop.proxy)), hop.name, hop.inbound);
    plan.points.push_back(point);
    first = false;
  }
  const auto envoy = [](const PathPoint& p) { return p.kind != ActorKind::Ztunnel && p.role != Role::Server; };
  for (std::size_t i = 0; i < plan.points.size(); ++i) {
    if (!envoy(plan.points[i])) continue;
    (plan.points[i].http ? plan.chooser : plan.tcp_chooser) = i;
  }
  if (plan.chooser != kNone) plan.tcp_chooser = kNone;
  const std::size_t chooser = plan.chooser != kNone ? plan.chooser : plan.tcp_chooser;
  if (chooser != kNone) {
    const Hop& hop = outcome.hops[chooser];
    const std::string name =
        std::to_string(hop.cluster_service) + ':' + std::to_string(hop.cluster_port) + '/' + hop.cluster_subset;
    const auto it = std::find(targets_.begin(), targets_.end(), name);
    plan.target = static_cast<std::uint32_t>(it - targets_.begin());
    if (it == targets_.end()) targets_.push_back(name);
  }
  if (chooser != kNone && plan.points[chooser].cluster != kNobody)
    plan.ejects = clusters_[plan.points[chooser].cluster].policy.outlier;
  // Bytes into HBONE go to an internal listener, which always accepts: no connection of theirs ever fails.
  if (plan.tcp_chooser != kNone && chooser + 1 < outcome.hops.size() &&
      outcome.hops[chooser].transport == Transport::Hbone)
    plan.ejects = false;
  plan.reaches_application = outcome.verdict == Verdict::Allowed;
  plan.server = outcome.destination_workload;
  plan.external = plan.reaches_application && plan.server == kNone;
  if (plan.server != kNone && plan.server >= world.mesh->workloads.size()) plan.server = kNone;
  if (!plan.reaches_application) return;
  PathPoint application;
  application.http = true;
  const bool own_proxy = !plan.points.empty() && plan.points.back().role == Role::Server;
  application.arriving = own_proxy ? Transport::Plaintext : outcome.transport.value_or(Transport::Plaintext);
  application.meter =
      meter(flow, "application", outcome.routed_to ? outcome.routed_to->workload : std::string("?"), true);
  plan.points.push_back(application);
}

Plan PlanBook::compile(std::size_t flow, const World& world, const Outcome& outcome,
                       const Configurations& configurations) {
  Plan plan;
  plan.verdict = outcome.verdict;
  add_points(flow, world, outcome, plan);
  const FlowProtocol protocol = input_.flows[flow].flow.protocol;
  plan.multiplexed = protocol == FlowProtocol::Http2 || protocol == FlowProtocol::Grpc;
  plan.grpc = protocol == FlowProtocol::Grpc;
  plan.silent =
      !plan.reaches_application && (names_rule(outcome.reasons, "DP-312") || names_rule(outcome.reasons, "DP-116"));
  for (const Hop& hop : outcome.hops)
    plan.silent |=
        !plan.reaches_application && (names_rule(hop.reasons, "DP-312") || names_rule(hop.reasons, "DP-116"));

  OutcomeCount key;
  key.verdict = outcome.verdict;
  key.http_status = outcome.http_status;
  key.response_flags = outcome.response_flags;
  for (const Hop& hop : outcome.hops) key.path.push_back(hop.proxy);
  if (outcome.routed_to) key.routed_to = outcome.routed_to->workload;
  if (outcome.denied_by) key.denied_by = outcome.denied_by->policy.value_or(outcome.denied_by->name);
  key.epoch = configurations.client;
  plan.outcome = outcome_id(flow, key);
  plan.protections = protections_.statuses(outcome.policies);
  if (with_telemetry_) {
    for (const Lost& lost : telemetry_of(world, input_.flows[flow].flow, outcome).lost)
      plan.lost.push_back(signal(lost.signal + ' ' + lost.name));
    std::sort(plan.lost.begin(), plan.lost.end());
    plan.lost.erase(std::unique(plan.lost.begin(), plan.lost.end()), plan.lost.end());
  }
  return plan;
}

const PlanSet& PlanBook::get(std::size_t flow, std::size_t variant, const Configurations& c) {
  const std::uint64_t key = (flow << 44) ^ (variant << 39) ^ (c.client << 26) ^ (c.gateway << 13) ^ c.server;
  if (const auto it = index_.find(key); it != index_.end()) return *it->second;
  Flow asked = input_.flows[flow].flow;
  if (variant != 0) {
    const auto named = input_.epochs[c.client].world.mesh->workloads_named(asked.from.ns, asked.from.name);
    if (variant < named.size()) asked.from.variant = named[variant];
  }
  const World world =
      mixed_world(input_.epochs[c.client].world, input_.epochs[c.gateway].world, input_.epochs[c.server].world);
  PlanSet set;
  set.client_epoch = c.client;
  double sum = 0;
  for (const Outcome& outcome : judge(world, asked).outcomes) {
    set.plans.push_back(compile(flow, world, outcome, c));
    sum += outcome.probability;
    set.plans.back().threshold = sum >= 1 ? ~0ull : static_cast<std::uint64_t>(std::ldexp(std::max(0.0, sum), 64));
  }
  set.first_id = plans_;
  plans_ += static_cast<std::uint32_t>(set.plans.size());
  sets_.push_back(std::move(set));
  index_.emplace(key, &sets_.back());
  return sets_.back();
}

}  // namespace meshsim::models::simulation
