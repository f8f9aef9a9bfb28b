// Binding of addresses to waypoints (DP-100..DP-118). Imitates istio/istio pilot/pkg/serviceregistry/ambient
// waypoints.go (1.27 to master 2026-08).
#include <algorithm>
#include <charconv>

#include "models/mesh/draft.h"
#include "models/mesh/selector.h"

namespace meshsim::models {
namespace {

constexpr std::string_view kUse = "istio.io/use-waypoint";
constexpr std::string_view kUseNamespace = "istio.io/use-waypoint-namespace";
constexpr std::string_view kCanary = "istio.io/use-waypoint-canary";
constexpr std::string_view kCanaryNamespace = "istio.io/use-waypoint-canary-namespace";
constexpr std::string_view kCanaryWeight = "istio.io/use-waypoint-canary-weight";

using State = WaypointBinding::State;

// The object that asks: a Service, ServiceEntry, Pod or WorkloadEntry.
struct Target {
  std::string_view kind, ns;
  const Labels* labels = nullptr;
  const Labels* annotations = nullptr;
  bool service = true;             // service-addressed traffic, else workload-addressed
  bool namespace_private = false;  // DP-110
};

// The level that supplied the label.
struct Level {
  std::string_view name;
  const Labels* labels = nullptr;
  const Labels* annotations = nullptr;
};

// DP-103: allowedRoutes of the listener that serves HBONE (or of the inbound binding).
bool allows(const Draft& draft, const Gateway& gateway, std::string_view ns) {
  Node listener;
  for (const Node candidate : gateway.listeners)
    if (candidate["protocol"].text() == "HBONE" && candidate["port"].integer() == 15008) listener = candidate;
  if (!listener && !gateway.inbound_binding.empty()) listener = gateway.listeners.at(0);
  const Node namespaces = listener["allowedRoutes"]["namespaces"];
  const std::string_view from = namespaces["from"].text();
  if (from == "All") return true;
  if (from == "Selector") return selector_matches(namespaces["selector"], draft.namespace_labels(ns));
  return gateway.ns == ns;
}

bool serves(const Gateway& gateway, bool service) {
  return gateway.traffic_type == "all" || gateway.traffic_type == (service ? "service" : "workload");
}

// One named waypoint against the checks of DP-102.
State check(const Draft& draft, std::size_t index, const Target& target) {
  if (index == kNone || !draft.mesh.gateways[index].has_address) return State::NotReady;
  const Gateway& gateway = draft.mesh.gateways[index];
  if (!allows(draft, gateway, target.ns)) return State::AttachmentDenied;
  if (!serves(gateway, target.service)) return State::UnsupportedTrafficType;
  if (target.namespace_private && gateway.ns != target.ns) return State::CrossNamespaceForbidden;
  return State::Bound;
}

std::string why(State state, const std::string& named, const Draft& draft, std::size_t index, const Target& target) {
  switch (state) {
    case State::Bound:
      return "bound to waypoint " + named;
    case State::NotReady:
      return index == kNone ? "waypoint " + named + " does not exist: traffic goes directly (fails open)"
                            : "waypoint " + named + " has no address yet: traffic goes directly (fails open)";
    case State::AttachmentDenied:
      return "waypoint " + named + " admits no routes from namespace " + std::string(target.ns) +
             ": traffic goes directly (fails open)";
    case State::UnsupportedTrafficType:
      return "waypoint " + named + " is for " + draft.mesh.gateways[index].traffic_type + ", not for " +
             (target.service ? "service" : "workload") + " traffic: traffic goes directly (fails open)";
    case State::CrossNamespaceForbidden:
      return "its visibility is its own namespace: it may not use waypoint " + named + " of another one";
    case State::None:
      break;
  }
  return {};
}

std::string_view rule_of(State state) {
  switch (state) {
    case State::NotReady:
      return "DP-112";
    case State::AttachmentDenied:
      return "DP-103";
    case State::UnsupportedTrafficType:
      return "DP-101";
    case State::CrossNamespaceForbidden:
      return "DP-110";
    default:
      return "DP-102";
  }
}

// DP-109: the canary of a service-addressed binding. Labels and weight are looked for on the object; on the namespace
// only where the object names no primary of its own. Whatever is wrong with it: the primary serves all.
void add_canary(const Draft& draft, const Level& object, const Level* space, const Target& target,
                WaypointBinding& binding) {
  if (!draft.mesh.settings.profile.waypoint_canary) return;
  const Labels* labels = object.labels;
  if (space != nullptr && !find(*labels, kCanary)) labels = space->labels;
  const auto canary = find(*labels, kCanary);
  if (!canary || canary->empty() || canary == "none") return;
  const std::string ns(find(*labels, kCanaryNamespace).value_or(target.ns));
  const std::string named = ns + '/' + std::string(*canary);
  const auto ignored = [&](const std::string& why) {
    binding.reasons.push_back({"DP-109", "canary ignored: " + why, {}});
  };
  if (named == binding.named) return ignored("waypoint " + named + " is the primary one");
  auto text = find(*object.annotations, kCanaryWeight);
  if (!text && space != nullptr) text = find(*space->annotations, kCanaryWeight);
  std::string_view digits = text.value_or("0");
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int weight = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), weight);
  if (error != std::errc() || end != digits.data() + digits.size() || weight < 0 || weight > 100)
    return ignored("its weight must be a number from 0 to 100");
  const std::size_t index = draft.mesh.find_gateway(ns, *canary);
  if (const State state = check(draft, index, target); state != State::Bound)
    return ignored(why(state, named, draft, index, target));
  binding.canary_gateway = index;
  binding.canary_weight = weight;
  binding.reasons.push_back({"DP-109", std::to_string(weight) + "% of connections use canary waypoint " + named, {}});
}

