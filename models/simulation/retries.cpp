// Failures on the way and what Envoys make of them: answers of their own, new attempts, timeouts (DP-246, DP-316,
// DP-317). Follows Envoy's router (1.35): source/common/router/{router,retry_state_impl}.cc.
#include <algorithm>
#include <utility>

#include "models/route/route_set.h"
#include "models/simulation/engine.h"

namespace meshsim::models::simulation {
namespace {

constexpr std::uint32_t kBackoffDraw = 8;

bool failed_to_connect(Cause cause) {
  return cause == Cause::PodGone || cause == Cause::ProxyDown || cause == Cause::Certificate || cause == Cause::Silent;
}

}  // namespace

Care& Engine::care_of(Request& r) {
  if (r.care == kNobody) {
    if (free_cares_.empty()) {
      r.care = static_cast<std::uint32_t>(cares_.size());
      cares_.emplace_back();
    } else {
      r.care = free_cares_.back();
      free_cares_.pop_back();
      cares_[r.care] = Care{};
    }
  }
  return cares_[r.care];
}

// At the end of a request.
void Engine::forget_care(sim::Slot who) {
  Request& r = sim_[who];
  leave_queue(who);
  Care& care = cares_[r.care];
  for (std::uint8_t t = 0; t < kMostTiers; ++t) end_retry(care, t);
  sim_.cancel(care.timer);
  free_cares_.push_back(std::exchange(r.care, kNobody));
}

// One timer for the earliest deadline; `after` > 0: a duration that many requests have.
void Engine::set_deadline(sim::Slot who, std::int64_t at, std::int64_t after) {
  Care& care = care_of(sim_[who]);
  if (care.armed_at <= at) return;
  sim_.cancel(care.timer);
  care.armed_at = at;
  care.timer = after > 0 ? sim_.timer(sim_.line({after}), who, Event::timeout)
                         : sim_.timer_at({std::max(at, sim_.now().ns)}, who, Event::timeout);
}

void Engine::deadline(sim::Slot who) {
  Request& r = sim_[who];
  if (r.care == kNobody) return;
  Care& care = cares_[r.care];
  care.armed_at = kNever;
  const std::int64_t now = sim_.now().ns;
  if (care.client_at <= now) return fail(detach(who), Cause::Timeout);
  const Program& program = programs_[r.program];
  std::int64_t next = care.client_at;
  for (std::uint8_t t = 0; t < kMostTiers; ++t) {
    // A deadline that the response has met already is no deadline.
    const bool inside = t < program.tier_count && r.pc >= program.tiers[t].out_at && r.pc < program.tiers[t].back_at;
    if (care.route_at[t] <= now) {
      care.route_at[t] = kNever;
      if (inside) return time_out(who, t, Cause::RouteTimeout);
    }
    if (care.try_at[t] <= now) {
      care.try_at[t] = kNever;
      if (inside) return time_out(who, t, Cause::TryTimeout);
    }
    next = std::min({next, care.route_at[t], care.try_at[t]});
  }
  if (next != kNever) set_deadline(who, next, 0);
}

// The Envoy resets what it has sent on and answers itself or tries again. What was sent on and has not come to the
// application is forgotten by whoever has it, as the reset comes behind it.
void Engine::time_out(sim::Slot who, std::uint8_t tier, Cause cause) {
  const sim::Slot fresh = detach(who);
  sim_[fresh].cause = cause;
  attempt_failed(fresh, tier);
}

// An application that has the request does not notice that nobody waits for the answer, until it writes it: it works to
// the end, its calls included. One that `cancels` stops; calls under way are left to themselves.
bool Engine::works_on(sim::Slot who) const {
  const Request& r = sim_[who];
  const Op& op = ops_[programs_[r.program].first_op + r.pc];
  if (op.step != Step::Answer || op.target == kNobody || !actors_[op.target].alive) return false;
  const std::uint32_t application = application_of_[op.target];
  if (application != kNobody && input_.applications[application].cancels) return false;
  const sim::RecordState state = sim_.state(who);
  return state == sim::RecordState::waiting || state == sim::RecordState::serving ||
         r.core_job != CoreSharing::kNothing || r.pending > 0;
}

sim::Slot Engine::detach(sim::Slot who) {
  leave_queue(who);
  const bool works = works_on(who);
  if (!works && sim_[who].core_job != CoreSharing::kNothing) give_up_cores(who);
  const sim::Slot fresh = sim_.create();
  Request& r = sim_[fresh];
  Request& was = sim_[who];
  r = was;
  r.call_step = r.pending = 0;
  r.core_job = CoreSharing::kNothing;
  if (recorder_.on()) recorder_.move(who, fresh);
  if (r.care != kNobody) sim_.cancel(cares_[r.care].timer);
  if (works) {
    was.care = was.connection = was.parent = kNobody;
    was.counted = false;
    was.orphan = true;
  } else {
    sim_.destroy(who);
  }
  if (r.care == kNobody) return fresh;
  Care& care = cares_[r.care];
  care.timer = {};
  care.armed_at = kNever;
  std::int64_t next = care.client_at;
  for (std::size_t t = 0; t < kMostTiers; ++t) next = std::min({next, care.route_at[t], care.try_at[t]});
  if (next != kNever) set_deadline(fresh, next, 0);
  return fresh;
}

// The last Envoy that has sent it on, waits for the response, and lives.
std::uint8_t Engine::tier_behind(const Request& r) const {
  const Program& program = programs_[r.program];
  for (std::uint8_t t = program.tier_count; t-- > 0;) {
    const Tier& tier = program.tiers[t];
    if (r.pc >= tier.out_at && r.pc < tier.back_at && actors_[tier.actor].alive) return t;
  }
  return kNoTier;
}

std::int64_t Engine::connect_timeout(const Program& program, std::uint8_t tier) const {
  const std::uint32_t cluster = tier == kNoTier ? kNobody : program.tiers[tier].cluster;
  const std::int64_t stated = cluster == kNobody ? 0 : policy_of(clusters_[cluster]).connect_timeout_ns;
  if (stated > 0) return stated;
  // MeshConfig's is that of Envoys.
  const Node mesh = input_.epochs.front().world.mesh->settings.config_value("connectTimeout");
  const auto of_mesh = tier == kNoTier ? std::nullopt : route::read_duration(mesh.string_or());
  return of_mesh && *of_mesh > 0 ? *of_mesh : input_.costs.connect_timeout_ns;
}

// Something on the way failed: the Envoy behind which it happened learns of it, or else the client.
void Engine::fail(sim::Slot who, Cause cause) {
  Request& r = sim_[who];
  r.cause = cause;
  if (cause == Cause::Timeout) return fail_now(who);
  const std::uint8_t tier = tier_behind(r);
  if (const std::uint32_t cluster = programs_[r.program].tcp_cluster;
      cluster != kNobody && tier == kNoTier && failed_to_connect(cause))
    report(cluster, programs_[r.program].cast.server, 503, true);
  std::int64_t back = 0;
  if (cause == Cause::Silent) {
    back = connect_timeout(programs_[r.program], tier);
  } else if (tier == kNoTier) {
    back = r.network_ns;
  } else if (cause != Cause::Overflow && cause != Cause::NoHealthy) {
    const Program& program = programs_[r.program];
    const Op& first = ops_[program.first_op + program.tiers[tier].out_at];
    const Op& at = ops_[program.first_op + r.pc];
    if (first.step == Step::Acquire) back = pools_[first.target].rtt_ns / 2;
    if (at.step == Step::Acquire && failed_to_connect(cause)) back = pools_[at.target].rtt_ns;  // SYN, RST
  }
  if (back == 0 && tier != kNoTier) return attempt_failed(who, tier);
  r.network_ns += back;
  sim_.after({back}, who, Event::failed);
}

void Engine::failed(sim::Slot who) {
  const std::uint8_t tier = tier_behind(sim_[who]);
  if (tier == kNoTier) return fail_now(who);
  attempt_failed(who, tier);
}

// Nobody answers for it: the client's connection ends, or the client has given up.
void Engine::fail_now(sim::Slot who) {
  Request& r = sim_[who];
  if (r.care != kNobody) leave_queue(who);
  const bool closes = !programs_[r.program].plan->multiplexed || failed_to_connect(r.cause);
  release_from(r, 0, closes);
  if (closes && r.connection != kNobody) connections_[r.connection].dead = true;
  r.status = 0;
  end(who, failed_outcome(r, programs_[r.program]));
}

void Engine::attempt_failed(sim::Slot who, std::uint8_t t) {
  Request& r = sim_[who];
  const Program program = programs_[r.program];
  const Tier& tier = program.tiers[t];
  const bool timed_out = r.cause == Cause::RouteTimeout || r.cause == Cause::TryTimeout;
  // HTTP/1.1 cannot give up a request without its connection.
  release_from(r, tier.out_at, !program.plan->multiplexed || failed_to_connect(r.cause));
  Care& care = care_of(r);
  for (std::uint8_t k = t; k < kMostTiers; ++k) end_retry(care, k);
  r.status = 0;
  if (tier.cluster != kNobody && t == program.chooser && r.cause != Cause::Overflow && r.cause != Cause::NoHealthy)
    report(tier.cluster, program.cast.server, timed_out ? 504 : 503, true);
  if (may_retry(who, t)) return;
  care.tier = t;
  r.status = timed_out ? 504 : 503;
  r.own_answer = true;
  r.pc = tier.back_at;
  go_on(who);
}

// A tier has handled a response that failed, or that its cluster wants to know of.
bool Engine::came_back(sim::Slot who, const Op& op) {
  Request& r = sim_[who];
  if (std::exchange(r.own_answer, false)) return false;
  const Program program = programs_[r.program];
  const Tier& tier = program.tiers[op.tier];
  if (tier.cluster != kNobody && op.tier == program.chooser && program.plan->verdict == Verdict::Allowed)
    report(tier.cluster, program.cast.server, r.status == 0 ? 200 : r.status, false);
  if (r.care != kNobody) end_retry(cares_[r.care], op.tier);
  if (r.status == 0) return false;
  return may_retry(who, op.tier);
}

// RetryStateImpl::wouldRetryFromReset and wouldRetryFromHeaders.
bool Engine::would_retry(const Request& r, const PathPoint& point, bool grpc) const {
  const RetryOn& on = book_.conditions()[point.retry_on];
  if (r.status == 0) {
    if (r.cause == Cause::TryTimeout || r.cause == Cause::Reset) return on.any_5xx || on.gateway_error || on.reset;
    return failed_to_connect(r.cause) &&
           (on.any_5xx || on.gateway_error || on.connect_failure || on.reset || on.reset_before_request);
  }
  if (on.any_5xx && r.status >= 500) return true;
  if (on.gateway_error && r.status >= 502 && r.status <= 504) return true;
  if (std::find(on.statuses.begin(), on.statuses.end(), r.status) != on.statuses.end()) return true;
  // An Envoy's own 503 and 504 are UNAVAILABLE to a gRPC client, the application's error is INTERNAL.
  return grpc && (r.cause == Cause::Error ? on.internal : on.unavailable);
}

bool Engine::may_retry(sim::Slot who, std::uint8_t t) {
  Request& r = sim_[who];
  const Program program = programs_[r.program];
  const Tier& tier = program.tiers[t];
  const PathPoint& point = program.plan->points[tier.point];
  if (point.retries <= 0 || !would_retry(r, point, program.plan->grpc)) return false;
  Care& care = care_of(r);
  if (care.tries[t] >= point.retries) {
    care.exhausted = true;
    return false;
  }
  ++care.tries[t];
  if (tier.cluster != kNobody) {
    ClusterState& cluster = clusters_[tier.cluster];
    const ClusterPolicy& policy = policy_of(cluster);
    const double share = policy.budget_percent / 100 * (cluster.requests + cluster.pending);
    const std::uint32_t most =
        policy.retry_budget ? std::max(policy.budget_least, static_cast<std::uint32_t>(share)) : policy.max_retries;
    if (cluster.retries >= most) {
      care.refused = true;
      ++cluster.overflows;
      return false;
    }
    ++cluster.retries;
    care.retrying[t] = tier.cluster;
  }
  care.tried = {program.cast.server, care.tried[0], care.tried[1]};
  care.tier = t;
  for (std::uint8_t k = t; k < kMostTiers; ++k) {
    care.try_at[k] = kNever;
    if (k > t) care.route_at[k] = kNever;
  }
  ++r.attempt;
  ++statistics_[r.flow].retries;
  // A random part of 25 ms, doubled each time up to 250.
  const std::uint64_t most = std::min<std::uint64_t>(25'000'000ull << std::min(care.tries[t] - 1, 8), 250'000'000);
  const auto pause = static_cast<std::int64_t>(sim::below(most, luck(r, kBackoffDraw)));
  r.pc = tier.out_at;
  r.queue_ns += pause;
  sim_.after({pause}, who, Event::retry);
  return true;
}

void Engine::end_retry(Care& care, std::uint8_t t) {
  if (care.retrying[t] != kNobody) --clusters_[std::exchange(care.retrying[t], kNobody)].retries;
}

// Another attempt, from the Envoy behind which the last one failed: it chooses again among what lies behind it.
void Engine::try_again(sim::Slot who) {
  Request& r = sim_[who];
  const std::uint8_t t = cares_[r.care].tier;
  const Program was = programs_[r.program];
  const std::uint8_t at = was.tiers[t].point;
  r.cause = Cause::None;
  r.status = 0;
  r.unhealthy = r.own_answer = false;
  r.cold_streams = r.cold_transports = 0;
  if (was.plan->points[at].role == Role::Server) return go_on(who);  // the server's sidecar: its own application
  Cast kept = was.cast;
  std::size_t gateways = 0;  // on the way to the one that tries again, itself included
  for (std::size_t i = 0; i <= at; ++i) gateways += was.plan->points[i].role == Role::Gateway ? 1 : 0;
  for (std::size_t g = gateways; g < kMostGateways; ++g) kept.gateways[g] = kNobody;
  Choice choice;
  if (r.connection != kNobody) {
    choice = choose_on(connections_[r.connection], r, kept);
  } else {
    const std::size_t epoch = settled_ ? epoch_ : epoch_of_client(kept.client, r.flow);
    choice = choose(r.flow, variant_of(r.flow, epoch, kept.client), kept.client, epoch, r, &kept);
  }
  const std::uint32_t id = program_for(*choice.plan, choice.plan_id, r.flow, choice.cast);
  Program& program = programs_[id];
  if (t >= program.tier_count || program.tiers[t].point != at || program.tiers[t].actor != was.tiers[t].actor) {
    r.cause = Cause::PodGone;  // the configuration has changed under it
    r.pc = was.tiers[t].out_at;
    return fail_now(who);
  }
  r.program = id;
  r.unhealthy = choice.unhealthy;
  ++program.runs;
  r.pc = program.tiers[t].out_at;
  if (meets_a_cut(who)) return;
  go_on(who);
}

}  // namespace meshsim::models::simulation
