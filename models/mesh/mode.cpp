// DP-020: the mode of a pod, and what follows from it: capture, certificates, what it sends and accepts.
#include <algorithm>
#include <array>
#include <charconv>

#include "models/mesh/enrolment.h"
#include "models/mesh/injection.h"
#include "models/mesh/pods.h"
#include "models/mesh/selector.h"

namespace meshsim::models {
namespace {

constexpr std::string_view kStatus = "sidecar.istio.io/status";
constexpr std::string_view kTlsMode = "security.istio.io/tlsMode";
constexpr std::string_view kTunnel = "networking.istio.io/tunnel";
constexpr std::string_view kEnableHbone = "ISTIO_META_ENABLE_HBONE";
constexpr std::string_view kDisableSend = "ISTIO_META_DISABLE_HBONE_SEND";

bool is_true(const Labels& map, std::string_view key) {
  const auto value = find(map, key);
  return value == "true" || value == "1" || value == "True" || value == "TRUE" || value == "t";
}

// Calls `item` for every trimmed part of a comma-separated list.
template <typename F>
void for_each_item(std::string_view list, F item) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view part = list.substr(0, comma);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    if (!part.empty()) item(part);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
}

bool lists(const Labels& map, std::string_view key, std::string_view wanted) {
  bool found = false;
  if (const auto value = find(map, key))
    for_each_item(*value, [&](std::string_view v) { found = found || v == wanted; });
  return found;
}

Node proxy_container(Node spec) {
  for (const std::string_view list : {"containers", "initContainers"})
    for (const Node container : spec[list])
      if (container["name"].text() == "istio-proxy") return container;
  return {};
}

bool has_args(Node spec, std::string_view first, std::string_view second) {
  for (const Node container : spec["containers"])
    if (container["args"].at(0).text() == first && container["args"].at(1).text() == second) return true;
  return false;
}

Labels environment_of(Node container) {
  Labels out;
  for (const Node env : container["env"])
    if (env["value"].is_scalar()) out.insert_or_assign(env["name"].string(), std::string(env["value"].text()));
  return out;
}

// The proxy role that the pod's own labels and containers show, before admission.
ProxyRole shown_role(const Draft& draft, const PodDraft& pod) {
  if (find(pod.labels, "app") == "ztunnel" || has_args(pod.spec, "proxy", "ztunnel")) return ProxyRole::Ztunnel;
  if (const auto gateway = find(pod.labels, "gateway.networking.k8s.io/gateway-name")) {
    std::optional<Gateway::Kind> kind;
    bool found = false;
    for (const Object* object : draft.of("gateway.networking.k8s.io/Gateway"))
      if (object->ns == pod.owner.ns && object->name == *gateway) {
        found = true;
        kind = kind_of_class(draft, object->spec()["gatewayClassName"].text());
      }
    const auto managed = find(pod.labels, "gateway.istio.io/managed");
    if (!found && managed) {
      kind = managed == "istio.io-mesh-controller"       ? Gateway::Kind::Waypoint
             : managed == "istio.io-eastwest-controller" ? Gateway::Kind::EastWest
                                                         : Gateway::Kind::Ingress;
    }
    if (kind == Gateway::Kind::Waypoint) return ProxyRole::Waypoint;
    if (kind == Gateway::Kind::EastWest) return ProxyRole::EastWest;
    if (kind) return ProxyRole::Gateway;
  }
  if (has_args(pod.spec, "proxy", "router")) return ProxyRole::Gateway;
  // What the gateway template makes a gateway is one only when it was injected.
  if (lists(pod.annotations, "inject.istio.io/templates", "gateway")) return ProxyRole::None;
  const auto istio = find(pod.labels, "istio");
  if ((istio == "ingressgateway" || istio == "egressgateway") &&
      pod.spec["containers"].at(0)["name"].text() == "istio-proxy")
    return ProxyRole::Gateway;
  return ProxyRole::None;
}

std::vector<ContainerPort> ports_of(Node spec) {
  std::vector<ContainerPort> out;
  for (const std::string_view list : {"containers", "initContainers"})
    for (const Node container : spec[list]) {
      // An init container serves ports only as a native sidecar.
      if (list == "initContainers" && container["restartPolicy"].text() != "Always") continue;
      for (const Node port : container["ports"])
        if (const auto number = port["containerPort"].integer(); number && *number > 0 && *number < 65536)
          out.push_back({port["name"].string(), static_cast<std::uint16_t>(*number)});
    }
  return out;
}

std::vector<std::uint16_t> port_list(const Labels& annotations, std::string_view key, bool* all = nullptr) {
  std::vector<std::uint16_t> out;
  const auto value = find(annotations, key);
  if (!value) return out;
  if (all != nullptr) *all = false;
  for_each_item(*value, [&](std::string_view item) {
    if (item == "*" && all != nullptr) *all = true;
    std::uint16_t port = 0;
    if (std::from_chars(item.data(), item.data() + item.size(), port).ec == std::errc()) out.push_back(port);
  });
  return out;
}

std::vector<Cidr> range_list(const Labels& annotations, std::string_view key) {
  std::vector<Cidr> out;
  if (const auto value = find(annotations, key))
    for_each_item(*value, [&](std::string_view item) {
      if (item == "*") item = "0.0.0.0/0";
      if (const auto range = Cidr::parse(item)) out.push_back(*range);
    });
  return out;
}

// DP-025 and DP-017.
CaptureRules capture_of(const Labels& a, const Profile& profile) {
  CaptureRules out;
  out.exclude_inbound_ports = port_list(a, "traffic.sidecar.istio.io/excludeInboundPorts");
  out.exclude_outbound_ports = port_list(a, "traffic.sidecar.istio.io/excludeOutboundPorts");
  out.include_inbound_ports = port_list(a, "traffic.sidecar.istio.io/includeInboundPorts", &out.include_inbound_all);
  out.include_outbound_ports = port_list(a, "traffic.sidecar.istio.io/includeOutboundPorts");
  out.exclude_outbound_ranges = range_list(a, "traffic.sidecar.istio.io/excludeOutboundIPRanges");
  out.include_outbound_ranges = range_list(a, "traffic.sidecar.istio.io/includeOutboundIPRanges");
  out.include_outbound_all = !find(a, "traffic.sidecar.istio.io/includeOutboundIPRanges") ||
                             find(a, "traffic.sidecar.istio.io/includeOutboundIPRanges") == "*";
  out.bypass_inbound_capture =
      profile.bypass_inbound_capture_works && is_true(a, "ambient.istio.io/bypass-inbound-capture");
  return out;
}

// Whether istio-cni and ztunnel run where these pods are.
NodeFacts agents_of(const Draft& draft, const PodDraft& pod) {
  NodeFacts out;
  if (draft.nodes.empty()) return out;
  const std::string_view name = pod.instances.empty() ? std::string_view() : pod.instances.front().locality.node;
  if (const auto it = draft.nodes.find(name); it != draft.nodes.end()) {
    out.cni = it->second.cni;
    out.ztunnel = it->second.ztunnel;
  } else if (name.empty()) {
    // Somewhere: only if no node at all has the agent is the answer known.
    out.cni = std::any_of(draft.nodes.begin(), draft.nodes.end(), [](const auto& n) { return n.second.cni; });
    out.ztunnel = std::any_of(draft.nodes.begin(), draft.nodes.end(), [](const auto& n) { return n.second.ztunnel; });
  }
  return out;
}

void make_sidecar(const Draft& draft, const PodDraft& pod, bool injected_now, Workload& w) {
  const MeshSettings& s = draft.mesh.settings;
  w.mode = DataplaneMode::Sidecar;
  const Node container = proxy_container(pod.spec);
  if (injected_now) {
    // DP-007, DP-008: what the template writes.
    w.proxy_metadata = proxy_metadata_for(draft, w.ns, w.labels, w.annotations);
    w.labels.emplace(std::string(kTlsMode), "istio");
    if (is_true(w.proxy_metadata, kEnableHbone)) w.labels.emplace(std::string(kTunnel), "http");
  } else {
    w.proxy_metadata = environment_of(container);
    // The template sets this label; only a pod from a live cluster shows that it is missing.
    if (!pod.live) w.labels.emplace(std::string(kTlsMode), "istio");
    if (!find(w.proxy_metadata, kEnableHbone) && lists(w.labels, kTunnel, "http"))
      w.proxy_metadata.emplace(std::string(kEnableHbone), "true");
  }
  const bool aware = is_true(w.proxy_metadata, kEnableHbone) && lists(w.labels, kTunnel, "http");
  w.sidecar_hbone = aware && s.feature("PILOT_ENABLE_SIDECAR_LISTENING_HBONE");
  w.mode_reasons.push_back(
      {"DP-008",
       w.sidecar_hbone ? "its proxy has ISTIO_META_ENABLE_HBONE: it listens on 15008"
       : aware         ? "its proxy has ISTIO_META_ENABLE_HBONE, but the control plane gives it no HBONE listener"
                       : "its proxy has no ISTIO_META_ENABLE_HBONE: a legacy sidecar, closed on 15008",
       {}});
  // DP-037: sending is another matter than listening.
  const bool may = s.feature("PILOT_ENABLE_SENDING_HBONE") && !is_true(w.proxy_metadata, kDisableSend);
  w.sends_hbone = may && (aware || s.profile.legacy_sidecar_sends_hbone);
  if (!w.sends_hbone)
    w.mode_reasons.push_back({"DP-037",
                              !s.feature("PILOT_ENABLE_SENDING_HBONE") ? "its control plane lets no Envoy send HBONE"
                              : !may ? "ISTIO_META_DISABLE_HBONE_SEND keeps it from sending HBONE"
                                     : "under profile " + s.profile.name + " a legacy sidecar does not send HBONE",
                              {}});
}

}  // namespace

