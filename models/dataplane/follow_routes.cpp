// The routes of an Envoy are followed: answers of its own, timeouts, retries, and on to the clusters (DP-246, DP-316).
#include "models/dataplane/walker.h"

namespace meshsim::models::dataplane {
namespace {

constexpr int kMostHops = 16;  // routes that send gateways to each other in a circle end here

}  // namespace

struct DepthGuard {
  explicit DepthGuard(int& depth) : depth_(depth) { ++depth_; }
  ~DepthGuard() { --depth_; }
  int& depth_;
};

void Walker::follow(Walk walk, const Sender& sender, std::vector<RouteChoice> choices, const Address& original) {
  walk.from = sender.workload;
  const DepthGuard guard(depth_);
  if (depth_ > kMostHops) {
    unknown(std::move(walk), {"", "routes send this request in a circle", {}});
    return;
  }
  if (choices.empty()) {
    fail(std::move(walk), Verdict::Unreachable, "NR", {"DP-247", "no route", {}});
    return;
  }
  for (RouteChoice& choice : choices) {
    if (choice.probability <= 0) continue;
    Walk next = walk;
    next.out.probability *= choice.probability;
    for (RouteFinding finding : choice.considered) {
      finding.at = sender.kind;
      finding.at_name = next.hop().name;
      next.out.routes.push_back(std::move(finding));
    }
    for (const Reason& reason : choice.reasons) next.hop().reasons.push_back(reason);
    next.hop().timeout_ns = choice.timeout_ns;
    next.hop().retry_attempts = choice.retries ? choice.retries->attempts : 0;
    if (choice.retries) {
      next.hop().retry_on = choice.retries->on;
      next.hop().per_try_timeout_ns = choice.retries->per_try_timeout_ns;
    }
    next.hop().fault_delay_ns = choice.fault_delay_ns;
    next.hop().traffic_policy = choice.policy.node;
    if (choice.kind == RouteChoice::Kind::Forward) {
      next.hop().cluster_service = choice.service;
      next.hop().cluster_port = choice.port;
      next.hop().cluster_subset = choice.subset_name;
    }
    switch (choice.kind) {
      case RouteChoice::Kind::Answer: {
        if (times_out(next, choice.fault_delay_ns)) break;
        next.out.response_body = choice.body;
        next.out.response_details = choice.details;
        for (const auto& [name, value] : choice.answer_headers) next.out.response_headers.emplace_back(name, value);
        edit(next.out.response_headers, choice.response_headers);
        if (header(next.out.response_headers, "server").empty())
          next.out.response_headers.emplace_back("server", sender.kind == ProxyKind::Sidecar ? "envoy" : "istio-envoy");
        Reason why = choice.reasons.empty() ? Reason{"DP-240", "the proxy answers itself", {}} : choice.reasons.back();
        answer(std::move(next), sender.kind, choice.status, choice.flags, std::move(why));
        break;
      }
      case RouteChoice::Kind::Close: {
        next.http_proxy_before = false;
        Reason why =
            choice.reasons.empty() ? Reason{"DP-229", "the proxy closes the connection", {}} : choice.reasons.back();
        fail(std::move(next), Verdict::Unreachable, choice.flags.empty() ? "-" : choice.flags, std::move(why));
        break;
      }
      case RouteChoice::Kind::External: {
        edit(next.headers, choice.request_headers);
        next.peer = {"", sender.ip};
        next.hop().transport = Transport::Plaintext;
        next.hop().passthrough = sender.kind == ProxyKind::Sidecar;
        if (!choice.external_host.empty() && choice.external_host != original.host) {
          leave_mesh(std::move(next), choice.external_host, choice.port != 0 ? choice.port : original.port,
                     Transport::Plaintext);
        } else {
          pass_through(std::move(next), original, sender.locality);
        }
        break;
      }
      case RouteChoice::Kind::Forward: {
        if (times_out(next, choice.fault_delay_ns)) break;
        if (!choice.flags.empty()) next.out.response_flags = choice.flags;  // DI: delayed
        const std::int64_t timeout = next.hop().http ? choice.timeout_ns : 0;
        if (timeout > 0)
          next.deadlines.push_back({sender.kind, next.delay_ns + timeout,
                                    choice.route ? choice.route->text() : std::string("the route"),
                                    choice.route ? choice.route->source : Source{}});
        if (choice.new_path) next.path = *choice.new_path;
        if (choice.new_authority) next.authority = *choice.new_authority;
        edit(next.headers, choice.request_headers);
        for (const MirrorChoice& mirror : choice.mirrors) {
          const Labels* subset = mirror.subset.empty() ? nullptr : &mirror.subset;
          for (const EndpointShare& share : select_endpoints(
                   {&mesh_, mirror.service, mirror.port, subset, sender.locality, Balancer::Envoy, {}, false})) {
            const Workload* w = &mesh_.workloads[share.workload];
            std::uint16_t port = share.target_port;
            if (w->external) {  // it may name a Service or pod of the mesh
              const Address stated = stated_endpoint(*w, w->name, port);
              std::size_t found = stated.pod ? stated.pod->first : kNone;
              if (stated.service != kNone) {
                const auto behind =
                    select_endpoints({&mesh_, stated.service, port, nullptr, nullptr, Balancer::KubeProxy, {}, false});
                if (!behind.empty()) {
                  found = behind.front().workload;
                  port = behind.front().target_port;
                }
              }
              if (found != kNone) w = &mesh_.workloads[found];
            }
            next.out.mirrored_to.push_back({w->ns + '/' + w->name, port, mirror.share * share.weight});
          }
        }
        const std::size_t first = results_.size();
        const bool http = next.hop().http;
        forward(std::move(next), sender, choice, original);
        if (http && choice.retries) retry(first, *choice.retries, sender.kind, choice.route.has_value());
        break;
      }
    }
  }
  // Response header edits of the chosen routes apply to whatever comes back; done where the outcome was finished.
}

bool Walker::times_out(Walk& walk, std::int64_t delay_ns) {
  walk.delay_ns += delay_ns;
  const Walk::Deadline* first = nullptr;
  for (const Walk::Deadline& deadline : walk.deadlines)
    if (deadline.at_ns <= walk.delay_ns && (first == nullptr || deadline.at_ns < first->at_ns)) first = &deadline;
  if (first == nullptr || delay_ns == 0) return false;
  const Walk::Deadline deadline = *first;
  answer(std::move(walk), deadline.by, 504, "UT",
         {"DP-316", deadline.text + " sets a timeout that an injected delay exceeds", deadline.source});
  return true;
}

namespace {

// Whether `on` (retryOn) covers an answer that another proxy behind this one gave.
bool retried(const Outcome& o, std::string_view on) {
  const int status = o.http_status.value_or(0);
  while (!on.empty()) {
    const auto comma = on.find(',');
    const std::string_view word = on.substr(0, comma);
    on = comma == std::string_view::npos ? std::string_view() : on.substr(comma + 1);
    if (word == "5xx" && status >= 500) return true;
    if (word == "gateway-error" && status >= 502 && status <= 504) return true;
    if (word == "retriable-4xx" && status == 409) return true;
    if (word == std::to_string(status)) return true;
    if (!o.grpc_status) continue;
    constexpr std::pair<std::string_view, std::string_view> kGrpc[] = {{"cancelled", "CANCELLED"},
                                                                       {"deadline-exceeded", "DEADLINE_EXCEEDED"},
                                                                       {"internal", "INTERNAL"},
                                                                       {"resource-exhausted", "RESOURCE_EXHAUSTED"},
                                                                       {"unavailable", "UNAVAILABLE"}};
    for (const auto& [name, state] : kGrpc)
      if (word == name && *o.grpc_status == state) return true;
  }
  return false;
}

}  // namespace

void Walker::retry(std::size_t first, const RetryPolicy& policy, ProxyKind by, bool stated) {
  if (policy.attempts <= 0) return;
  // Only what chance decides behind this proxy (a fault injected there) differs from try to try; an endpoint that
  // refuses does so again, and which other one a retry finds depends on the load.
  const auto again = [&](const Outcome& o) {
    return o.answered_by && *o.answered_by != by && o.response_flags.find("FI") != std::string::npos &&
           retried(o, policy.on);
  };
  double total = 0, failing = 0;
  for (std::size_t i = first; i < results_.size(); ++i) {
    total += results_[i].probability;
    if (again(results_[i])) failing += results_[i].probability;
  }
  if (failing <= 0) return;
  const double share = failing / total;
  double last = 1, tries = 0;  // share^attempts; 1 + share + ... + share^attempts
  for (int i = 0; i < policy.attempts; ++i) {
    tries += last;
    last *= share;
  }
  tries += last;
  for (std::size_t i = first; i < results_.size(); ++i) {
    Outcome& o = results_[i];
    const bool failed = again(o);
    o.probability *= failed ? last : tries;
    if (failed && stated) o.response_flags += ",URX";
    o.reasons.push_back({"DP-246",
                         "up to " + std::to_string(policy.attempts) + " retries on " + policy.on +
                             (failed ? ": none helped" : ": an earlier try may have failed"),
                         {}});
  }
}

}  // namespace meshsim::models::dataplane
