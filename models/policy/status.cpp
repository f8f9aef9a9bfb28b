// Engine: the conditions that istiod writes into the status of an AuthorizationPolicy (PO-069a..h).
#include <algorithm>

#include "models/policy/engine.h"

namespace meshsim::models::policy {

namespace {

std::string list(const std::vector<std::string>& values) {
  std::string out;
  for (const auto& value : values) out += (out.empty() ? "" : ", ") + value;
  return out;
}

StatusCondition ztunnel_condition(const CompiledPolicy& policy, const Profile& profile) {
  const AuthorizationPolicy& spec = policy.spec;
  const ZtunnelConversion& converted = policy.ztunnel;
  StatusCondition out{"ZtunnelAccepted", "True", "Accepted", "attached to ztunnel", "PO-069a"};
  if (spec.action == Action::Custom || spec.action == Action::Audit)
    return {"ZtunnelAccepted", "False", "UnsupportedValue",
            "ztunnel does not support the " + std::string(to_string(spec.action)) + " action", "PO-069e"};
  if (spec.dry_run && !converted.policy)
    return {"ZtunnelAccepted", "False", "UnsupportedValue", "ztunnel does not support dry-run", "PO-069e"};
  if (converted.unsupported.empty()) return out;
  out.reason = "UnsupportedValue";
  const std::string head = "ztunnel does not support HTTP attributes (found: " + list(converted.unsupported) + "). ";
  if (spec.action == Action::Allow) {
    out.rule = "PO-069b";
    out.message = head +
                  "In ambient mode you must use a waypoint proxy to enforce HTTP rules. Within an ALLOW policy, " +
                  "rules matching HTTP attributes are omitted. This will be more restrictive than requested.";
  } else if (converted.dead && profile.dead_deny_status_text) {
    out.rule = "PO-069d";
    out.message = head + "In ambient mode you must use a waypoint proxy to enforce HTTP rules. " +
                  "This DENY policy has no enforceable rules and will have no effect.";
  } else {
    out.rule = converted.dead ? "PO-069d" : "PO-069c";
    out.message = head + "In ambient mode you must use a waypoint proxy to enforce HTTP rules. Within a DENY policy, " +
                  "rules are enforced without the HTTP attributes. This will be more restrictive than requested.";
  }
  return out;
}

}  // namespace

std::vector<StatusCondition> Engine::istiod_status(const ObjectRef& policy) const {
  if (policy.kind != "AuthorizationPolicy" || !flag(mesh_.settings, "PILOT_ENABLE_AMBIENT", true)) return {};
  const auto found = by_id_.find(policy.ns + '/' + policy.name);
  if (found == by_id_.end()) return {};
  const CompiledPolicy& compiled = policies_[found->second];
  const AuthorizationPolicy& spec = compiled.spec;
  const Profile& profile = mesh_.settings.profile;
  if (spec.attachment.refs.empty()) {
    // PO-027: before 1.29 a dry-run policy gets no condition at all.
    if (spec.dry_run && !profile.dry_run_at_ztunnel_known) return {};
    return {ztunnel_condition(compiled, profile)};
  }
  // PO-069f: one condition for all references.
  std::size_t accepted = 0;
  std::string reason, message, rule = "PO-069f";
  const auto fail = [&](const char* why, std::string text, const char* id = "PO-069f") {
    if (reason.empty()) {
      reason = why;
      message = std::move(text);
      rule = id;
    }
  };
  for (const TargetRef& ref : spec.attachment.refs) {
    if (!ref.ns.empty() && ref.ns != spec.ns) {
      fail("Invalid", ref.text() + ": cross-namespace references are not supported");
      continue;
    }
    switch (ref.kind) {
      case TargetRef::Kind::Service:
      case TargetRef::Kind::ServiceEntry: {
        const auto service = std::find_if(mesh_.services.begin(), mesh_.services.end(), [&](const Service& one) {
          return one.ns == spec.ns && one.kubernetes == (ref.kind == TargetRef::Kind::Service) &&
                 (one.ref.name.empty() ? one.name : one.ref.name) == ref.name;
        });
        if (service == mesh_.services.end()) {
          fail("TargetNotFound", ref.text() + " not found");
        } else if (!service->waypoint.bound()) {
          fail("AncestorNotBound", ref.text() + " is not bound to a waypoint");
        } else {
          ++accepted;
        }
        break;
      }
      case TargetRef::Kind::Gateway: {
        const bool waypoint = std::any_of(mesh_.gateways.begin(), mesh_.gateways.end(), [&](const Gateway& one) {
          return one.kind == Gateway::Kind::Waypoint && one.ns == spec.ns && one.name == ref.name;
        });
        const bool other = std::any_of(mesh_.gateways.begin(), mesh_.gateways.end(), [&](const Gateway& one) {
          return one.kind == Gateway::Kind::Ingress && one.ns == spec.ns && one.name == ref.name;
        });
        if (waypoint) {
          ++accepted;
        } else {  // PO-069g: ordinary gateways are not looked at, though they enforce it
          fail("TargetNotFound", ref.text() + " not found", other ? "PO-069g" : "PO-069f");
        }
        break;
      }
      case TargetRef::Kind::GatewayClass: {
        if (spec.ns != flags_.root) {
          fail("Invalid", ref.text() + ": GatewayClass references are for the root namespace");
          break;
        }
        const bool known = ref.name == "istio-waypoint" ||
                           std::any_of(mesh_.objects.begin(), mesh_.objects.end(), [&](const Object& object) {
                             return object.kind == "GatewayClass" && object.name == ref.name &&
                                    object.spec()["controllerName"].text() == "istio.io/mesh-controller";
                           });
        if (known) {  // PO-069h: any class of the mesh controller looks fine, only istio-waypoint is enforced
          ++accepted;
          if (ref.name != "istio-waypoint") rule = "PO-069h";
        } else {
          fail("TargetNotFound", ref.text() + " not found");
        }
        break;
      }
      case TargetRef::Kind::Other:
        fail("Invalid", ref.text() + ": not a kind that policies can target");
        break;
    }
  }
  if (reason.empty()) return {{"WaypointAccepted", "True", "Accepted", "bound to its targets", rule}};
  if (accepted > 0) return {{"WaypointAccepted", "True", "PartiallyInvalid", message, rule}};
  return {{"WaypointAccepted", "False", reason, message, rule}};
}

}  // namespace meshsim::models::policy
