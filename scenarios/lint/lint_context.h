#pragma once
// LintContext: what the rules of the linter look at: the resolved mesh with its compiled policies, decoded policies
// with the workloads they are for, who could be a client, and the means to put a flow to the mesh. It decides nothing
// about traffic itself: a rule that claims an effect asks models::judge for a flow that shows it.
#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/dataplane/world.h"
#include "models/policy/authorization/authorization_policy.h"
#include "models/policy/authorization/ztunnel_policy.h"

namespace meshsim::scenarios {

enum class Population : std::uint8_t { Sidecar, LegacySidecar, Ambient, Uncaptured };
std::string_view to_string(Population population);

// A workload that could be a client.
struct Asker {
  models::Client client;
  Population population = Population::Uncaptured;
  std::size_t workload = models::kNone;
  std::string text;  // "client/curl (sidecar)"
};

// Where a client could send to.
struct Target {
  models::Destination to;
  models::FlowProtocol protocol = models::FlowProtocol::Http;
  std::size_t service = models::kNone;  // kNone: addressed by pod
  std::string text;                     // "reviews.bookinfo.svc.cluster.local:9080"
};

// A way in: from outside, through a gateway with a route, to a Service.
struct Entrance {
  std::size_t gateway = models::kNone;
  std::size_t service = models::kNone;
  models::Flow flow;  // from outside, to the gateway's address
  models::ObjectRef route;
};

// A flow that was put to the mesh, and the way it went that a rule was looking for.
struct Shown {
  models::Flow flow;
  std::string text;
  models::Outcome outcome;
};
using Predicate = std::function<bool(const models::Outcome&)>;

// An AuthorizationPolicy with what istiod makes of it.
struct PolicyView {
  const models::Object* object = nullptr;
  models::policy::AuthorizationPolicy spec;
  models::policy::ZtunnelConversion ztunnel;
  std::vector<std::size_t> selected;  // workloads it is for by selector or namespace (none with targetRefs)
  std::string text;                   // "AuthorizationPolicy ns/name"
};

// What one targetRef of a policy leads to.
struct Reach {
  enum class State : std::uint8_t { NotFound, NotBound, Bound, OrdinaryGateway, Invalid };
  State state = State::NotFound;
  std::string ref;                     // "Service reviews"
  std::vector<std::size_t> services;   // whose traffic is evaluated (Bound), or that are named (NotBound)
  std::vector<std::size_t> waypoints;  // into Mesh::gateways
  std::string why;
};

class LintContext {
 public:
  explicit LintContext(const models::World& world);

  const models::World& world;
  const models::Mesh& mesh;

  const std::vector<PolicyView>& policies() const { return policies_; }
  // Workloads that an object is for by its selector or namespace, as PO-003 and PO-016 say; empty with targetRefs.
  std::vector<std::size_t> selected(const models::Object& object, std::string_view selector_field = "selector") const;
  std::vector<Reach> reach(std::string_view ns, const models::policy::Attachment& attachment) const;
  // Services whose endpoints this workload is among.
  const std::vector<std::size_t>& services_of(std::size_t workload) const { return services_of_[workload]; }
  const std::vector<std::size_t>& workloads_in(std::string_view ns) const;
  const std::vector<Entrance>& entrances() const { return entrances_; }
  bool any_ambient() const { return any_ambient_; }
  // The files hold Services with pods of this namespace: only then is a missing Service one.
  bool has_applications(std::string_view ns) const { return application_namespaces_.count(ns) > 0; }
  bool is_ambient(std::size_t workload) const;  // a workload behind a ztunnel
  bool is_sidecar(std::size_t workload) const;

  // Clients of a kind, at most `most`, those of `near` (a namespace) first.
  std::vector<const Asker*> askers(Population population, std::string_view near = {}, std::size_t most = 20) const;
  // A few of each kind.
  std::vector<const Asker*> some_askers(std::string_view near = {}, std::size_t each = 6) const;
  std::vector<Target> service_targets(std::size_t service) const;
  // Services first; the pod itself where no Service selects it.
  std::vector<Target> targets_of(std::size_t workload) const;
  Target pod_target(std::size_t workload, std::uint16_t port, models::FlowProtocol protocol) const;

  models::FlowResult ask(const models::Flow& flow) const;
  models::Flow flow(const Asker& asker, const Target& target, const models::Request& request = {}) const;
  std::optional<Shown> show(const models::Flow& flow, const Predicate& predicate) const;
  // The first flow of these clients to these targets with one of these requests (none: a plain GET /) that shows it. A
  // visitor from outside asks last, so that there is always somebody to ask.
  std::optional<Shown> show(const std::vector<const Asker*>& askers, const std::vector<Target>& targets,
                            const std::vector<models::Request>& requests, const Predicate& predicate) const;

  std::string workload_text(std::size_t workload) const;  // "bookinfo/reviews-v1 (ambient)"
  std::string service_text(std::size_t service) const;    // "Service bookinfo/reviews"
  const std::string& root() const { return mesh.settings.root_namespace; }

 private:
  std::vector<std::size_t> matching(std::string_view ns, const models::Labels* selector) const;

  std::vector<PolicyView> policies_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> by_namespace_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_label_;  // "ns\0key=value"
  std::vector<std::vector<std::size_t>> services_of_;
  std::vector<Asker> askers_;
  std::map<std::pair<Population, std::string>, std::vector<std::size_t>, std::less<>> askers_in_;  // by namespace
  std::array<std::vector<std::size_t>, 4> askers_of_;                                              // by population
  std::map<std::string, std::vector<std::size_t>, std::less<>> entries_;  // ns/name of a ServiceEntry -> Services
  std::vector<std::vector<std::size_t>> bound_;                           // Services by waypoint
  std::set<std::string, std::less<>> application_namespaces_;
  std::vector<Entrance> entrances_;
  bool any_ambient_ = false;
};

// entrances.cpp
std::vector<Entrance> find_entrances(const models::World& world);

// Predicates for show().
Predicate has_status(const std::string& policy, models::PolicyStatus status);
bool has_status(const models::Outcome& outcome, const std::string& policy, models::PolicyStatus status);
bool denied_at_destination(const models::Outcome& outcome);  // by the destination's sidecar or ztunnel
// "curl/client (sidecar) -> host:80 GET /x: denied, HTTP 503, through sidecar > ztunnel"
std::string flow_line(const models::Flow& flow, const models::Outcome& outcome, std::string_view client);

inline bool is_root(const LintContext& c, std::string_view ns) { return ns == c.root(); }

}  // namespace meshsim::scenarios
