// Engine: the verdict of an Envoy (sidecar, gateway, waypoint). `decide` is the one implementation of the order
// PO-020..PO-022 (PO-024: CUSTOM before tokens are read); the fast path takes its result, at_envoy adds what a person
// wants to know.
#include <algorithm>
#include <utility>

#include "models/policy/authorization/normalize_path.h"
#include "models/policy/engine.h"

namespace meshsim::models::policy {

namespace {

struct Core {
  enum class Kind : std::uint8_t { Allow, BadRequest, Connect, BadCustom, Custom, Jwt, Deny, NoAllow, Unknown };
  Kind kind = Kind::Allow;
  const CompiledPolicy* policy = nullptr;
  const EnvoyRule* rule = nullptr;
  CustomAnswer answer;
  JwtOutcome jwt;
  const CompiledPolicy* unsure = nullptr;  // the policy that made it unknown
  bool at_connect_denied_by_none = false;
  bool bad_path = false;                     // BadRequest: the path, not the method
  const Unevaluated* unevaluated = nullptr;  // Unknown: because of this
};

const std::vector<EnvoyRule>& rules_of(const CompiledPolicy& policy, bool http) {
  return http ? policy.http : policy.tcp;
}

// First rule that matches, and whether one could not be evaluated.
struct Hit {
  const EnvoyRule* rule = nullptr;
  bool unknown = false;
};
Hit first_hit(const std::vector<EnvoyRule>& rules, const EnvoyInput& input) {
  Hit out;
  for (const auto& rule : rules) {
    const Tri one = evaluate(rule, input);
    if (one == Tri::Yes) {
      out.rule = &rule;
      return out;
    }
    out.unknown |= one == Tri::Unknown;
  }
  return out;
}

// PO-022 (2)..(5) over two lists. `out` stays Allow if nothing denies.
void authorize(const std::vector<const CompiledPolicy*>& deny, const std::vector<const CompiledPolicy*>& allow,
               bool http, const EnvoyInput& input, Core& out) {
  const CompiledPolicy* unsure = nullptr;
  for (const auto* policy : deny) {
    const Hit hit = first_hit(rules_of(*policy, http), input);
    if (hit.rule) {
      out.kind = Core::Kind::Deny;
      out.policy = policy;
      out.rule = hit.rule;
      return;
    }
    if (hit.unknown && !unsure) unsure = policy;
  }
  if (!allow.empty()) {
    bool allowed = false;
    const CompiledPolicy* may_allow = nullptr;
    for (const auto* policy : allow) {
      const Hit hit = first_hit(rules_of(*policy, http), input);
      if (hit.rule) {
        allowed = true;
        out.policy = policy;
        out.rule = hit.rule;
        break;
      }
      if (hit.unknown && !may_allow) may_allow = policy;
    }
    if (!allowed && !may_allow) {
      out.kind = Core::Kind::NoAllow;
      return;
    }
    if (!allowed && !unsure) unsure = may_allow;
  }
  if (unsure) {
    out.kind = Core::Kind::Unknown;
    out.unsure = unsure;
  }
}

// A lower-case method never passes Envoy's codec (PO-035).
bool bad_method(std::string_view method) {
  return std::any_of(method.begin(), method.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

void custom(const EnvoyChain& chain, bool http, const EnvoyInput& input, Core& out) {
  for (const auto* policy : chain.custom) {
    const bool bad = chain.bad_custom || !policy->provider.known;
    if (!http && !bad && !policy->provider.grpc) continue;  // PO-053
    const Hit hit = first_hit(rules_of(*policy, http), input);
    if (!hit.rule && !hit.unknown) continue;
    out.policy = policy;
    out.rule = hit.rule;
    if (!hit.rule || policy->spec.dry_run) {  // PO-026: from 1.30 on what happens is unverified
      out.kind = Core::Kind::Unknown;
      out.unsure = policy;
      return;
    }
    if (bad) {
      out.kind = Core::Kind::BadCustom;
      return;
    }
    out.answer = ask(policy->provider, *input.connection, input.request);
    if (out.answer.unknown) {
      out.kind = Core::Kind::Unknown;
      out.unsure = policy;
      return;
    }
    if (!out.answer.allowed) {
      out.kind = Core::Kind::Custom;
      return;
    }
  }
  out.policy = nullptr;
  out.rule = nullptr;
}

Core decide(const EnvoyChain& chain, EnvoyInput& input, const MeshSettings& settings, std::string& storage,
            bool effects) {
  Core out;
  const bool http = input.request != nullptr;
  prepare_peer(input);
  if (http) {
    const NormalPath path = normalize_path(input.request->path, settings.path_normalization, storage);
    input.path = path.path;
    if (path.bad || bad_method(input.request->method)) {
      out.kind = Core::Kind::BadRequest;
      out.bad_path = path.bad;
      return out;
    }
  }
  for (const auto* one : chain.unevaluated) {
    if (!one->acts(http)) continue;
    out.kind = Core::Kind::Unknown;
    out.unevaluated = one;
    return out;
  }
  if (!chain.layered_deny.empty() || !chain.layered_allow.empty()) {  // PO-012
    const RequestView* request = std::exchange(input.request, nullptr);
    authorize(chain.layered_deny, chain.layered_allow, false, input, out);
    input.request = request;
    if (out.kind == Core::Kind::NoAllow) out.at_connect_denied_by_none = true;
    if (out.kind == Core::Kind::Unknown) return out;
    if (out.kind != Core::Kind::Allow) {
      out.kind = Core::Kind::Connect;
      return out;
    }
  }
  if (!chain.custom.empty()) {
    custom(chain, http, input, out);
    if (out.kind != Core::Kind::Allow) return out;
  }
  if (http && !chain.jwt.empty()) {
    out.jwt = chain.jwt.run(*input.request, effects);
    if (out.jwt.unknown || out.jwt.status != 200) {
      out.kind = out.jwt.unknown ? Core::Kind::Unknown : Core::Kind::Jwt;
      return out;
    }
    input.token = out.jwt.token;
    if (out.jwt.provider && !out.jwt.provider->space_delimited.empty())
      input.space_delimited = &out.jwt.provider->space_delimited;
  }
  input.metadata_unknown = chain.metadata_unknown;
  authorize(chain.deny, chain.allow, http, input, out);
  return out;
}

std::string rule_name(const CompiledPolicy& policy, const EnvoyRule& rule) {
  return policy.envoy_name + std::to_string(rule.index) + ']';
}

class Explainer {
 public:
  Explainer(const EnvoyChain& chain, const EnvoyInput& input, const ProxyView& proxy, PolicyDecision& out)
      : chain_(chain), input_(input), http_(input.request != nullptr), out_(out) {
    kind_ = proxy.kind;
    name_ = std::string(proxy.ns) + '/' + std::string(proxy.gateway_name.value_or(std::string_view()));
    if (!proxy.gateway_name) name_.clear();  // the caller knows the workload
  }

  void all(const Core& core) {
    for (const auto* policy : chain_.custom) custom(*policy, core);
    jwt(core);
    for (const auto* policy : chain_.audit) plain(*policy, "PO-022", "AUDIT decides nothing");
    for (const auto* policy : chain_.deny) plain(*policy, "PO-022", "");
    for (const auto* policy : chain_.allow) plain(*policy, "PO-022", "");
    for (const auto* policy : chain_.dry_run) plain(*policy, "PO-025", "dry-run: evaluated, never enforced");
    for (const auto* policy : chain_.layered_deny) plain(*policy, "PO-012", "at the CONNECT termination");
    for (const auto* policy : chain_.layered_allow) plain(*policy, "PO-012", "at the CONNECT termination");
    for (const auto* one : chain_.unevaluated) {
      const bool acts = one->acts(http_);
      PolicyFinding& finding =
          add(one->object->ref(), acts ? PolicyStatus::NotEvaluated : PolicyStatus::NotApplicable, one->rule);
      finding.why = acts ? "attached here and not evaluated: it may refuse or rewrite what passes"
                         : "it acts on HTTP requests only";
    }
  }

 private:
  PolicyFinding& add(ObjectRef ref, PolicyStatus status, const char* rule) {
    PolicyFinding& finding = out_.considered.emplace_back();
    finding.policy = std::move(ref);
    finding.status = status;
    finding.at = kind_;
    finding.at_name = name_;
    finding.rules.emplace_back(rule);
    return finding;
  }

  // Which rule matches, or which came nearest.
  void look(const CompiledPolicy& policy, PolicyFinding& finding) {
    const auto& rules = rules_of(policy, http_);
    std::size_t best = 0;
    bool first = true;
    for (const auto& rule : rules) {
      const Nearness near = explain(rule, input_);
      if (near.result == Tri::Yes) {
        finding.matched_rule = rule.index;
        finding.nearest_rule.reset();
        finding.nearest_failure.clear();
        return;
      }
      const std::size_t missing = near.total - near.held;
      if (!first && missing >= best) continue;
      first = false;
      best = missing;
      finding.nearest_rule = rule.index;
      finding.nearest_failure = near.failure;
    }
  }

  std::string verdict(const CompiledPolicy& policy, const PolicyFinding& finding) const {
    const std::string action(to_string(policy.spec.action));
    if (finding.matched_rule) return action + " rule " + std::to_string(*finding.matched_rule) + " matches";
    if (policy.spec.rules.empty()) return action + " without rules matches nothing (PO-023)";
    if (rules_of(policy, http_).empty())
      return http_ ? action + ": no rule could be translated"
                   : action + ": every rule needs HTTP and is dropped on a TCP chain, so it matches nothing (PO-051)";
    std::string out = action + ": no rule matches";
    if (finding.nearest_rule)
      out += "; nearest is rule " + std::to_string(*finding.nearest_rule) + ": " + finding.nearest_failure;
    return out;
  }

  void reject_note(const CompiledPolicy& policy, PolicyFinding& finding) {
    for (const auto& reason : policy.rejected) {
      finding.why += ". A real cluster would not accept this policy: " + reason.text;
      finding.rules.push_back(reason.rule);
    }
  }

  void plain(const CompiledPolicy& policy, const char* rule, const char* remark) {
    PolicyFinding& finding =
        add(policy.spec.object->ref(), policy.spec.dry_run ? PolicyStatus::DryRun : PolicyStatus::Enforced, rule);
    look(policy, finding);
    finding.why = verdict(policy, finding);
    if (*remark) finding.why += std::string(" (") + remark + ')';
    if (!http_ && policy.tcp.size() < policy.spec.rules.size() && policy.spec.action == Action::Allow)
      finding.rules.emplace_back("PO-051");
    if (!http_ && policy.spec.action != Action::Allow) finding.rules.emplace_back("PO-052");
    reject_note(policy, finding);
  }

  void custom(const CompiledPolicy& policy, const Core& core) {
    const bool bad = chain_.bad_custom || !policy.provider.known;
    if (!http_ && !bad && !policy.provider.grpc) {
      PolicyFinding& finding = add(policy.spec.object->ref(), PolicyStatus::Open, "PO-053");
      finding.why = "an HTTP provider is not asked on a TCP chain";
      return;
    }
    PolicyFinding& finding =
        add(policy.spec.object->ref(), policy.spec.dry_run ? PolicyStatus::DryRun : PolicyStatus::Enforced,
            policy.spec.dry_run ? "PO-026"
            : bad               ? "PO-162"
                                : "PO-161");
    look(policy, finding);
    finding.why = verdict(policy, finding);
    if (finding.matched_rule) {
      if (bad) {
        finding.why += chain_.bad_custom
                           ? "; more than one provider on this proxy: what matches is denied"
                           : "; provider \"" + policy.spec.provider + "\" is unknown: what matches is denied";
      } else {
        const CustomAnswer answer = ask(policy.provider, *input_.connection, input_.request);
        finding.why += "; provider " + policy.spec.provider +
                       (answer.unknown   ? ": "
                        : answer.allowed ? " allows: "
                                         : " refuses: ") +
                       answer.why;
      }
    } else if (!policy.spec.rules.empty()) {
      finding.why += "; the provider is not asked";
    }
    (void)core;
    reject_note(policy, finding);
  }

  void jwt(const Core& core) {
    const bool reached = core.kind != Core::Kind::Custom && core.kind != Core::Kind::BadCustom &&
                         core.kind != Core::Kind::Connect && core.kind != Core::Kind::BadRequest;
    for (const auto* policy : chain_.request_authentications) {
      PolicyFinding& finding =
          add(policy->object->ref(), http_ ? PolicyStatus::Enforced : PolicyStatus::NotApplicable, "PO-104");
      finding.why = !http_     ? "tokens exist in HTTP requests only"
                    : !reached ? "the request was refused before tokens were looked at (PO-020)"
                               : core.jwt.why;
    }
  }

  const EnvoyChain& chain_;
  const EnvoyInput& input_;
  bool http_;
  PolicyDecision& out_;
  ProxyKind kind_ = ProxyKind::Sidecar;
  std::string name_;
};

void deny(PolicyDecision& out, int status, std::string body, std::string details, const char* rule) {
  out.allowed = false;
  out.http_status = status;
  out.body = std::move(body);
  out.details = std::move(details);
  out.rules.emplace_back(rule);
}

std::string underscored(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), ' ', '_');
  return out;
}

void name_policy(PolicyDecision& out, const Core& core) {
  if (core.policy) out.policy = core.policy->spec.id();
  if (core.rule) out.rule = core.rule->index;
}

void describe(const Core& core, const EnvoyChain& chain, PolicyDecision& out) {
  constexpr const char* kBody = "RBAC: access denied";
  switch (core.kind) {
    case Core::Kind::Allow:
      out.rules.emplace_back("PO-022");
      out.why = core.rule ? core.policy->spec.object->ref().text() + " rule " + std::to_string(core.rule->index) +
                                " allows it"
                          : "no ALLOW policy is attached and no DENY matches";
      break;
    case Core::Kind::BadRequest:
      out.bad_request = true;
      if (core.bad_path) {
        deny(out, 400, "", "path_normalization_failed", "PO-047");
        out.why = "Envoy answers 400: %00 in the path";
      } else {
        deny(out, 400, "", "http1.codec_error", "PO-035");
        out.response_flags = "DPE";
        out.why = "Envoy answers 400: the method has lower-case letters";
      }
      break;
    case Core::Kind::Connect:
      deny(out, 403, kBody,
           core.rule ? "rbac_access_denied_matched_policy[" + rule_name(*core.policy, *core.rule) + ']'
                     : "rbac_access_denied_matched_policy[none]",
           "PO-012");
      out.at_connect = true;
      if (core.rule) name_policy(out, core);
      out.why = "refused at the waypoint's CONNECT termination (layered policies)";
      break;
    case Core::Kind::BadCustom:
      deny(out, 403, kBody,
           "rbac_access_denied_matched_policy[istio-ext-authz-" + core.policy->spec.provider + '-' +
               rule_name(*core.policy, *core.rule) + "-deny-due-to-bad-CUSTOM-action]",
           "PO-162");
      name_policy(out, core);
      out.why = chain.bad_custom ? "several CUSTOM providers on one proxy: what matches a CUSTOM rule is denied"
                                 : "the CUSTOM provider is unknown: what matches a CUSTOM rule is denied";
      break;
    case Core::Kind::Custom:
      deny(out, core.answer.status, "", "ext_authz_denied", "PO-161");
      out.response_flags = "UAEX";
      name_policy(out, core);
      out.why = "external authorizer " + core.policy->spec.provider + " refuses: " + core.answer.why;
      break;
    case Core::Kind::Jwt:
      deny(out, core.jwt.status, std::string(core.jwt.body),
           "jwt_authn_access_denied{" + underscored(core.jwt.body) + '}', "PO-104");
      for (const auto* policy : chain.request_authentications)
        for (const auto& provider : policy->providers)
          if (&provider == core.jwt.refused_by) out.policy = policy->id();
      out.why = std::string(core.jwt.body);
      break;
    case Core::Kind::Deny:
      deny(out, 403, kBody, "rbac_access_denied_matched_policy[" + rule_name(*core.policy, *core.rule) + ']', "PO-022");
      name_policy(out, core);
      out.why = core.policy->spec.object->ref().text() + " rule " + std::to_string(core.rule->index) + " denies it";
      break;
    case Core::Kind::NoAllow:
      deny(out, 403, kBody, "rbac_access_denied_matched_policy[none]", "PO-022");
      out.why = "ALLOW policies are attached and none of their rules matches";
      break;
    case Core::Kind::Unknown:
      out.allowed = false;
      out.unknown = true;
      out.http_status = 0;
      if (core.unevaluated) {
        out.rules.emplace_back(core.unevaluated->rule);
        out.why = core.unevaluated->object->ref().text() + " is attached here and not evaluated";
      } else if (core.jwt.unknown) {
        out.rules.emplace_back("PO-104");
        out.why = core.jwt.why;
      } else if (core.unsure && core.unsure->spec.action == Action::Custom) {
        out.rules.emplace_back(core.unsure->spec.dry_run ? "PO-026" : "PO-161");
        out.why = core.unsure->spec.dry_run
                      ? "a CUSTOM policy in dry-run matches; what Envoy does with it is unverified"
                      : "external authorizer " + core.unsure->spec.provider + ": " + core.answer.why;
      } else if (core.unsure) {
        out.rules.emplace_back("PO-036");
        out.why = core.unsure->spec.object->ref().text() + " has a rule that could decide and cannot be evaluated";
      }
      break;
  }
}

EnvoyInput make_input(const ConnectionView& connection, const RequestView* request) {
  EnvoyInput input;
  input.connection = &connection;
  input.request = request;
  return input;
}

}  // namespace

PolicyDecision Engine::at_envoy(const ProxyView& proxy, const ConnectionView& connection,
                                const RequestView* request) const {
  EnvoyChain own;
  const EnvoyChain* chain = find_chain(proxy);
  if (!chain) {
    own = build(proxy);
    chain = &own;
  }
  EnvoyInput input = make_input(connection, request);
  std::string storage;
  const Core core = decide(*chain, input, mesh_.settings, storage, true);
  PolicyDecision out;
  describe(core, *chain, out);
  out.consumed_jwts = core.jwt.consumed;
  out.valid_jwts = core.jwt.valid;
  out.added_headers = core.jwt.added;
  out.removed_headers = core.jwt.removed;
  Explainer(*chain, input, proxy, out).all(core);
  return out;
}

std::vector<PolicyFinding> Engine::unevaluated_outbound(const ProxyView& proxy, bool http) const {
  std::vector<PolicyFinding> out;
  const EnvoyChain* chain = find_chain(proxy);
  if (!chain) return out;
  for (const auto* one : chain->unevaluated_outbound) {
    if (!one->acts(http)) continue;
    PolicyFinding& finding = out.emplace_back();
    finding.policy = one->object->ref();
    finding.status = PolicyStatus::NotEvaluated;
    finding.at = proxy.kind;
    finding.rules.emplace_back(one->rule);
    finding.why = "on the client's side and not evaluated: it may refuse or rewrite what is sent";
  }
  return out;
}

bool Engine::allows_envoy(const ProxyView& proxy, const ConnectionView& connection, const RequestView* request) const {
  const EnvoyChain* chain = find_chain(proxy);
  EnvoyInput input = make_input(connection, request);
  std::string storage;
  if (chain) return decide(*chain, input, mesh_.settings, storage, false).kind == Core::Kind::Allow;
  return decide(build(proxy), input, mesh_.settings, storage, false).kind == Core::Kind::Allow;
}

}  // namespace meshsim::models::policy
