// What istioctl analyze finds in any mesh, whatever its modes (policies.md 7.2).
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include "scenarios/lint/lint_context.h"
#include "scenarios/lint/lint_rule.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

std::string qualified(const std::string& name, const std::string& ns) {
  return name.find('/') == std::string::npos ? ns + '/' + name : name;
}

// Hosts that only the registry of the cluster could know: short names and names below .svc.
bool in_cluster(std::string_view host) {
  return host.find('*') == std::string_view::npos &&
         (host.find('.') == std::string_view::npos || host.find(".svc.") != std::string_view::npos ||
          host.ends_with(".svc"));
}

// The namespace that such a host is in, seen from `ns`.
std::string namespace_of(std::string_view host, const std::string& ns) {
  const auto dot = host.find('.');
  if (dot == std::string_view::npos) return ns;
  const auto rest = host.substr(dot + 1);
  return std::string(rest.substr(0, rest.find('.')));
}

bool has_services(const LintContext& c, const std::string& ns) { return ns != c.root() && c.has_applications(ns); }

bool is_unknown(const LintContext& c, std::string_view host, const std::string& ns) {
  return in_cluster(host) && has_services(c, namespace_of(host, ns)) && c.mesh.resolve_host(host, ns) == kNone;
}

void for_destinations(const Object& route, const std::function<void(Node)>& visit) {
  for (const char* protocol : {"http", "tcp", "tls"})
    for (const Node rule : route.spec()[protocol]) {
      for (const Node to : rule["route"])
        if (to["destination"].has_value()) visit(to["destination"]);
      if (rule["mirror"].has_value()) visit(rule["mirror"]);
      for (const Node mirror : rule["mirrors"])
        if (mirror["destination"].has_value()) visit(mirror["destination"]);
    }
}

void missing_gateway(const LintContext& c, RuleFindings& out) {
  std::set<std::string> known;
  for (const Object* gateway : c.mesh.objects_of("Gateway")) known.insert(gateway->ns + '/' + gateway->name);
  if (known.empty()) return;  // gateways lie in other files
  for (const Object* route : c.mesh.objects_of("VirtualService"))
    for (const Node named : route->spec()["gateways"])
      if (named.text() != "mesh" && named.text().find('~') == std::string_view::npos &&
          known.count(qualified(named.string(), route->ns)) == 0)
        out.add(*route, named, "Gateway " + qualified(named.string(), route->ns) + " is not among the files");
}

void missing_host(const LintContext& c, RuleFindings& out) {
  for (const Object* route : c.mesh.objects_of("VirtualService")) {
    std::set<std::string> said;
    for_destinations(*route, [&](Node to) {
      const std::string host = to["host"].string();
      if (is_unknown(c, host, route->ns) && said.insert(host).second)
        out.add(*route, to["host"], "host " + host + " is no Service among the files: the route answers 503");
    });
  }
}

void missing_subset(const LintContext& c, RuleFindings& out) {
  std::map<std::size_t, std::set<std::string>> subsets;
  std::map<std::string, std::set<std::string>> by_host;
  for (const Object* rule : c.mesh.objects_of("DestinationRule"))
    for (const Node subset : rule->spec()["subsets"]) {
      const std::size_t s = c.mesh.resolve_host(rule->spec()["host"].text(), rule->ns);
      if (s != kNone) subsets[s].insert(subset["name"].string());
      by_host[rule->spec()["host"].string()].insert(subset["name"].string());
    }
  for (const Object* route : c.mesh.objects_of("VirtualService"))
    for_destinations(*route, [&](Node to) {
      const std::string subset = to["subset"].string();
      const std::size_t s = c.mesh.resolve_host(to["host"].text(), route->ns);
      if (subset.empty() || s == kNone || subsets[s].count(subset) > 0 ||
          by_host[to["host"].string()].count(subset) > 0)
        return;
      LintFinding& finding = out.add(
          *route, to["subset"],
          "no DestinationRule defines subset " + subset + " of " + to["host"].string() + ": the route answers 503");
      const auto shown =
          c.show(c.askers(Population::Sidecar, route->ns, 4), c.service_targets(s), {},
                 [](const Outcome& o) { return o.verdict == Verdict::Unreachable && o.http_status == 503; });
      if (shown && shown->flow.from.kind == Client::Kind::Workload) {
        finding.shown_by(shown->flow, shown->text);
      }
    });
}

