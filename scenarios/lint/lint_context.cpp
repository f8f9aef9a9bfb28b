#include "scenarios/lint/lint_context.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/policy/policy_engine.h"

namespace meshsim::scenarios {

using namespace models;

std::string_view to_string(Population population) {
  switch (population) {
    case Population::Sidecar:
      return "sidecar";
    case Population::LegacySidecar:
      return "legacy sidecar";
    case Population::Ambient:
      return "ambient";
    case Population::Uncaptured:
      return "no proxy";
  }
  return "";
}

namespace {

FlowProtocol protocol_of(Protocol p) {
  if (is_http(p)) return p == Protocol::Grpc ? FlowProtocol::Grpc : FlowProtocol::Http;
  if (is_tls(p)) return p == Protocol::Https ? FlowProtocol::Https : FlowProtocol::Tls;
  return p == Protocol::Unset ? FlowProtocol::Http : FlowProtocol::Tcp;
}

std::string label_key(std::string_view ns, const std::pair<const std::string, std::string>& label) {
  std::string out(ns);
  out += '\0';
  return out + label.first + '=' + label.second;
}

bool is_client(const Mesh& mesh, const Workload& w) {
  return !w.external && w.role == ProxyRole::None && w.ns != mesh.settings.root_namespace && !w.pods.empty();
}

Population population_of(const Workload& w) {
  if (w.mode == DataplaneMode::Ambient) return Population::Ambient;
  if (w.mode == DataplaneMode::None) return Population::Uncaptured;
  return w.sidecar_hbone ? Population::Sidecar : Population::LegacySidecar;
}

}  // namespace

LintContext::LintContext(const World& of) : world(of), mesh(*of.mesh) {
  for (std::size_t i = 0; i < mesh.workloads.size(); ++i) {
    const Workload& w = mesh.workloads[i];
    by_namespace_[w.ns].push_back(i);
    for (const auto& label : w.labels) by_label_[label_key(w.ns, label)].push_back(i);
    any_ambient_ = any_ambient_ || is_ambient(i);
    if (!is_client(mesh, w)) continue;
    Asker asker;
    asker.client.ns = w.ns;
    asker.client.name = w.name;
    asker.population = population_of(w);
    asker.workload = i;
    asker.text = w.ns + '/' + w.name + " (" + std::string(to_string(asker.population)) + ')';
    askers_of_[static_cast<std::size_t>(asker.population)].push_back(askers_.size());
    askers_in_[{asker.population, w.ns}].push_back(askers_.size());
    askers_.push_back(std::move(asker));
  }
  bound_.resize(mesh.gateways.size());
  for (std::size_t s = 0; s < mesh.services.size(); ++s) {
    const Service& service = mesh.services[s];
    if (!service.kubernetes) entries_[service.ref.ns + '/' + service.ref.name].push_back(s);
    if (service.waypoint.bound()) bound_[service.waypoint.gateway].push_back(s);
    if (service.kubernetes && std::any_of(service.endpoints.begin(), service.endpoints.end(), [&](const Endpoint& e) {
          return e.workload != kNone && mesh.workloads[e.workload].role == ProxyRole::None;
        }))
      application_namespaces_.insert(service.ns);
  }
  services_of_.resize(mesh.workloads.size());
  for (std::size_t s = 0; s < mesh.services.size(); ++s)
    for (const Endpoint& endpoint : mesh.services[s].endpoints) {
      if (endpoint.workload == kNone) continue;
      auto& list = services_of_[endpoint.workload];
      if (list.empty() || list.back() != s) list.push_back(s);
    }
  policy::ConversionFlags flags;
  flags.root = root();
  flags.dry_run_sent = mesh.settings.profile.dry_run_at_ztunnel_known &&
                       mesh.settings.feature("AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY");
  for (const Object* object : mesh.objects_of("AuthorizationPolicy")) {
    PolicyView view;
    view.object = object;
    view.spec = policy::decode_authorization_policy(*object, mesh.settings.profile);
    view.ztunnel = policy::convert(view.spec, flags);
    view.text = object->ref().text();
    if (view.spec.attachment.refs.empty())
      view.selected = matching(object->ns, view.spec.attachment.selector ? &*view.spec.attachment.selector : nullptr);
    policies_.push_back(std::move(view));
  }
  entrances_ = scenarios::find_entrances(world);
}

bool LintContext::is_ambient(std::size_t workload) const {
  const Workload& w = mesh.workloads[workload];
  return w.mode == DataplaneMode::Ambient && w.role == ProxyRole::None;
}

bool LintContext::is_sidecar(std::size_t workload) const {
  const Workload& w = mesh.workloads[workload];
  return w.mode == DataplaneMode::Sidecar && w.role == ProxyRole::None;
}

// PO-002, PO-003, PO-016: a selector of the root namespace selects everywhere.
std::vector<std::size_t> LintContext::matching(std::string_view ns, const Labels* selector) const {
  std::vector<std::size_t> out;
  const auto take = [&](std::string_view in, const std::vector<std::size_t>& all) {
    if (selector == nullptr || selector->empty()) {
      out.insert(out.end(), all.begin(), all.end());
      return;
    }
    const auto found = by_label_.find(label_key(in, *selector->begin()));
    if (found == by_label_.end()) return;
    for (const std::size_t w : found->second)
      if (matches(*selector, mesh.workloads[w].labels)) out.push_back(w);
  };
  if (ns == root()) {
    for (const auto& [name, all] : by_namespace_) take(name, all);
  } else if (const auto found = by_namespace_.find(ns); found != by_namespace_.end()) {
    take(ns, found->second);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::size_t> LintContext::selected(const Object& object, std::string_view selector_field) const {
  const policy::Attachment attachment = policy::decode_attachment(object.spec(), selector_field);
  if (!attachment.refs.empty()) return {};
  return matching(object.ns, attachment.selector ? &*attachment.selector : nullptr);
}

const std::vector<std::size_t>& LintContext::workloads_in(std::string_view ns) const {
  static const std::vector<std::size_t> kNobody;
  const auto found = by_namespace_.find(ns);
  return found == by_namespace_.end() ? kNobody : found->second;
}

std::vector<Reach> LintContext::reach(std::string_view ns, const policy::Attachment& attachment) const {
  using Kind = policy::TargetRef::Kind;
  std::vector<Reach> out;
  for (const policy::TargetRef& ref : attachment.refs) {
    Reach one;
    one.ref = ref.text();
    if (!ref.ns.empty() && ref.ns != ns) {
      one.state = Reach::State::Invalid;
      one.why = "references into another namespace never attach (PO-010)";
    } else if (ref.kind == Kind::Service || ref.kind == Kind::ServiceEntry) {
      if (ref.kind == Kind::Service) {
        if (const std::size_t s = mesh.find_service(ns, ref.name); s != kNone) one.services.push_back(s);
      } else if (const auto found = entries_.find(std::string(ns) + '/' + ref.name); found != entries_.end()) {
        one.services = found->second;
      }
      for (const std::size_t s : one.services)
        if (mesh.services[s].waypoint.bound()) one.waypoints.push_back(mesh.services[s].waypoint.gateway);
      one.state = one.services.empty()    ? Reach::State::NotFound
                  : one.waypoints.empty() ? Reach::State::NotBound
                                          : Reach::State::Bound;
      if (one.state == Reach::State::NotBound) {
        const WaypointBinding& binding = mesh.services[one.services.front()].waypoint;
        one.why = binding.reasons.empty() ? "it has no label istio.io/use-waypoint" : binding.reasons.front().text;
      }
    } else if (ref.kind == Kind::Gateway || ref.kind == Kind::GatewayClass) {
      const bool by_class = ref.kind == Kind::GatewayClass;
      if (by_class && (ns != root() || ref.name != "istio-waypoint")) {
        one.state = Reach::State::Invalid;
        one.why = ns != root() ? "GatewayClass references count in the root namespace only (PO-008)"
                               : "only the class istio-waypoint is matched (PO-008)";
      } else {
        for (std::size_t g = 0; g < mesh.gateways.size(); ++g) {
          const Gateway& gateway = mesh.gateways[g];
          if (!by_class && (gateway.ns != ns || gateway.name != ref.name || gateway.kind == Gateway::Kind::Classic))
            continue;
          if (gateway.kind != Gateway::Kind::Waypoint) {
            if (!by_class) one.state = Reach::State::OrdinaryGateway;
            continue;
          }
          one.waypoints.push_back(g);
        }
        if (by_class && one.waypoints.empty()) {
          one.state = Reach::State::Bound;  // for waypoints still to come
        } else if (!one.waypoints.empty()) {
          for (const std::size_t g : one.waypoints)
            one.services.insert(one.services.end(), bound_[g].begin(), bound_[g].end());
          std::sort(one.services.begin(), one.services.end());
          one.state = Reach::State::Bound;
        }
      }
    } else {
      one.state = Reach::State::Invalid;
      one.why = "not a kind that policies can target (PO-201)";
    }
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<const Asker*> LintContext::askers(Population population, std::string_view near, std::size_t most) const {
  std::vector<const Asker*> out;
  if (const auto home = askers_in_.find(std::pair(population, std::string(near))); home != askers_in_.end())
    for (const std::size_t i : home->second) {
      if (out.size() == most) return out;
      out.push_back(&askers_[i]);
    }
  for (const std::size_t i : askers_of_[static_cast<std::size_t>(population)]) {
    if (out.size() == most) return out;
    if (askers_[i].client.ns != near) out.push_back(&askers_[i]);
  }
  return out;
}

std::vector<const Asker*> LintContext::some_askers(std::string_view near, std::size_t each) const {
  std::vector<const Asker*> out;
  for (const Population p :
       {Population::Sidecar, Population::Ambient, Population::LegacySidecar, Population::Uncaptured})
    for (const Asker* asker : askers(p, near, each)) out.push_back(asker);
  return out;
}

std::vector<Target> LintContext::service_targets(std::size_t index) const {
  std::vector<Target> out;
  const Service& service = mesh.services[index];
  for (const ServicePort& port : service.ports) {
    if (port.protocol == Protocol::Udp) continue;
    Target target;
    target.to.host = service.hostname;
    target.to.port = port.port;
    target.protocol = protocol_of(port.protocol);
    target.service = index;
    target.text = service.hostname + ':' + std::to_string(port.port);
    out.push_back(std::move(target));
  }
  return out;
}

Target LintContext::pod_target(std::size_t workload, std::uint16_t port, FlowProtocol protocol) const {
  const Workload& w = mesh.workloads[workload];
  Target target;
  target.to.kind = Destination::Kind::Pod;
  target.to.ns = w.ns;
  target.to.name = w.name;
  target.to.port = port;
  target.protocol = protocol;
  target.text = "pod " + w.ns + '/' + w.name + ':' + std::to_string(port);
  return target;
}

std::vector<Target> LintContext::targets_of(std::size_t workload) const {
  std::vector<Target> out;
  for (const std::size_t s : services_of_[workload])
    for (Target& target : service_targets(s)) out.push_back(std::move(target));
  if (!out.empty()) return out;
  const Workload& w = mesh.workloads[workload];
  for (const ContainerPort& port : w.ports)
    out.push_back(pod_target(workload, port.port, protocol_of(port_protocol("", port.name, "TCP"))));
  if (out.empty()) out.push_back(pod_target(workload, 8080, FlowProtocol::Http));
  return out;
}

FlowResult LintContext::ask(const Flow& flow) const { return judge(world, flow); }

Flow LintContext::flow(const Asker& asker, const Target& target, const Request& request) const {
  Flow out;
  out.from = asker.client;
  out.to = target.to;
  out.protocol = target.protocol;
  out.request = request;
  if (target.protocol == FlowProtocol::Grpc && request.method == "GET") out.request.method = "POST";  // PO-035
  out.name = asker.text + " -> " + target.text;
  return out;
}

std::optional<Shown> LintContext::show(const Flow& flow, const Predicate& predicate) const {
  FlowResult result = ask(flow);
  for (Outcome& outcome : result.outcomes.edit())
    if (predicate(outcome)) {
      const std::string client = flow.name.substr(0, flow.name.find(" -> "));
      Shown shown{flow, flow_line(flow, outcome, client), std::move(outcome)};
      return shown;
    }
  return std::nullopt;
}

std::optional<Shown> LintContext::show(const std::vector<const Asker*>& askers, const std::vector<Target>& targets,
                                       const std::vector<Request>& requests, const Predicate& predicate) const {
  static const std::vector<Request> kPlain(1);
  const auto& asked = requests.empty() ? kPlain : requests;
  // A workload that calls itself convinces nobody: others are asked first.
  const auto is_self = [&](const Asker& asker, const Target& target) {
    if (target.service == kNone) return asker.client.ns == target.to.ns && asker.client.name == target.to.name;
    const auto& endpoints = mesh.services[target.service].endpoints;
    return std::any_of(endpoints.begin(), endpoints.end(),
                       [&](const Endpoint& e) { return e.workload == asker.workload; });
  };
  std::size_t budget = 400;  // flows for one finding: what nobody of so many shows is rare enough to stay unsaid
  for (const bool self : {false, true})
    for (const Asker* asker : askers)
      for (const Target& target : targets) {
        if (is_self(*asker, target) != self) continue;
        for (const Request& request : asked) {
          if (budget-- == 0) return std::nullopt;
          if (auto shown = show(flow(*asker, target, request), predicate)) return shown;
        }
      }
  Asker outside;
  outside.client.kind = Client::Kind::Outside;
  outside.client.ip = IpAddress::parse("203.0.113.7");
  outside.text = "a visitor from outside (no proxy)";
  for (const Target& target : targets)
    for (const Request& request : asked)
      if (auto shown = show(flow(outside, target, request), predicate)) return shown;
  return std::nullopt;
}

std::string LintContext::workload_text(std::size_t workload) const {
  const Workload& w = mesh.workloads[workload];
  const bool legacy = w.mode == DataplaneMode::Sidecar && w.role == ProxyRole::None && !w.sidecar_hbone;
  return w.ns + '/' + w.name + " (" + (legacy ? "legacy sidecar" : std::string(mode_word(w.mode, w.role))) + ')';
}

std::string LintContext::service_text(std::size_t service) const { return mesh.services[service].ref.text(); }

bool has_status(const Outcome& outcome, const std::string& policy, PolicyStatus status) {
  return std::any_of(outcome.policies.begin(), outcome.policies.end(), [&](const PolicyFinding& finding) {
    return finding.status == status && finding.policy.text() == policy;
  });
}

Predicate has_status(const std::string& policy, PolicyStatus status) {
  return [policy, status](const Outcome& outcome) { return has_status(outcome, policy, status); };
}

bool denied_at_destination(const Outcome& outcome) {
  return outcome.verdict == Verdict::Denied && outcome.denied_by &&
         (outcome.denied_by->proxy == ProxyKind::Ztunnel || outcome.denied_by->proxy == ProxyKind::Sidecar);
}

std::string flow_line(const Flow& flow, const Outcome& outcome, std::string_view client) {
  std::string out(client);
  out += " -> ";
  switch (flow.to.kind) {
    case Destination::Kind::Host:
      out += flow.to.host;
      break;
    case Destination::Kind::Pod:
      out += "pod " + flow.to.ns + '/' + flow.to.name;
      break;
    case Destination::Kind::Ip:
      out += flow.to.ip ? flow.to.ip->text() : std::string();
      break;
  }
  out += ':' + std::to_string(flow.to.port);
  if (flow.to.gateway) out += " through gateway " + flow.to.gateway->first + '/' + flow.to.gateway->second;
  out += ' ' + std::string(to_string(flow.protocol));
  if (is_http(flow.protocol)) {
    out += ' ' + flow.request.method + ' ' + flow.request.path;
    if (flow.request.host) out += " host " + *flow.request.host;
  }
  out += ": " + std::string(to_string(outcome.verdict));
  if (outcome.http_status) out += fmt::format(", HTTP {}", *outcome.http_status);
  std::string path;
  for (const Hop& hop : outcome.hops) path += (path.empty() ? "" : " > ") + std::string(to_string(hop.proxy));
  out += path.empty() ? ", through no proxy" : ", through " + path;
  if (outcome.denied_by) {
    out += ", by " + std::string(to_string(outcome.denied_by->proxy)) + ' ' + outcome.denied_by->name;
    if (outcome.denied_by->policy) out += " (" + *outcome.denied_by->policy + ')';
  }
  return out;
}

}  // namespace meshsim::scenarios
