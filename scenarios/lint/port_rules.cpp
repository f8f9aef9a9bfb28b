// Ports and protocols: which port a proxy sees (PO-073), and what HTTP rules do to TCP ports (PO-050..PO-054).
#include <algorithm>
#include <array>
#include <cstdlib>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"
#include "scenarios/lint/representative.h"

namespace meshsim::scenarios {

using namespace models;
using policy::Action;

namespace {

std::vector<std::uint16_t> ports_of(const policy::AuthorizationPolicy& spec) {
  std::vector<std::uint16_t> out;
  const auto take = [&](const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      const int number = std::atoi(value.c_str());
      if (number > 0 && number < 65536 && std::find(out.begin(), out.end(), number) == out.end())
        out.push_back(static_cast<std::uint16_t>(number));
    }
  };
  for (const auto& rule : spec.rules) {
    for (const auto& to : rule.to) {
      take(to.ports.any);
      take(to.ports.none);
    }
    for (const auto& when : rule.when)
      if (when.key == "destination.port") {
        take(when.values.any);
        take(when.values.none);
      }
  }
  return out;
}

// Container ports of a workload, as far as the files show them.
bool has_container_port(const LintContext& c, std::size_t w, std::uint16_t port) {
  for (const ContainerPort& one : c.mesh.workloads[w].ports)
    if (one.port == port) return true;
  for (const std::size_t s : c.services_of(w))
    for (const Endpoint& e : c.mesh.services[s].endpoints)
      if (e.workload == w && std::find(e.target_ports.begin(), e.target_ports.end(), port) != e.target_ports.end())
        return true;
  return false;
}

void service_port_at_pod(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies()) {
    if (p.selected.empty()) continue;
    for (const std::uint16_t port : ports_of(p.spec)) {
      bool container = false;
      std::vector<Target> targets;
      std::vector<std::size_t> affected;
      for (const std::size_t w : p.selected) {
        container = container || has_container_port(c, w, port);
        // Gateways and sidecars of gateways listen on what their servers say.
        if (c.mesh.workloads[w].role != ProxyRole::None) container = true;
        for (const std::size_t s : c.services_of(w))
          for (Target& target : c.service_targets(s))
            if (target.to.port == port && targets.size() < 4) {
              targets.push_back(std::move(target));
              affected.push_back(w);
            }
        if (container) break;
      }
      if (container || targets.empty()) continue;
      const auto shown = c.show(c.some_askers(p.spec.ns, 4), targets, requests_for(p.spec, 4), [&](const Outcome& o) {
        return p.spec.action == Action::Allow ? denied_at_destination(o) && !o.denied_by->policy
                                              : o.verdict == Verdict::Allowed;
      });
      if (!shown) continue;
      LintFinding& finding =
          out.add(*p.object, p.object->spec()["rules"],
                  "port " + std::to_string(port) +
                      " is a port of the Service; the proxy at the pod compares the container port, so "
                      "this value never matches");
      for (const std::size_t w : affected) finding.affects(c.workload_text(w));
      finding.shown_by(shown->flow, shown->text);
    }
  }
}

void target_port_at_waypoint(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies())
    for (const Reach& reach : c.reach(p.spec.ns, p.spec.attachment)) {
      if (reach.state != Reach::State::Bound || !reach.ref.starts_with("Service")) continue;
      const Service& service = c.mesh.services[reach.services.front()];
      for (const std::uint16_t port : ports_of(p.spec)) {
        if (service.find_port(port) != nullptr) continue;
        const bool target = std::any_of(service.endpoints.begin(), service.endpoints.end(), [&](const Endpoint& e) {
          return std::find(e.target_ports.begin(), e.target_ports.end(), port) != e.target_ports.end();
        });
        if (!target) continue;
        const auto askers = c.askers(Population::Ambient, p.spec.ns, 6);
        const auto shown =
            c.show(askers, c.service_targets(reach.services.front()), requests_for(p.spec, 4), [&](const Outcome& o) {
              return o.waypoint_traversed &&
                     (p.spec.action == Action::Allow ? o.verdict == Verdict::Denied : o.verdict == Verdict::Allowed);
            });
        if (!shown && !askers.empty()) continue;
        LintFinding& finding =
            out.add(*p.object, p.object->spec()["rules"],
                    "port " + std::to_string(port) +
                        " is a container port; the waypoint compares the port of the Service, so this "
                        "value never matches");
        finding.affects(c.service_text(reach.services.front()));
        if (!shown) continue;
        finding.shown_by(shown->flow, shown->text);
      }
    }
}

bool http_only(const policy::RuleSpec& rule) {
  for (const auto& from : rule.from)
    if (!from.request_principals.empty()) return true;
  for (const auto& to : rule.to)
    if (!to.hosts.empty() || !to.methods.empty() || !to.paths.empty()) return true;
  for (const auto& when : rule.when)
    if (when.key.starts_with("request.headers") || when.key.starts_with("request.auth.")) return true;
  return false;
}

bool any_http_only(const policy::AuthorizationPolicy& spec) {
  return std::any_of(spec.rules.begin(), spec.rules.end(), http_only);
}

bool is_stream(Protocol p) { return p != Protocol::Unset && p != Protocol::Udp && !is_http(p); }

