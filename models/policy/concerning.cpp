// Engine: every policy that concerns a destination on any path, and what it comes to at its enforcement point: the
// columns of the coexistence matrix (policies.md 5.3).
#include <algorithm>

#include "models/policy/engine.h"

namespace meshsim::models::policy {

namespace {

using Concern = PolicyEngine::Concern;

Concern concern(ObjectRef policy, std::optional<ProxyKind> at, std::string name, PolicyStatus status, const char* rule,
                std::string why) {
  return {std::move(policy), at, std::move(name), status, {rule}, std::move(why)};
}

// A1, A2, A3, A6 at ztunnel.
Concern ztunnel_concern(const CompiledPolicy& policy, const std::string& name) {
  const AuthorizationPolicy& spec = policy.spec;
  const auto make = [&](PolicyStatus status, const char* rule, std::string why) {
    return concern(spec.object->ref(), ProxyKind::Ztunnel, name, status, rule, std::move(why));
  };
  if (spec.action == Action::Custom) return make(PolicyStatus::Open, "PO-018", "CUSTOM is not sent to ztunnel");
  if (spec.action == Action::Audit) return make(PolicyStatus::Inert, "PO-018", "AUDIT is not sent to ztunnel");
  if (spec.dry_run) return make(PolicyStatus::DryRun, "PO-027", "dry-run is never enforced at ztunnel");
  if (spec.attachment.empty_selector())
    return make(PolicyStatus::Open, "PO-019", "selector {} attaches to no workload at ztunnel");
  if (policy.ztunnel.all_denied)
    return make(PolicyStatus::DeniesAll, "PO-057", "all rules need HTTP and are omitted at ztunnel: it allows nothing");
  if (policy.ztunnel.dead)
    return make(PolicyStatus::Open, "PO-058", "without its HTTP fields it can never match at ztunnel");
  return make(PolicyStatus::Enforced, "PO-017", "enforced by the destination's ztunnel");
}

Concern envoy_concern(const CompiledPolicy& policy, ProxyKind kind, const std::string& name, const char* rule) {
  const bool inert = policy.spec.action == Action::Custom && policy.spec.dry_run;
  return concern(policy.spec.object->ref(), kind, name,
                 policy.spec.dry_run ? PolicyStatus::DryRun : PolicyStatus::Enforced, inert ? "PO-026" : rule,
                 "attached to the " + std::string(to_string(kind)) + ' ' + name);
}

}  // namespace

void Engine::concern_selected(const Workload& workload, std::vector<Concern>& out) const {
  const ZtunnelChain& selected = ztunnel_chains_[mesh_.workloads.index_of(workload)];
  const std::string name = workload.ns + '/' + workload.name;
  const bool gateway_api = find(workload.labels, "gateway.networking.k8s.io/gateway-name").has_value();
  const bool ztunnel = workload.mode == DataplaneMode::Ambient && workload.role == ProxyRole::None;
  const bool gateway = workload.role == ProxyRole::Gateway || workload.role == ProxyRole::EastWest;
  const bool sidecar = workload.mode == DataplaneMode::Sidecar && !gateway && workload.role != ProxyRole::Waypoint;
  const bool envoy = sidecar || (gateway && (!gateway_api || flags_.selector_for_gateways));
  const ProxyKind kind = sidecar ? ProxyKind::Sidecar : ProxyKind::Gateway;
  const char* none = workload.role == ProxyRole::Waypoint ? "PO-004" : "PO-019b";
  const std::string nowhere = "no proxy enforces selector policies for " + name;
  for (const auto* policy : selected.selected) {
    if (ztunnel) {
      out.push_back(ztunnel_concern(*policy, name));
    } else if (envoy) {
      out.push_back(envoy_concern(*policy, kind, name, gateway_api ? "PO-005" : "PO-003"));
    } else {
      out.push_back(concern(policy->spec.object->ref(), std::nullopt, "", PolicyStatus::Inert, none, nowhere));
    }
  }
  for (const auto* policy : selected.request_authentications) {
    const ObjectRef ref = policy->object->ref();
    if (ztunnel) {
      out.push_back(
          concern(ref, ProxyKind::Ztunnel, name, PolicyStatus::Open, "PO-101", "ztunnel never validates tokens"));
    } else if (envoy) {
      out.push_back(concern(ref, kind, name, PolicyStatus::Enforced, "PO-100", "attached to the proxy of " + name));
    } else {
      out.push_back(concern(ref, std::nullopt, "", PolicyStatus::Inert, none, nowhere));
    }
  }
  for (const auto* one : selected.unevaluated) {
    const ObjectRef ref = one->object->ref();
    if (ztunnel) {
      out.push_back(concern(ref, ProxyKind::Ztunnel, name, PolicyStatus::Open, one->rule, "no such thing at ztunnel"));
    } else if (envoy && (sidecar ? one->sidecar : one->gateway)) {
      out.push_back(concern(ref, kind, name, PolicyStatus::NotEvaluated, one->rule,
                            "attached to the proxy of " + name + " and not evaluated"));
    } else if (!envoy) {
      out.push_back(concern(ref, std::nullopt, "", PolicyStatus::Inert, none, nowhere));
    }
  }
  for (const auto* policy : selected.peer.chain) {
    const ObjectRef ref = policy->object->ref();
    if (ztunnel) {
      const bool decides = policy == selected.peer.decided;
      const bool lost = decides && (selected.peer.rule == "PO-094b" || selected.peer.rule == "PO-094c");
      out.push_back(concern(ref, ProxyKind::Ztunnel, name,
                            lost      ? PolicyStatus::Open
                            : decides ? PolicyStatus::Enforced
                                      : PolicyStatus::NotApplicable,
                            decides ? selected.peer.rule.c_str() : "PO-082",
                            decides ? selected.peer.why : "overridden, or sets no mode"));
    } else if (!sidecar) {
      out.push_back(concern(ref, std::nullopt, "", PolicyStatus::Inert, gateway ? "PO-089" : "PO-083",
                            "no sidecar or ztunnel accepts connections for " + name));
    }
  }
  if (sidecar) {
    // PO-082: the sidecar's own merge; every PeerAuthentication that it looks at.
    std::vector<const PeerAuthentication*> chain;
    for (const auto& policy : peers_.all()) {
      const bool selects = policy.selector && !policy.selector->empty();
      if (policy.ns != flags_.root && policy.ns != workload.ns) continue;
      if (selects && (policy.ns == flags_.root || !matches(*policy.selector, workload.labels))) continue;
      chain.push_back(&policy);
    }
    std::vector<ObjectRef> decided;
    if (const auto any = peers_.sidecar(workload.ns, workload.labels, 0).policy) decided.push_back(*any);
    for (const auto* policy : chain)
      for (const auto& port : policy->ports)
        if (const auto one = peers_.sidecar(workload.ns, workload.labels, port.first).policy) decided.push_back(*one);
    for (const auto* policy : chain) {
      const ObjectRef ref = policy->object->ref();
      const bool decides = std::find(decided.begin(), decided.end(), ref) != decided.end();
      out.push_back(concern(ref, ProxyKind::Sidecar, name,
                            decides ? PolicyStatus::Enforced : PolicyStatus::NotApplicable,
                            decides ? "PO-084" : "PO-082",
                            decides ? "decides what the sidecar's port 15006 accepts" : "overridden, or sets no mode"));
    }
  }
}

void Engine::concern_referenced(const Workload& workload, std::size_t index, std::size_t service,
                                std::vector<Concern>& out) const {
  // Everything that could be named: the addressed Service, the other Services of the workload, the waypoints of all of
  // them, and the workload's own Gateway.
  std::vector<std::size_t> services = mesh_.services_of(index);
  if (service < mesh_.services.size() && std::find(services.begin(), services.end(), service) == services.end())
    services.insert(services.begin(), service);
  std::vector<std::pair<std::size_t, std::size_t>> waypoints;  // gateway, service (kNone: direct chains)
  const auto bind = [&](const WaypointBinding& binding, std::size_t of) {
    if (!binding.bound()) return;
    waypoints.emplace_back(binding.gateway, of);
    if (binding.canary_gateway) waypoints.emplace_back(*binding.canary_gateway, of);
  };
  for (const std::size_t s : services) bind(mesh_.services[s].waypoint, s);
  bind(workload.waypoint, kNone);

  const auto visit = [&](const Object& object, const std::string& ns, const Attachment& attachment,
                         PolicyStatus status) {
    if (attachment.refs.empty()) return;
    const ObjectRef ref = object.ref();
    for (const auto& [gateway_index, s] : waypoints) {
      if (gateway_index >= mesh_.gateways.size()) continue;
      const Gateway& gateway = mesh_.gateways[gateway_index];
      ProxyView view;
      view.kind = ProxyKind::Waypoint;
      view.ns = gateway.ns;
      view.labels = &gateway.labels;
      view.gateway_name = gateway.name;
      if (s != kNone) {
        const Service& of = mesh_.services[s];
        view.chain = ChainService{of.kubernetes, of.ns, of.ref.name.empty() ? of.name : of.ref.name};
      }
      const char* rule = nullptr;
      if (!attaches(attachment, ns, view, flags_, &rule)) continue;
      const std::string name = gateway.ns + '/' + gateway.name;
      out.push_back(concern(ref, ProxyKind::Waypoint, name, status, rule, "attached to the waypoint " + name));
      return;
    }
    if (workload.gateway != kNone && workload.gateway < mesh_.gateways.size()) {
      ProxyView view = proxy_of(workload, ProxyKind::Gateway);
      if (workload.role != ProxyRole::Waypoint && view.gateway_name && attaches(attachment, ns, view, flags_)) {
        const std::string name = workload.ns + '/' + std::string(*view.gateway_name);
        out.push_back(concern(ref, ProxyKind::Gateway, name, status, "PO-009", "attached to the gateway " + name));
        return;
      }
    }
    // Names this destination, though nothing evaluates it.
    for (const TargetRef& target : attachment.refs) {
      const auto names_service = [&](std::size_t s) {
        const Service& one = mesh_.services[s];
        const std::string& name = one.ref.name.empty() ? one.name : one.ref.name;
        return target.name == name && one.kubernetes == (target.kind == TargetRef::Kind::Service) &&
               one.ns == (target.ns.empty() ? ns : target.ns);
      };
      const auto names_gateway = [&](const WaypointBinding& binding) {
        return !binding.named.empty() && binding.named == ns + '/' + target.name;
      };
      bool named = false;
      std::string why = "no waypoint evaluates it for " + workload.ns + '/' + workload.name;
      const char* rule = "PO-150";
      if (target.kind == TargetRef::Kind::Service || target.kind == TargetRef::Kind::ServiceEntry) {
        named = std::any_of(services.begin(), services.end(), names_service);
        if (named && !target.ns.empty() && target.ns != ns) {
          rule = "PO-010";
          why = "a reference into another namespace never attaches";
        } else {
          why += ": " + target.text() + " has no usable waypoint";
        }
      } else if (target.kind == TargetRef::Kind::Gateway) {
        named = names_gateway(workload.waypoint) || std::any_of(services.begin(), services.end(), [&](std::size_t s) {
                  return names_gateway(mesh_.services[s].waypoint);
                });
        why += ": " + target.text() + " is not a usable waypoint for it";
      } else if (target.kind == TargetRef::Kind::GatewayClass) {
        named = ns == flags_.root;
        rule = "PO-008";
        why += target.name == "istio-waypoint" ? ": it has no waypoint" : ": only the class istio-waypoint is matched";
      }
      if (!named) continue;
      out.push_back(concern(ref, std::nullopt, "", PolicyStatus::Inert, rule, std::move(why)));
      return;
    }
  };
  std::vector<std::string_view> namespaces = {flags_.root, workload.ns};
  for (const std::size_t s : services) namespaces.push_back(mesh_.services[s].ns);
  for (const auto& waypoint : waypoints)
    if (waypoint.first < mesh_.gateways.size()) namespaces.push_back(mesh_.gateways[waypoint.first].ns);
  std::sort(namespaces.begin(), namespaces.end());
  namespaces.erase(std::unique(namespaces.begin(), namespaces.end()), namespaces.end());
  std::vector<std::size_t> ids;
  for (const auto ns : namespaces) policy_index_.candidates(ns, nullptr, true, ids);
  std::sort(ids.begin(), ids.end());
  for (const std::size_t id : ids) {
    const AuthorizationPolicy& spec = policies_[id].spec;
    visit(*spec.object, spec.ns, spec.attachment, spec.dry_run ? PolicyStatus::DryRun : PolicyStatus::Enforced);
  }
  ids.clear();
  for (const auto ns : namespaces) authentication_index_.candidates(ns, nullptr, true, ids);
  std::sort(ids.begin(), ids.end());
  for (const std::size_t id : ids) {
    const auto& policy = request_authentications_[id];
    visit(*policy.object, policy.ns, policy.attachment, PolicyStatus::Enforced);
  }
  ids.clear();
  for (const auto ns : namespaces) unevaluated_index_.candidates(ns, nullptr, true, ids);
  std::sort(ids.begin(), ids.end());
  for (const std::size_t id : ids)
    visit(*unevaluated_[id].object, unevaluated_[id].ns, unevaluated_[id].attachment, PolicyStatus::NotEvaluated);
}

std::vector<PolicyEngine::Concern> Engine::concerning(std::size_t workload, std::size_t service) const {
  std::vector<Concern> out;
  static const Workload kNobody;
  const Workload& destination = workload < mesh_.workloads.size() ? mesh_.workloads[workload] : kNobody;
  if (workload < mesh_.workloads.size()) concern_selected(destination, out);
  concern_referenced(destination, workload, service, out);
  return out;
}

}  // namespace meshsim::models::policy