void empty_subset(const LintContext& c, RuleFindings& out) {
  for (const Object* rule : c.mesh.objects_of("DestinationRule")) {
    const std::size_t s = c.mesh.resolve_host(rule->spec()["host"].text(), rule->ns);
    if (s == kNone || !c.mesh.services[s].kubernetes || c.mesh.services[s].endpoints.empty()) continue;
    for (const Node subset : rule->spec()["subsets"]) {
      Labels wanted;
      // istiod gives endpoints the labels of their place as well.
      for (const Node label : subset["labels"])
        if (!label.key().starts_with("topology.") && !label.key().starts_with("failure-domain."))
          wanted.emplace(label.key(), label.text());
      const auto& endpoints = c.mesh.services[s].endpoints;
      const bool any = std::any_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& e) {
        return e.workload != kNone && matches(wanted, c.mesh.workloads[e.workload].labels);
      });
      if (!any)
        out.add(*rule, subset,
                "no pod of " + c.service_text(s) + " has the labels of subset " + subset["name"].string())
            .affects(c.service_text(s));
    }
  }
}

void rule_host(const LintContext& c, RuleFindings& out) {
  for (const Object* rule : c.mesh.objects_of("DestinationRule"))
    if (is_unknown(c, rule->spec()["host"].text(), rule->ns))
      out.add(*rule, rule->spec()["host"], "host " + rule->spec()["host"].string() + " is no Service among the files");
}

// A later rule that never gets a request: after a catch-all, or with the same matches as an earlier one.
bool is_catch_all(Node match) {
  for (const Node field : match) {
    if (field.key() == "name") continue;
    if (field.key() == "uri" && field["prefix"].text() == "/") continue;
    return false;
  }
  return true;
}

void unreachable_rule(const LintContext& c, RuleFindings& out) {
  for (const Object* route : c.mesh.objects_of("VirtualService")) {
    const Node rules = route->spec()["http"];
    std::vector<Node> before;
    int catch_all = -1;
    int index = 0;
    for (const Node rule : rules) {
      const Node list = rule["match"];
      const auto known = [&](Node match) {
        return std::any_of(before.begin(), before.end(), [&](Node old) { return equal_values(old, match); });
      };
      if (catch_all >= 0) {
        out.add(*route, rule,
                "HTTP rule " + std::to_string(index) + " never gets a request: rule " + std::to_string(catch_all) +
                    " takes everything");
      } else if (!list.empty() && std::all_of(list.begin(), list.end(), known)) {
        out.add(*route, rule,
                "HTTP rule " + std::to_string(index) +
                    " never gets a request: earlier rules have the same "
                    "matches");
      }
      if (list.empty() || std::any_of(list.begin(), list.end(), is_catch_all))
        if (catch_all < 0 && !rule["delegate"].has_value()) catch_all = index;
      for (const Node match : list) before.push_back(match);
      ++index;
    }
  }
}

void several_sidecars(const LintContext& c, RuleFindings& out) {
  std::map<std::string, const Object*> first;
  for (const Object* object : c.mesh.objects_of("Sidecar")) {
    std::string scope = object->ns + '|';
    const auto attachment = policy::decode_attachment(object->spec(), "workloadSelector");
    if (attachment.selector)
      for (const auto& [key, value] : *attachment.selector) scope += key + '=' + value + ',';
    const auto [it, fresh] = first.emplace(scope, object);
    if (!fresh)
      out.add(*object, "it is for the same workloads as " + it->second->ref().text() +
                           ": which of the two is used is not "
                           "defined");
  }
}

bool in_mesh(const LintContext& c, const Service& service) {
  return std::any_of(service.endpoints.begin(), service.endpoints.end(), [&](const Endpoint& e) {
    return e.workload != kNone && (c.is_ambient(e.workload) || c.is_sidecar(e.workload));
  });
}

void port_name(const LintContext& c, RuleFindings& out) {
  for (const Service& service : c.mesh.services) {
    if (!service.kubernetes || !in_mesh(c, service)) continue;
    std::string ports;
    for (const ServicePort& port : service.ports)
      if (port.protocol == Protocol::Unset)
        ports +=
            (ports.empty() ? "" : ", ") + std::to_string(port.port) + (port.name.empty() ? "" : " (" + port.name + ')');
    if (!ports.empty())
      out.add(service.ref, "port " + ports + " declares no protocol: Envoy guesses it from the first bytes");
  }
}