WaypointBinding bind(const Draft& draft, const Target& target) {
  WaypointBinding out;
  Level level{target.kind, target.labels, target.annotations};
  auto value = find(*target.labels, kUse);
  const bool of_namespace = !value;
  if (of_namespace) {
    const auto it = draft.mesh.namespaces.find(target.ns);
    if (it == draft.mesh.namespaces.end()) return out;
    level = {"Namespace", &it->second.labels, &it->second.annotations};
    value = find(it->second.labels, kUse);
    if (!value || value == "none") return out;
  }
  out.label_level = level.name;
  if (value == "none") {
    out.reasons.push_back({"DP-102", "istio.io/use-waypoint=none on the " + out.label_level + ": no waypoint", {}});
    return out;
  }
  const std::string ns(find(*level.labels, kUseNamespace).value_or(target.ns));
  out.named = ns + '/' + std::string(*value);
  out.gateway = value->empty() ? kNone : draft.mesh.find_gateway(ns, *value);
  // Classic gateways share the look-up; only Gateway API objects are waypoints.
  if (out.gateway != kNone && draft.mesh.gateways[out.gateway].kind == Gateway::Kind::Classic) out.gateway = kNone;
  out.state = check(draft, out.gateway, target);
  std::string text = "label istio.io/use-waypoint on the " + out.label_level + ": " +
                     why(out.state, out.named, draft, out.gateway, target);
  out.reasons.push_back({std::string(rule_of(out.state)), std::move(text), {}});
  if (out.bound() && target.service)
    add_canary(draft, {target.kind, target.labels, target.annotations}, of_namespace ? &level : nullptr, target, out);
  return out;
}

// DP-104: Services of waypoints and of ambient east-west gateways are never bound.
bool is_waypoint_service(const Service& s) {
  const auto managed = find(s.labels, "gateway.istio.io/managed");
  return managed == "istio.io-mesh-controller" || managed == "istio.io-eastwest-controller";
}

}  // namespace

void bind_waypoints(Draft& draft) {
  Mesh& mesh = draft.mesh;
  std::unordered_set<std::size_t> of_waypoints;
  for (const Gateway& g : mesh.gateways)
    if ((g.kind == Gateway::Kind::Waypoint || g.kind == Gateway::Kind::EastWest) && g.service != kNone)
      of_waypoints.insert(g.service);
  for (std::size_t i = 0; i < mesh.services.size(); ++i) {
    Service& s = mesh.services[i];
    if (!s.discovered || !s.external_name.empty()) continue;  // ExternalName is not in WDS (DP-033)
    if (is_waypoint_service(s) || of_waypoints.contains(i)) {
      if (find(mesh.namespace_labels(s.ns), kUse))
        s.waypoint.reasons.push_back({"DP-104", "the Service of a waypoint is never bound to one", {}});
      continue;
    }
    s.waypoint = bind(
        draft, {s.ref.kind, s.ns, &s.labels, &s.annotations, true, s.visibility == Service::Visibility::Namespace});
  }
  using Origin = WorkloadDraft::Origin;
  for (std::size_t i = 0; i < mesh.workloads.size(); ++i) {
    Workload& w = mesh.workloads[i];
    if (!w.discovered) continue;
    // Any Gateway with an address counts as a Waypoint here (DP-100).
    if (w.role == ProxyRole::Waypoint || w.role == ProxyRole::EastWest ||
        (w.gateway != kNone && mesh.gateways[w.gateway].kind != Gateway::Kind::Classic)) {
      w.waypoint.reasons.push_back({"DP-104", "an instance of a waypoint is never bound to one", {}});
      continue;
    }
    // DP-105: neither manual slices nor hosts that stand for themselves have a workload waypoint.
    if (draft.origins[i] == Origin::Slice || !draft.origin_hosts[i].empty()) continue;
    const std::string_view kind = draft.origins[i] == Origin::Pods    ? "Pod"
                                  : draft.origins[i] == Origin::Entry ? "WorkloadEntry"
                                                                      : "endpoint";
    w.waypoint = bind(draft, {kind, w.ns, &w.labels, &w.annotations, false, false});
  }
}

}  // namespace meshsim::models