std::string spiffe(const MeshSettings& settings, std::string_view ns, std::string_view service_account) {
  return "spiffe://" + settings.trust_domain + "/ns/" + std::string(ns) + "/sa/" + std::string(service_account);
}

void name_canonical(Workload& w) {
  const auto pick = [&](std::initializer_list<std::string_view> keys, std::string fallback) {
    for (const std::string_view key : keys)
      if (const auto v = find(w.labels, key); v && !v->empty()) return std::string(*v);
    return fallback;
  };
  w.canonical_service = pick({"service.istio.io/canonical-name", "app.kubernetes.io/name", "app"}, w.name);
  w.canonical_revision =
      pick({"service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"}, "latest");
}

void finish_proxy(const Draft& draft, Workload& w) {
  const MeshSettings& s = draft.mesh.settings;
  w.spiffe = spiffe(s, w.ns, w.service_account);
  if (w.mode != DataplaneMode::None || w.role != ProxyRole::None) w.identity = w.spiffe;
  if (w.role == ProxyRole::Gateway || w.role == ProxyRole::Waypoint || w.role == ProxyRole::EastWest) {
    w.sends_hbone = s.feature("PILOT_ENABLE_SENDING_HBONE") && !is_true(w.proxy_metadata, kDisableSend);
  }
  w.tunnel_label = lists(w.labels, kTunnel, "http");
  w.tls_mode_istio = find(w.labels, kTlsMode) == "istio";
  name_canonical(w);
}