void several_services(const LintContext& c, RuleFindings& out) {
  for (std::size_t w = 0; w < c.mesh.workloads.size(); ++w) {
    if (!c.is_sidecar(w) && !c.is_ambient(w)) continue;
    std::map<std::uint16_t, std::pair<Protocol, std::size_t>> seen;  // by container port
    bool said = false;
    for (const std::size_t s : c.services_of(w)) {
      const Service& service = c.mesh.services[s];
      if (!service.kubernetes) continue;
      for (const Endpoint& e : service.endpoints) {
        if (e.workload != w) continue;
        for (std::size_t p = 0; p < service.ports.size() && p < e.target_ports.size(); ++p) {
          if (e.target_ports[p] == 0 || service.ports[p].protocol == Protocol::Udp) continue;
          const auto [it, fresh] = seen.emplace(e.target_ports[p], std::pair(service.ports[p].protocol, s));
          if (fresh || it->second.first == service.ports[p].protocol || said) continue;
          said = true;
          out.add(c.mesh.workloads[w].owner,
                  "its port " + std::to_string(e.target_ports[p]) + " is " + std::string(to_string(it->second.first)) +
                      " in " + c.service_text(it->second.second) + " and " +
                      std::string(to_string(service.ports[p].protocol)) + " in " + c.service_text(s))
              .affects(c.workload_text(w));
        }
      }
    }
  }
}

void no_verification(const LintContext& c, RuleFindings& out) {
  for (const Object* rule : c.mesh.objects_of("DestinationRule")) {
    const auto look = [&](Node tls) {
      const auto mode = tls["mode"].text();
      if ((mode == "SIMPLE" || mode == "MUTUAL") && tls["caCertificates"].string_or().empty() &&
          tls["credentialName"].string_or().empty() && !tls["insecureSkipVerify"].boolean().value_or(false))
        out.add(*rule, tls,
                "TLS " + std::string(mode) +
                    " without caCertificates: who the server is, is not checked against a "
                    "certificate authority of your choice");
    };
    const Node policy = rule->spec()["trafficPolicy"];
    look(policy["tls"]);
    for (const Node port : policy["portLevelSettings"]) look(port["tls"]);
    for (const Node subset : rule->spec()["subsets"]) look(subset["trafficPolicy"]["tls"]);
  }
}

void filter_operations(const LintContext& c, RuleFindings& out) {
  for (const Object* filter : c.mesh.objects_of("EnvoyFilter")) {
    const bool priority = filter->spec()["priority"].has_value();
    for (const Node patch : filter->spec()["configPatches"]) {
      const auto operation = patch["patch"]["operation"].text(), to = patch["applyTo"].text();
      if (operation == "REPLACE" && to != "HTTP_FILTER" && to != "NETWORK_FILTER")
        out.add(*filter, patch["patch"], "REPLACE works on HTTP_FILTER and NETWORK_FILTER only");
      else if ((operation == "ADD" || operation == "REMOVE") && (to == "ROUTE_CONFIGURATION" || to == "HTTP_ROUTE"))
        out.add(*filter, patch["patch"], std::string(operation) + " is ignored on " + std::string(to));
      else if (!priority && (operation == "INSERT_BEFORE" || operation == "INSERT_AFTER" || operation == "REPLACE"))
        out.add(*filter, patch["patch"],
                std::string(operation) +
                    " depends on the order of EnvoyFilters: without spec.priority it may find "
                    "nothing to relate to")
            .severity = Severity::Info;
      else
        continue;
      break;
    }
  }
}

