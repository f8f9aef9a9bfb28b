// Which pods are in which mode, and what is half done about it: the best practices of the OpenShift coexistence
// document and the findings of istioctl and Kiali on the same ground.
#include <algorithm>
#include <array>
#include <set>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

bool injects(const Labels& labels) {
  const auto inject = find(labels, "sidecar.istio.io/inject");
  return inject == "true" || (find(labels, "istio.io/rev").has_value() && inject != "false");
}

void mixed_pod_labels(const LintContext& c, RuleFindings& out) {
  for (std::size_t w = 0; w < c.mesh.workloads.size(); ++w) {
    const Workload& one = c.mesh.workloads[w];
    if (one.role != ProxyRole::None || find(one.labels, "istio.io/dataplane-mode") != "ambient" || !injects(one.labels))
      continue;
    out.add(one.owner, "its pods carry labels for ambient and for a sidecar: the sidecar wins")
        .affects(c.workload_text(w));
  }
}

void mixed_namespace(const LintContext& c, RuleFindings& out) {
  for (const auto& [name, info] : c.mesh.namespaces) {
    std::vector<std::size_t> ambient, sidecar;
    for (const std::size_t w : c.workloads_in(name)) {
      if (c.is_ambient(w)) ambient.push_back(w);
      if (c.is_sidecar(w)) sidecar.push_back(w);
    }
    if (ambient.empty() || sidecar.empty()) continue;
    LintFinding& finding = out.add(
        {"Namespace", "", name, info.source.value_or(Source{})},
        std::to_string(sidecar.size()) + " of its workloads run sidecars and " + std::to_string(ambient.size()) +
            " are ambient: policies for the whole namespace mean something else to each half");
    for (const std::size_t w : sidecar) finding.affects(c.workload_text(w));
    for (const std::size_t w : ambient) finding.affects(c.workload_text(w));
  }
}

void sidecar_in_ambient_namespace(const LintContext& c, RuleFindings& out) {
  for (const auto& [name, info] : c.mesh.namespaces) {
    if (find(info.labels, "istio.io/dataplane-mode") != "ambient") continue;
    for (const std::size_t w : c.workloads_in(name)) {
      const Workload& one = c.mesh.workloads[w];
      // Mixed labels have their own findings; here: pods that were injected and only need a restart, or are told to.
      if (!c.is_sidecar(w) || find(info.labels, "istio-injection") == "enabled" || find(info.labels, "istio.io/rev"))
        continue;
      const bool wants = injects(one.labels);
      out.add(one.owner, wants ? "it asks for a sidecar in a namespace that is ambient"
                               : "its pods still run the sidecar they were created with; a restart makes them ambient")
          .affects(c.workload_text(w));
    }
  }
}

void legacy_sidecars(const LintContext& c, RuleFindings& out) {
  if (!c.any_ambient()) return;
  for (std::size_t w = 0; w < c.mesh.workloads.size(); ++w) {
    const Workload& one = c.mesh.workloads[w];
    if (!c.is_sidecar(w) || one.sidecar_hbone) continue;
    auto shown = c.show(c.askers(Population::Ambient, one.ns), c.targets_of(w), {}, [&](const Outcome& o) {
      return o.destination_workload == w && o.transport == Transport::Plaintext;
    });
    if (!shown) {
      // It sends plaintext to ambient pods where the profile says so (DP-037).
      for (const Asker* asker : c.askers(Population::LegacySidecar, one.ns, 200)) {
        if (asker->workload != w || shown) continue;
        for (std::size_t to = 0; to < c.mesh.workloads.size() && !shown; ++to)
          if (c.is_ambient(to))
            shown = c.show(c.flow(*asker, c.targets_of(to).front()),
                           [](const Outcome& o) { return o.transport == Transport::Plaintext; });
      }
    }
    if (!shown) continue;
    LintFinding& finding =
        out.add(one.owner,
                "its sidecar was injected before ambient was enabled: it takes no HBONE, so ambient clients and "
                "waypoints send it plaintext without identity; restart it");
    finding.affects(c.workload_text(w));
    finding.shown_by(shown->flow, shown->text);
  }
}

void without_ztunnel(const LintContext& c, RuleFindings& out) {
  for (std::size_t w = 0; w < c.mesh.workloads.size(); ++w) {
    const Workload& one = c.mesh.workloads[w];
    const bool asks = find(one.labels, "istio.io/dataplane-mode") == "ambient" ||
                      (find(c.mesh.namespace_labels(one.ns), "istio.io/dataplane-mode") == "ambient" &&
                       find(one.labels, "istio.io/dataplane-mode") != "none");
    if (!asks || one.has_ztunnel || one.role != ProxyRole::None || one.mode == DataplaneMode::Sidecar) continue;
    out.add(one.owner, "it is to be ambient, but no istio-cni or ztunnel runs on its node: nobody captures it")
        .affects(c.workload_text(w));
  }
}