// Stream ports of the Services and workloads that a policy is for, as targets.
std::vector<std::pair<Target, std::string>> stream_targets(const LintContext& c, const PolicyView& p) {
  std::vector<std::pair<Target, std::string>> out;
  const auto take = [&](std::size_t s, const std::string& who) {
    const Service& service = c.mesh.services[s];
    for (Target& target : c.service_targets(s)) {
      const ServicePort* port = service.find_port(target.to.port);
      if (port != nullptr && is_stream(port->protocol) && out.size() < 12) {
        target.protocol = is_tls(port->protocol) ? FlowProtocol::Tls : FlowProtocol::Tcp;
        out.emplace_back(std::move(target), who);
      }
    }
  };
  for (const std::size_t w : p.selected)
    if (c.is_sidecar(w))
      for (const std::size_t s : c.services_of(w)) take(s, c.workload_text(w));
  for (const Reach& reach : c.reach(p.spec.ns, p.spec.attachment))
    if (reach.state == Reach::State::Bound)
      for (const std::size_t s : reach.services) take(s, c.service_text(s));
  return out;
}

void on_stream_ports(const LintContext& c, RuleFindings& out, Action action, const char* text) {
  for (const PolicyView& p : c.policies()) {
    if (p.spec.action != action || p.spec.dry_run || !any_http_only(p.spec)) continue;
    if (action == Action::Allow && !std::all_of(p.spec.rules.begin(), p.spec.rules.end(), http_only)) continue;
    for (const auto& [target, who] : stream_targets(c, p)) {
      std::vector<const Asker*> askers = c.some_askers(p.spec.ns, 4);
      const auto shown = c.show(askers, {target}, {}, [&](const Outcome& o) {
        return o.verdict == Verdict::Denied && o.denied_by && o.denied_by->proxy != ProxyKind::Ztunnel &&
               (action == Action::Deny ? o.denied_by->policy == p.spec.id()
                                       : !o.denied_by->policy && has_status(o, p.text, PolicyStatus::Enforced));
      });
      if (!shown) continue;
      LintFinding& finding = out.add(*p.object, p.object->spec()["rules"], text + target.text);
      finding.affects(who);
      finding.shown_by(shown->flow, shown->text);
      break;
    }
  }
}

void deny_on_tcp(const LintContext& c, RuleFindings& out) {
  on_stream_ports(c, out, Action::Deny,
                  "its HTTP fields do not exist on TCP ports: what is left denies every connection, for example to ");
}

void allow_on_tcp(const LintContext& c, RuleFindings& out) {
  on_stream_ports(c, out, Action::Allow,
                  "every rule needs HTTP and is dropped on TCP ports: every connection is refused, for example to ");
}

void host_without_port(const LintContext& c, RuleFindings& out) {
  for (const PolicyView& p : c.policies()) {
    // Who misses a spelling lets it pass: in `hosts` of a DENY and in `notHosts` of an ALLOW.
    const bool deny = p.spec.action == Action::Deny, allow = p.spec.action == Action::Allow;
    if (!deny && !allow) continue;
    std::string value;
    for (const auto& rule : p.spec.rules)
      for (const auto& to : rule.to) {
        const auto& values = deny ? to.hosts.any : to.hosts.none;
        for (const std::string& host : values) {
          if (host.find(':') != std::string::npos || host.ends_with('*') || !value.empty()) continue;
          const bool twin = std::any_of(values.begin(), values.end(), [&](const std::string& other) {
            return other.starts_with(host + ':') || other == host + '*';
          });
          if (!twin) value = host;
        }
      }
    if (!value.empty())
      out.add(*p.object, p.object->spec()["rules"],
              "host " + value + " does not match a request whose authority carries a port (" + value +
                  ":8080): it is " + (deny ? "not denied" : "allowed") + ". Add " + value + ":*");
  }
}

constexpr std::array kRules = {
    LintRule{"MSH1014", Severity::Warning, "a DENY with HTTP fields on TCP ports denies every connection",
             "On a TCP port Envoy drops HTTP fields from a DENY and keeps the rest; where nothing is left, it matches "
             "everything (PO-052). Databases behind such a policy are cut off.",
             "Add operation.ports to the rule, or declare the port as HTTP where it is.", "LN-14 PF-31 KIA0102 IST0133",
             "PO-050 PO-052", deny_on_tcp},
    LintRule{
        "MSH1015", Severity::Warning, "an ALLOW with HTTP fields on TCP ports refuses every connection",
        "A rule with any HTTP field is dropped on a TCP port, and an ALLOW without rules allows nothing (PO-051). TLS "
        "that the proxy does not terminate is TCP.",
        "Add a rule for the port without HTTP fields, or declare the port as HTTP where it is.",
        "LN-14 PF-53 KIA0102 KIA0103", "PO-050 PO-051 PO-054", allow_on_tcp},
    LintRule{"MSH1019", Severity::Warning, "a workload policy names a port of the Service",
             "At sidecar and ztunnel the port is the container port (PO-073).", "Write the target port.", "LN-06 PF-18",
             "PO-037 PO-073", service_port_at_pod},
    LintRule{"MSH1020", Severity::Warning, "a waypoint policy names a container port",
             "At a waypoint the port of Service traffic is the Service's (PO-073).", "Write the port of the Service.",
             "LN-06 PF-18", "PO-037 PO-073", target_port_at_waypoint},
    LintRule{
        "MSH1038", Severity::Info, "a forbidden host without its spelling with a port",
        "hosts are compared with the whole :authority, port included (PO-034). A client that adds the port evades a "
        "DENY or a notHosts.",
        "List the host twice: plain, and with :*.", "LN-09", "PO-034", host_without_port},
};

}  // namespace

std::span<const LintRule> port_rules() { return kRules; }

}  // namespace meshsim::scenarios