void conflicting_entries(const LintContext& c, RuleFindings& out) {
  struct Seen {
    Protocol protocol;
    ObjectRef entry;
    bool everywhere;
  };
  const auto everywhere = [](const Service& s) {
    return s.export_to.empty() || std::find(s.export_to.begin(), s.export_to.end(), "*") != s.export_to.end();
  };
  std::map<std::pair<std::string, std::uint16_t>, Seen> seen;
  for (const Service& service : c.mesh.services) {
    if (service.kubernetes) continue;
    for (const ServicePort& port : service.ports) {
      if (port.protocol == Protocol::Unset) continue;
      const auto [it, fresh] =
          seen.emplace(std::pair(service.hostname, port.port), Seen{port.protocol, service.ref, everywhere(service)});
      // Two that no namespace sees together do not meet.
      const bool meet = it->second.entry.ns == service.ref.ns || it->second.everywhere || everywhere(service);
      if (!fresh && meet && it->second.protocol != port.protocol && !(it->second.entry == service.ref))
        out.add(service.ref, "port " + std::to_string(port.port) + " of " + service.hostname + " is " +
                                 std::string(to_string(port.protocol)) + " here and " +
                                 std::string(to_string(it->second.protocol)) + " in " + it->second.entry.text());
    }
  }
}

// IST0171: what a running control plane wrote into the status of an object.
void negative_condition(const LintContext& c, RuleFindings& out) {
  const auto look = [&](const Object& object, Node conditions, std::initializer_list<const char*> types) {
    for (const Node condition : conditions) {
      const auto type = condition["type"].text(), reason = condition["reason"].text();
      if (std::none_of(types.begin(), types.end(), [&](const char* one) { return type == one; })) continue;
      const bool partly = (type == "WaypointAccepted" && reason == "PartiallyInvalid") ||
                          (type == "ZtunnelAccepted" && reason == "UnsupportedValue");
      if (condition["status"].text() != "False" && !partly) continue;
      out.add(object, condition,
              "its status says " + std::string(type) + '=' + std::string(condition["status"].text()) +
                  (reason.empty() ? "" : " (" + std::string(reason) + ")") +
                  (condition["message"].text().empty() ? "" : ": " + condition["message"].string()));
    }
  };
  for (const Object& object : c.mesh.objects) {
    const Node status = object.status();
    if (!status) continue;
    look(object, status["conditions"], {"istio.io/WaypointBound", "ZtunnelAccepted", "WaypointAccepted"});
    if (object.api_group != "gateway.networking.k8s.io") continue;
    look(object, status["conditions"], {"Accepted", "Programmed", "ResolvedRefs"});
    for (const Node parent : status["parents"])
      look(object, parent["conditions"], {"Accepted", "Programmed", "ResolvedRefs"});
  }
}

// What istiod asks of the Gateway API's CRDs; below it, it does not watch the kind (pkg/kube/gatewayapi, master
// 2026-08; 1.27 asks for GRPCRoute only).
struct MinimumCrd {
  std::string_view name;
  std::array<int, 3> version;
  bool always;
};
constexpr std::array kMinimumCrds = {MinimumCrd{"grpcroutes.gateway.networking.k8s.io", {1, 1, 0}, true},
                                     MinimumCrd{"backendtlspolicies.gateway.networking.k8s.io", {1, 4, 0}, false},
                                     MinimumCrd{"tlsroutes.gateway.networking.k8s.io", {1, 5, 0}, false}};

// "v1.4.1-rc.2" -> {1, 4, 1}.
std::optional<std::array<int, 3>> read_version(std::string_view text) {
  std::array<int, 3> out{};
  if (text.starts_with('v')) text.remove_prefix(1);
  for (int& part : out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (&part != &out.back() && !text.starts_with('.')) return std::nullopt;
    if (!text.empty()) text.remove_prefix(1);
  }
  return out;
}

void old_gateway_crd(const LintContext& c, RuleFindings& out) {
  for (const Object* crd : c.mesh.objects_of("CustomResourceDefinition"))
    for (const MinimumCrd& minimum : kMinimumCrds) {
      const auto written = find(crd->annotations, "gateway.networking.k8s.io/bundle-version");
      const auto version = written ? read_version(*written) : std::nullopt;
      if (crd->name != minimum.name || !version || *version >= minimum.version) continue;
      if (*version == std::array<int, 3>{}) continue;  // v0.0.0-dev: built from a branch
      const std::string needed = std::to_string(minimum.version[0]) + '.' + std::to_string(minimum.version[1]);
      LintFinding& finding =
          out.add(*crd, "it is of version " + std::string(*written) +
                            (minimum.always ? ", istiod asks for " + needed + ": it does not read objects of this kind"
                                            : "; later versions of Istio than 1.27 ask for " + needed +
                                                  " and do not read objects of this kind below it"));
      if (!minimum.always) finding.severity = Severity::Info;
    }
}

