// Engine: compiling. Every policy once, every proxy's chain once.
#include <algorithm>

#include "models/policy/engine.h"
#include "models/policy/validation/validation.h"

namespace meshsim::models::policy {

namespace {

// Envoy keeps RBAC policies in a map by name, so it reports the first in lexical order: rule[10] before rule[2].
std::vector<std::size_t> reporting_order(std::size_t rules) {
  std::vector<std::size_t> out(rules);
  for (std::size_t i = 0; i < rules; ++i) out[i] = i;
  std::sort(out.begin(), out.end(),
            [](std::size_t a, std::size_t b) { return std::to_string(a) + ']' < std::to_string(b) + ']'; });
  return out;
}

template <class T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

bool is_gateway_role(ProxyRole role) { return role == ProxyRole::Gateway || role == ProxyRole::EastWest; }

}  // namespace

bool flag(const MeshSettings& settings, std::string_view name, bool otherwise) {
  const auto it = settings.features.find(name);
  return it == settings.features.end() ? otherwise : go_bool(it->second).value_or(otherwise);
}

Engine::Engine(const Mesh& mesh, Diagnostics& diagnostics) : mesh_(mesh) {
  const MeshSettings& settings = mesh.settings;
  flags_.root = settings.root_namespace;
  flags_.selector_for_gateways = flag(settings, "ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY", true);
  layered_ = flag(settings, "ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES", false);
  // 1.30; an older istiod does not know the variable.
  several_providers_ =
      settings.profile.custom_dry_run_enforced && flag(settings, "PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS", false);
  auto_allow_ = flag(settings, "PILOT_AUTO_ALLOW_WAYPOINT_POLICY", false);
  static_strict_ = PeerAuthentications::static_strict(flags_.root);
  compile_policies(diagnostics);
  compile_chains();
}

void Engine::compile_policies(Diagnostics& diagnostics) {
  const MeshSettings& settings = mesh_.settings;
  EnvoyCompiler compiler;
  compiler.trust_domains.push_back(settings.trust_domain);
  for (const auto& alias : settings.trust_domain_aliases)
    if (std::find(compiler.trust_domains.begin(), compiler.trust_domains.end(), alias) == compiler.trust_domains.end())
      compiler.trust_domains.push_back(alias);
  compiler.literals_escaped = settings.profile.policy_literals_escaped;
  compiler.trust_domain_key = settings.profile.source_trust_domains;
  const ConversionFlags conversion{flags_.root,
                                   settings.profile.dry_run_at_ztunnel_known &&
                                       flag(settings, "AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY", false)};
  std::vector<PeerAuthentication> peers;
  for (const Object& object : mesh_.objects) {
    if (auto unevaluated = decode_unevaluated(object)) unevaluated_.push_back(std::move(*unevaluated));
    if (object.api_group != "security.istio.io") continue;
    std::vector<Reason> rejected;
    validate_policy(object, settings, diagnostics, rejected);
    if (object.kind == "AuthorizationPolicy") {
      CompiledPolicy& policy = policies_.emplace_back();
      policy.spec = decode_authorization_policy(object, settings.profile);
      policy.envoy_name = "ns[" + policy.spec.ns + "]-policy[" + policy.spec.name + "]-rule[";
      for (const std::size_t index : reporting_order(policy.spec.rules.size())) {
        if (auto rule = compiler.compile(policy.spec, index, false)) policy.http.push_back(std::move(*rule));
        if (auto rule = compiler.compile(policy.spec, index, true)) policy.tcp.push_back(std::move(*rule));
      }
      policy.ztunnel = convert(policy.spec, conversion);
      if (policy.spec.action == Action::Custom) policy.provider = find_provider(policy.spec.provider, settings);
      policy.rejected = rejected;
      by_id_.insert_or_assign(policy.spec.id(), policies_.size() - 1);
    } else if (object.kind == "RequestAuthentication") {
      request_authentications_.push_back(decode_request_authentication(object, settings));
    } else if (object.kind == "PeerAuthentication") {
      peers.push_back(decode_peer_authentication(object));
    }
    if (!rejected.empty()) rejected_.insert_or_assign(object.ref().text(), std::move(rejected));
  }
  peers_ = PeerAuthentications(std::move(peers), flags_.root);
  for (std::size_t i = 0; i < policies_.size(); ++i)
    policy_index_.add(policies_[i].spec.ns, policies_[i].spec.attachment, i);
  for (std::size_t i = 0; i < request_authentications_.size(); ++i)
    authentication_index_.add(request_authentications_[i].ns, request_authentications_[i].attachment, i);
  for (std::size_t i = 0; i < unevaluated_.size(); ++i)
    unevaluated_index_.add(unevaluated_[i].ns, unevaluated_[i].attachment, i);
}

EnvoyChain Engine::build(const ProxyView& proxy) const {
  EnvoyChain chain;
  const bool gateway_api = proxy.gateway_name || proxy.kind == ProxyKind::Waypoint;
  const auto candidates = [&](const AttachmentIndex& index) {
    std::vector<std::size_t> ids;
    index.candidates(flags_.root, proxy.labels, gateway_api, ids);
    if (proxy.ns != flags_.root) index.candidates(proxy.ns, proxy.labels, gateway_api, ids);
    if (proxy.kind == ProxyKind::Waypoint && proxy.chain && proxy.chain->ns != proxy.ns &&
        proxy.chain->ns != flags_.root)
      index.candidates(proxy.chain->ns, nullptr, true, ids);
    sort_unique(ids);
    return ids;
  };
  for (const std::size_t id : candidates(policy_index_)) {
    const CompiledPolicy& policy = policies_[id];
    const AuthorizationPolicy& spec = policy.spec;
    if (layered_ && proxy.kind == ProxyKind::Waypoint && !spec.dry_run && spec.action != Action::Custom &&
        spec.action != Action::Audit && attaches_layered(spec.attachment, spec.ns, proxy, flags_))
      (spec.action == Action::Deny ? chain.layered_deny : chain.layered_allow).push_back(&policy);
    if (!attaches(spec.attachment, spec.ns, proxy, flags_)) continue;
    if (spec.action == Action::Custom && (!spec.dry_run || mesh_.settings.profile.custom_dry_run_enforced)) {
      chain.custom.push_back(&policy);  // from 1.30 on dry-run ones, too: PO-026
    } else if (spec.dry_run) {
      chain.dry_run.push_back(&policy);
    } else if (spec.action == Action::Audit) {
      chain.audit.push_back(&policy);
    } else {
      (spec.action == Action::Deny ? chain.deny : chain.allow).push_back(&policy);
    }
  }
  const auto by_name = [](const CompiledPolicy* a, const CompiledPolicy* b) { return a->envoy_name < b->envoy_name; };
  for (auto* list : {&chain.custom, &chain.audit, &chain.deny, &chain.allow, &chain.dry_run, &chain.layered_deny,
                     &chain.layered_allow})
    std::sort(list->begin(), list->end(), by_name);
  if (!several_providers_) {  // PO-162
    const CompiledPolicy* first = nullptr;
    for (const auto* policy : chain.custom) {
      if (policy->spec.dry_run) continue;
      if (first && first->spec.provider != policy->spec.provider) chain.bad_custom = true;
      if (!first) first = policy;
    }
  }
  // An external authorizer may publish metadata, and so do the database filters of istiod where they are switched on.
  chain.metadata_unknown = !chain.custom.empty() || flag(mesh_.settings, "PILOT_ENABLE_MYSQL_FILTER", false) ||
                           flag(mesh_.settings, "PILOT_ENABLE_MONGO_FILTER", false);
  for (const std::size_t id : candidates(authentication_index_)) {
    const auto& policy = request_authentications_[id];
    if (!attaches(policy.attachment, policy.ns, proxy, flags_)) continue;
    chain.request_authentications.push_back(&policy);
    chain.jwt.add(policy);
  }
  chain.jwt.finish();
  for (const std::size_t id : candidates(unevaluated_index_)) {
    const auto& one = unevaluated_[id];
    const bool here = proxy.kind == ProxyKind::Waypoint  ? one.waypoint
                      : proxy.kind == ProxyKind::Gateway ? one.gateway
                                                         : one.sidecar;
    const bool outbound = proxy.kind == ProxyKind::Sidecar && one.client;
    if ((!here && !outbound) || !attaches(one.attachment, one.ns, proxy, flags_)) continue;
    if (here) chain.unevaluated.push_back(&one);
    if (outbound) chain.unevaluated_outbound.push_back(&one);
  }
  return chain;
}

bool Engine::ChainKey::fits(const ProxyView& proxy) const {
  if (kind != proxy.kind || ns != proxy.ns || gateway_name.has_value() != proxy.gateway_name.has_value() ||
      has_chain != proxy.chain.has_value())
    return false;
  if (gateway_name && *gateway_name != *proxy.gateway_name) return false;
  return !has_chain ||
         (kubernetes == proxy.chain->kubernetes && service_name == proxy.chain->name && service_ns == proxy.chain->ns);
}

ProxyView Engine::proxy_of(const Workload& workload, ProxyKind kind) {
  ProxyView view;
  view.kind = kind;
  view.ns = workload.ns;
  view.labels = &workload.labels;
  if (const auto name = find(workload.labels, "gateway.networking.k8s.io/gateway-name")) view.gateway_name = *name;
  return view;
}

const EnvoyChain* Engine::find_chain(const ProxyView& proxy) const {
  const auto it = chains_.find(proxy.labels);
  if (it == chains_.end()) return nullptr;
  for (const auto& keyed : it->second)
    if (keyed.key.fits(proxy)) return &keyed.chain;
  return nullptr;
}

void Engine::store(const ProxyView& proxy) {
  if (find_chain(proxy)) return;
  KeyedChain keyed;
  keyed.key.kind = proxy.kind;
  keyed.key.ns = proxy.ns;
  if (proxy.gateway_name) keyed.key.gateway_name.emplace(*proxy.gateway_name);
  if (proxy.chain) {
    keyed.key.has_chain = true;
    keyed.key.kubernetes = proxy.chain->kubernetes;
    keyed.key.service_ns = proxy.chain->ns;
    keyed.key.service_name = proxy.chain->name;
  }
  keyed.chain = build(proxy);
  chains_[proxy.labels].push_back(std::move(keyed));
}

void Engine::store_waypoint(const Gateway& gateway, std::size_t index, const Labels& labels) {
  ProxyView view;
  view.kind = ProxyKind::Waypoint;
  view.ns = gateway.ns;
  view.labels = &labels;
  view.gateway_name = gateway.name;
  store(view);  // direct chains
  for (const Service& service : mesh_.services) {
    if (service.waypoint.gateway != index && service.waypoint.canary_gateway != index) continue;
    view.chain =
        ChainService{service.kubernetes, service.ns, service.ref.name.empty() ? service.name : service.ref.name};
    store(view);
  }
}

void Engine::compile_chains() {
  for (const Workload& workload : mesh_.workloads) {
    if (workload.role == ProxyRole::Waypoint) continue;
    store(proxy_of(workload, is_gateway_role(workload.role) ? ProxyKind::Gateway : ProxyKind::Sidecar));
  }
  for (std::size_t i = 0; i < mesh_.gateways.size(); ++i) {
    const Gateway& gateway = mesh_.gateways[i];
    const Labels* own = gateway.workload == kNone ? nullptr : &mesh_.workloads[gateway.workload].labels;
    if (gateway.kind == Gateway::Kind::Waypoint) {
      store_waypoint(gateway, i, gateway.labels);
      if (own) store_waypoint(gateway, i, *own);
    } else {
      ProxyView view;
      view.kind = ProxyKind::Gateway;
      view.ns = gateway.ns;
      view.labels = own ? own : &gateway.labels;
      if (gateway.kind != Gateway::Kind::Classic) view.gateway_name = gateway.name;
      store(view);
    }
  }
  ztunnel_chains_.resize(mesh_.workloads.size());
  for (std::size_t i = 0; i < mesh_.workloads.size(); ++i) build_ztunnel(mesh_.workloads[i], ztunnel_chains_[i]);
}

void Engine::build_ztunnel(const Workload& workload, ZtunnelChain& chain) const {
  const auto candidates = [&](const AttachmentIndex& index) {
    std::vector<std::size_t> ids;
    index.candidates(flags_.root, &workload.labels, false, ids);
    if (workload.ns != flags_.root) index.candidates(workload.ns, &workload.labels, false, ids);
    sort_unique(ids);
    return ids;
  };
  for (const std::size_t id : candidates(policy_index_)) {
    const CompiledPolicy& policy = policies_[id];
    const Attachment& attachment = policy.spec.attachment;
    if (!attachment.selects(workload.labels)) continue;
    chain.selected.push_back(&policy);
    // PO-016; PO-019: an empty selector is attached to nothing.
    if (!policy.ztunnel.policy || policy.ztunnel.policy->dry_run || attachment.empty_selector()) continue;
    (policy.ztunnel.policy->deny ? chain.deny : chain.allow).push_back({&*policy.ztunnel.policy, &policy});
  }
  for (const std::size_t id : candidates(authentication_index_))
    if (request_authentications_[id].attachment.selects(workload.labels))
      chain.request_authentications.push_back(&request_authentications_[id]);
  for (const std::size_t id : candidates(unevaluated_index_))
    if (unevaluated_[id].attachment.selects(workload.labels)) chain.unevaluated.push_back(&unevaluated_[id]);
  chain.peer = peers_.ambient(workload.ns, workload.labels);
  if (chain.peer.strict) chain.deny.push_back({&static_strict_, nullptr});
  if (chain.peer.exception) chain.deny.push_back({&*chain.peer.exception, nullptr});
  if (auto_allow_) add_synthetic_allow(workload, chain);
  for (auto* list : {&chain.deny, &chain.allow})
    std::sort(list->begin(), list->end(), [](const auto& a, const auto& b) { return a.policy->id() < b.policy->id(); });
}

// PO-019a, DP-137: an ALLOW for the identity of each waypoint bound to the workload or to a Service it serves.
void Engine::add_synthetic_allow(const Workload& workload, ZtunnelChain& chain) const {
  std::vector<std::size_t> gateways;
  const auto bind = [&](const WaypointBinding& binding) {
    if (!binding.bound()) return;
    gateways.push_back(binding.gateway);
    if (binding.canary_gateway) gateways.push_back(*binding.canary_gateway);
  };
  bind(workload.waypoint);
  for (const std::size_t s : mesh_.services_of(mesh_.workloads.index_of(workload))) bind(mesh_.services[s].waypoint);
  sort_unique(gateways);
  for (const std::size_t index : gateways) {
    if (index >= mesh_.gateways.size()) continue;
    const Gateway& gateway = mesh_.gateways[index];
    ZtunnelPolicy policy;
    policy.ns = workload.ns;
    policy.name = "istio_allow_waypoint_" + gateway.ns + '_' + gateway.name;
    std::string_view identity = gateway.identity;
    if (identity.starts_with("spiffe://")) identity.remove_prefix(9);
    ZtunnelMatch match;
    match.principals = {ZString{ZString::Kind::Exact, std::string(identity)}};
    policy.groups = {{{match}}};
    chain.synthetic.push_back(std::move(policy));
  }
  for (const auto& policy : chain.synthetic) chain.allow.push_back({&policy, nullptr});
}

MtlsDecision Engine::sidecar_mtls(std::size_t workload, std::uint16_t port) const {
  const Workload& w = mesh_.workloads[workload];
  return peers_.sidecar(w.ns, w.labels, port);
}

MtlsDecision Engine::namespace_mtls(std::string_view ns) const { return peers_.of_namespace(ns); }

std::vector<Reason> Engine::rejections(const ObjectRef& policy) const {
  const auto it = rejected_.find(policy.text());
  return it == rejected_.end() ? std::vector<Reason>() : it->second;
}

}  // namespace meshsim::models::policy

namespace meshsim::models {

std::shared_ptr<const PolicyEngine> PolicyEngine::compile(const Mesh& mesh, Diagnostics& diagnostics) {
  return std::make_shared<const policy::Engine>(mesh, diagnostics);
}

}  // namespace meshsim::models