void host_network(const LintContext& c, RuleFindings& out) {
  for (std::size_t w = 0; w < c.mesh.workloads.size(); ++w) {
    const Workload& one = c.mesh.workloads[w];
    if (!one.host_network || one.role != ProxyRole::None) continue;
    const bool ambient = find(one.labels, "istio.io/dataplane-mode") == "ambient";
    if (!ambient && !injects(one.labels)) continue;
    out.add(one.owner,
            std::string("it uses the node's network, so it can be neither redirected nor injected: the label ") +
                (ambient ? "istio.io/dataplane-mode" : "sidecar.istio.io/inject") + " has no effect")
        .affects(c.workload_text(w));
  }
}

void not_injected(const LintContext& c, RuleFindings& out) {
  for (const auto& [name, info] : c.mesh.namespaces) {
    const bool injected = find(info.labels, "istio-injection") == "enabled" || find(info.labels, "istio.io/rev");
    if (!injected) continue;
    for (const std::size_t w : c.workloads_in(name)) {
      const Workload& one = c.mesh.workloads[w];
      if (one.mode != DataplaneMode::None || one.role != ProxyRole::None || one.external || one.host_network) continue;
      if (find(one.labels, "sidecar.istio.io/inject") == "false" ||
          find(one.annotations, "sidecar.istio.io/inject") == "false")
        continue;  // on purpose
      if (one.owner.kind == "WorkloadEntry" || one.pods.empty()) continue;
      LintFinding& finding =
          out.add(one.owner, "it runs without sidecar in a namespace with injection" +
                                 (one.mode_reasons.empty() ? std::string() : ": " + one.mode_reasons.back().text));
      finding.affects(c.workload_text(w));
    }
  }
}

void outside_mesh(const LintContext& c, RuleFindings& out) {
  // Worth a note only where there is a mesh, and the namespace was not left out by name.
  if (c.askers(Population::Ambient, {}, 1).empty() && c.askers(Population::Sidecar, {}, 1).empty() &&
      c.askers(Population::LegacySidecar, {}, 1).empty())
    return;
  for (const auto& [name, info] : c.mesh.namespaces) {
    if (find(info.labels, "istio-injection") || find(info.labels, "istio.io/rev") ||
        find(info.labels, "istio.io/dataplane-mode") || name == c.root() || name.starts_with("kube-") ||
        name.starts_with("openshift-"))
      continue;
    std::vector<std::size_t> outside;
    for (const std::size_t w : c.workloads_in(name)) {
      const Workload& one = c.mesh.workloads[w];
      if (one.role == ProxyRole::None && one.mode == DataplaneMode::None && !one.external && !one.pods.empty() &&
          one.owner.kind != "WorkloadEntry" && !find(one.labels, "istio.io/dataplane-mode") &&
          !find(one.labels, "sidecar.istio.io/inject"))
        outside.push_back(w);
    }
    if (outside.empty()) continue;
    LintFinding& finding = out.add({"Namespace", "", name, info.source.value_or(Source{})},
                                   "it is in no mode: its pods have no mesh identity and no policy protects them");
    for (const std::size_t w : outside) finding.affects(c.workload_text(w));
  }
}

// DP-017, LN-19: annotations of sidecars on pods without one.
void sidecar_annotations(const LintContext& c, RuleFindings& out) {
  for (std::size_t w = 0; w < c.mesh.workloads.size(); ++w) {
    const Workload& one = c.mesh.workloads[w];
    if (!c.is_ambient(w)) continue;
    std::string keys;
    for (const auto& [key, value] : one.annotations)
      if (key.starts_with("traffic.sidecar.istio.io/") || key == "proxy.istio.io/config" ||
          (key.starts_with("sidecar.istio.io/") && key != "sidecar.istio.io/inject"))
        keys += (keys.empty() ? "" : ", ") + key;
    if (!keys.empty())
      out.add(one.owner, "it is ambient and has no sidecar that would read " + keys).affects(c.workload_text(w));
  }
}

// PF-38: ports that sidecars left alone are under policy now.
void exempt_ports(const LintContext& c, RuleFindings& out) {
  for (std::size_t w = 0; w < c.mesh.workloads.size(); ++w) {
    const Workload& one = c.mesh.workloads[w];
    if (one.role != ProxyRole::None || (!c.is_ambient(w) && !(c.is_sidecar(w) && one.sidecar_hbone))) continue;
    std::vector<std::uint16_t> ports;
    if (const auto list = find(one.annotations, "traffic.sidecar.istio.io/excludeInboundPorts")) {
      std::uint32_t number = 0;
      for (const char digit : std::string(*list) + ',') {
        if (digit >= '0' && digit <= '9') {
          number = std::min<std::uint32_t>(number * 10 + static_cast<std::uint32_t>(digit - '0'), 100000);
        } else {
          if (number > 0 && number < 65536) ports.push_back(static_cast<std::uint16_t>(number));
          number = 0;
        }
      }
    }
    const bool scraped = find(one.annotations, "prometheus.io/scrape") == "true";
    if (const auto port = find(one.annotations, "prometheus.io/port"); scraped && port && c.is_sidecar(w))
      ports.push_back(15020);  // merged metrics of the sidecar's agent
    for (const std::uint16_t port : ports) {
      const auto askers = c.is_ambient(w) ? c.some_askers(one.ns, 4) : c.askers(Population::Ambient, one.ns, 6);
      std::optional<Shown> shown;
      for (const Asker* asker : askers)
        if (!shown && asker->workload != w)
          shown = c.show(c.flow(*asker, c.pod_target(w, port, FlowProtocol::Http)), denied_at_destination);
      if (!shown) continue;
      LintFinding& finding =
          out.add(one.owner, "port " + std::to_string(port) +
                                 " was exempt from capture at sidecars; by HBONE it is under policy, "
                                 "and clients are refused");
      finding.affects(c.workload_text(w));
      finding.shown_by(shown->flow, shown->text);
      break;
    }
  }
}