Workload decide_mode(Draft& draft, PodDraft pod) {
  const MeshSettings& s = draft.mesh.settings;
  Workload w;
  w.owner = pod.owner;
  w.ns = pod.owner.ns;
  w.name = pod.owner.name;
  w.labels = pod.labels;
  w.annotations = pod.annotations;
  for (const std::string_view key : {"serviceAccountName", "serviceAccount"})
    if (const Node sa = pod.spec[key]; sa.is_string() && !sa.text().empty()) {
      w.service_account = sa.string();
      break;
    }
  w.host_network = pod.spec["hostNetwork"].boolean().value_or(false);
  w.ports = ports_of(pod.spec);
  w.capture = capture_of(w.annotations, s.profile);
  w.discovered = draft.discovered(w.ns);
  w.role = shown_role(draft, pod);

  bool injected = find(w.annotations, kStatus).has_value();
  bool injected_now = false;
  if (injected) {
    w.mode_reasons.push_back({"DP-007", "annotation sidecar.istio.io/status: it was injected when it was created", {}});
  } else if (!pod.live && w.role == ProxyRole::None) {
    Admission admission = admit({w.ns, &draft.namespace_labels(w.ns), &w.labels, &w.annotations, w.host_network}, s);
    injected = injected_now = admission.injected;
    w.mode_reasons = std::move(admission.reasons);
    if (admission.webhook_missing)
      draft.report(
          Severity::Warning, "MSH0214", w.owner,
          w.mode_reasons.front().text + "; the control plane here is revision " + s.revision + " (mesh.revision)");
  }
  if (injected && w.role == ProxyRole::None && lists(w.annotations, "inject.istio.io/templates", "gateway")) {
    w.role = ProxyRole::Gateway;
    w.mode_reasons.push_back({"DP-020", "template gateway: the injected proxy is a gateway, not a sidecar", {}});
  }

  if (injected && !pod.live) {
    // DP-007: both templates write these labels; selectors may name them. A live pod shows its own.
    name_canonical(w);
    w.labels.emplace("service.istio.io/canonical-name", w.canonical_service);
    w.labels.emplace("service.istio.io/canonical-revision", w.canonical_revision);
  }

  const NodeFacts agents = agents_of(draft, pod);
  w.has_ztunnel = agents.ztunnel;
  if (w.role != ProxyRole::None) {
    if (w.role != ProxyRole::Ztunnel)
      w.proxy_metadata = injected_now ? proxy_metadata_for(draft, w.ns, w.labels, w.annotations)
                                      : environment_of(proxy_container(pod.spec));
  } else if (w.host_network && !injected) {
    w.mode_reasons.push_back({"DP-016", "hostNetwork: captured by neither data plane", {}});
  } else if (injected) {
    w.mode_reasons.push_back({"DP-020", "a sidecar wins over ambient", {}});
    make_sidecar(draft, pod, injected_now, w);
  } else {
    Enrolment enrolment = enrol({w.ns, &draft.namespace_labels(w.ns), &w.labels, w.host_network, false, pod.live}, s);
    w.mode_reasons.push_back(std::move(enrolment.reason));
    if (enrolment.enrolled && !agents.cni) {
      w.mode_reasons.push_back({"DP-010", "its node runs no istio-cni: nothing redirects it", {}});
    } else if (enrolment.enrolled) {
      w.mode = DataplaneMode::Ambient;
      // DP-013, DP-014: the annotation is status, not intent; only `pending` says something.
      w.redirection_pending = find(w.annotations, "ambient.istio.io/redirection") == "pending" || !agents.ztunnel;
      if (w.redirection_pending)
        w.mode_reasons.push_back({"DP-014",
                                  agents.ztunnel
                                      ? "annotation ambient.istio.io/redirection=pending: peers send plaintext"
                                      : "its node runs no ztunnel: redirection stays pending",
                                  {}});
    } else {
      w.mode_reasons.push_back({"DP-022", "no proxy on its side: no certificate, no policy, no telemetry", {}});
    }
  }
  for (PodInstance& instance : pod.instances)
    instance.locality = locality_of(draft, instance.locality.node, w.labels, pod.spec);
  w.locality = pod.instances.empty() ? locality_of(draft, "", w.labels, pod.spec) : pod.instances.front().locality;
  w.pods = std::move(pod.instances);
  finish_proxy(draft, w);
  return w;
}

}  // namespace meshsim::models