constexpr std::array kRules = {
    LintRule{"MSH1601", Severity::Warning, "a VirtualService names a Gateway that is not there",
             "Its routes are on no gateway.",
             "Correct the name (namespace/name), or give the file of the Gateway as well.", "IST0101 KIA1102", "DP-253",
             missing_gateway},
    LintRule{"MSH1602", Severity::Warning, "a route to a host that is not there",
             "Requests that take it are answered 503.",
             "Correct the host; short names are read in the namespace of the route.", "IST0101 KIA1101", "DP-253",
             missing_host},
    LintRule{"MSH1603", Severity::Error, "a route to a subset that is not defined",
             "Requests that take it are answered 503.", "Add the subset to the DestinationRule of the host.",
             "IST0101 KIA1107", "DP-222", missing_subset},
    LintRule{"MSH1604", Severity::Warning, "a subset that selects no pod", "Requests to it are answered 503.",
             "Correct the labels.", "IST0173 KIA0203", "DP-222", empty_subset},
    LintRule{"MSH1605", Severity::Warning, "a DestinationRule for a host that is not there", "It applies to nothing.",
             "Correct the host; short names are read in the namespace of the rule.", "IST0174 KIA0202", "DP-222",
             rule_host},
    LintRule{"MSH1606", Severity::Warning, "an HTTP rule that never gets a request",
             "Rules are tried in their order, and an earlier one takes everything that this one matches (DP-250).",
             "Put the special rule first, or remove it.", "IST0130 IST0131", "DP-250", unreachable_rule},
    LintRule{"MSH1607", Severity::Error, "several Sidecar resources for the same workloads",
             "Only one of them is used, and which one is not defined (DP-225).", "Merge them.",
             "IST0110 IST0111 KIA1002 KIA1003", "DP-225", several_sidecars},
    LintRule{
        "MSH1608", Severity::Info, "a port without a protocol",
        "Envoy tells HTTP from TCP by the first bytes, which delays protocols in which the server speaks first, and "
        "decides which policies apply (PO-054).",
        "Set appProtocol, or begin the port's name with the protocol (http-, grpc-, tcp-).", "IST0118 KIA0601",
        "PO-054 DP-259a", port_name},
    LintRule{
        "MSH1609", Severity::Warning, "one container port, two protocols",
        "Two Services give the same port of a workload different protocols; its sidecar has only one chain for it.",
        "Give the port the same protocol in both Services.", "IST0116 IST0137", "DP-075", several_services},
    LintRule{"MSH1610", Severity::Warning, "TLS without a certificate authority",
             "Without caCertificates the proxy checks the server's certificate against nothing, or, in newer versions, "
             "against "
             "the system's authorities.",
             "Set caCertificates (and subjectAltNames), or credentialName at gateways.", "IST0128 IST0129", "PO-122",
             no_verification},
    LintRule{"MSH1611", Severity::Warning, "an EnvoyFilter operation without effect",
             "The patch is ignored, or may be.", "Use another operation, or set spec.priority.",
             "IST0151 IST0152 IST0153 IST0154 IST0155", "PO-137", filter_operations},
    LintRule{"MSH1614", Severity::Warning, "ServiceEntries that disagree about a port",
             "They give the same host and port different protocols; one of them wins.", "Make them agree.", "IST0177",
             "DP-206", conflicting_entries},
    LintRule{"MSH1615", Severity::Warning, "the status of an object reports a problem",
             "The control plane says in the object's status what it could not do. istioctl does not report "
             "ZtunnelAccepted=True with the reason UnsupportedValue, which means that a policy lost its HTTP rules at "
             "ztunnel "
             "(PO-069b to PO-069d).",
             "Follow the message of the condition.", "IST0171 PF-43", "PO-069b PO-069e PO-069f", negative_condition},
    LintRule{"MSH1616", Severity::Warning, "a CRD of the Gateway API that is too old for istiod",
             "istiod does not watch a kind whose CRD is below the version it was written for: objects of that kind do "
             "nothing, and no status says so.",
             "Upgrade the CRDs of the Gateway API.", "IST0176", "", old_gateway_crd},
};

}  // namespace

std::span<const LintRule> object_rules() { return kRules; }

}  // namespace meshsim::scenarios