constexpr std::array kRules = {
    LintRule{
        "MSH1013", Severity::Warning, "an exempt port is under policy now",
        "excludeInboundPorts, and the metrics ports of a sidecar, are left out of its capture. HBONE arrives at port "
        "15008 whatever port is asked for, and ztunnel captures every port: policies apply, and scrapes or probes by "
        "address are refused once a default-deny exists (PO-067).",
        "Allow the port (operation.ports) or the scraper's identity in an L4 policy.", "LN-19 PF-38",
        "PO-067 DP-025 DP-017", exempt_ports},
    LintRule{
        "MSH1202", Severity::Warning, "a pod has labels for sidecars and for ambient",
        "Injection is decided when a pod is created and does not look at istio.io/dataplane-mode; the sidecar wins "
        "(DP-002, DP-020). The OpenShift document asks to avoid mixed labels.",
        "Keep one of the labels.", "IST0123 KIA1311 KIA1315", "DP-002 DP-020", mixed_pod_labels},
    LintRule{
        "MSH1203", Severity::Warning, "sidecar and ambient pods in one namespace",
        "Both modes work side by side, but a policy by namespace or selector is evaluated by other proxies with other "
        "abilities in each. The OpenShift document recommends separate namespaces.",
        "Move one kind to a namespace of its own, or migrate the whole namespace.", "KIA1316", "DP-020 PO-014",
        mixed_namespace},
    LintRule{
        "MSH1204", Severity::Warning, "a sidecar that takes no HBONE",
        "A pod injected before ambient was enabled lacks ISTIO_META_ENABLE_HBONE: it does not listen on 15008, so "
        "ambient clients and waypoints reach it in plaintext and without identity; under STRICT not at all (PO-146, "
        "PO-088). The OpenShift document requires a restart.",
        "Restart the workload after the control plane has the ambient profile.", "PF-28", "DP-008 DP-037 PO-146 PO-088",
        legacy_sidecars},
    LintRule{
        "MSH1205", Severity::Error, "ambient pods without istio-cni or ztunnel on their node",
        "Nobody redirects the pod: it sends and takes plaintext, has no identity, and no policy protects it (DP-022).",
        "Run both DaemonSets on every node (node selectors, taints).", "", "DP-010 DP-022", without_ztunnel},
    LintRule{"MSH1207", Severity::Warning, "a pod without sidecar in a namespace with injection",
             "It has no identity and enforces no policy (DP-022).",
             "Say so with sidecar.istio.io/inject=false if it is meant; otherwise restart it.", "IST0103",
             "DP-004 DP-006", not_injected},
    LintRule{"MSH1208", Severity::Info, "a namespace that is in no mode",
             "Its pods are outside of the mesh: no identity, no policy, no telemetry of their own (DP-022).",
             "Label it, or label it istio-injection=disabled to say that it is meant.", "IST0102", "DP-022",
             outside_mesh},
    LintRule{"MSH1209", Severity::Warning, "a mode label on a pod with hostNetwork",
             "There is no network namespace of its own to redirect; neither mode captures it (DP-016).",
             "Remove the label, or hostNetwork.", "PF-23", "DP-006 DP-016", host_network},
    LintRule{"MSH1210", Severity::Warning, "a sidecar in an ambient namespace",
             "Labels are live for ambient and count at creation for sidecars: pods keep their sidecar until they are "
             "restarted without a label that asks for one (DP-021). Until then they ignore policies with targetRefs.",
             "Restart the workload; remove sidecar.istio.io/inject and istio.io/rev from its pods.", "KIA1316",
             "DP-020 DP-021", sidecar_in_ambient_namespace},
    LintRule{"MSH1211", Severity::Info, "a sidecar's annotation on an ambient pod",
             "Nobody reads it: ports and ranges that it exempts are captured, limits and settings are gone (DP-017).",
             "Remove it; ambient has ambient.istio.io/bypass-inbound-capture and istio.io/reroute-virtual-interfaces.",
             "LN-19", "DP-017 DP-025", sidecar_annotations},
};

}  // namespace

std::span<const LintRule> enrolment_rules() { return kRules; }

}  // namespace meshsim::scenarios
