#include "models/route/http_action.h"

#include <algorithm>

#include <re2/re2.h>

#include "models/route/scope.h"

namespace meshsim::models::route {
namespace {

constexpr std::string_view kRetryOn = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";

const std::string* header_of(const RouteRequest& request, std::string_view name) {
  if (request.headers == nullptr) return nullptr;
  for (const auto& [key, value] : *request.headers)
    if (key == name) return &value;
  return nullptr;
}

void set_pair(Headers& headers, const std::string& name, const std::string& value) {
  for (auto& [key, old] : headers)
    if (key == name) {
      old = value;
      return;
    }
  headers.emplace_back(name, value);
}

// One edit list that does what `first` and then `second` do. Envoy removes, then overwrites, then appends.
HeaderEdits compose(const HeaderEdits& first, const HeaderEdits& second) {
  HeaderEdits out = first;
  auto drop = [](Headers& from, const std::string& name) {
    std::erase_if(from, [&](const auto& p) { return p.first == name; });
  };
  for (const std::string& name : second.remove) {
    drop(out.set, name);
    drop(out.add, name);
    if (std::find(out.remove.begin(), out.remove.end(), name) == out.remove.end()) out.remove.push_back(name);
  }
  for (const auto& [name, value] : second.set) {
    drop(out.add, name);
    set_pair(out.set, name, value);
  }
  out.add.insert(out.add.end(), second.add.begin(), second.add.end());
  return out;
}

// One proto list: removals first, then set and add of both in order (a single destination is merged into its route).
HeaderEdits concatenate(const HeaderEdits& route, const HeaderEdits& destination) {
  HeaderEdits removed;
  removed.remove = route.remove;
  removed.remove.insert(removed.remove.end(), destination.remove.begin(), destination.remove.end());
  HeaderEdits a = route, b = destination;
  a.remove.clear();
  b.remove.clear();
  HeaderEdits out = compose(a, b);
  out.remove = removed.remove;
  return out;
}

std::string_view matched_part(const HttpMatch* match, std::string_view path) {
  if (match == nullptr || !match->uri) return path.substr(0, path.starts_with('/') ? 1 : 0);
  using Kind = StringMatch::Kind;
  if (match->uri->kind == Kind::Prefix || match->uri->kind == Kind::Segment)
    return path.substr(0, match->uri->text.size());
  return path;  // exact and regex match the whole path
}

std::string with_query(std::string path, std::string_view original) {
  original = original.substr(0, original.find('#'));
  if (const auto mark = original.find('?'); mark != std::string_view::npos && path.find('?') == std::string::npos)
    path += original.substr(mark);
  return path;
}

std::string replace_prefix(std::string_view path, std::string_view matched, std::string_view with) {
  return std::string(with) + std::string(path.substr(matched.size()));
}

// Gateway API ReplacePrefixMatch "/": the prefix goes, one slash stays.
std::string strip_prefix(std::string_view path, std::string_view matched) {
  std::string_view rest = path.substr(matched.size());
  if (rest.starts_with('/')) rest.remove_prefix(1);
  return '/' + std::string(rest);
}

std::optional<std::string> rewritten_path(const Rewrite& rewrite, const HttpMatch* match, const RouteRequest& request) {
  const std::string_view path = path_only(request.path);
  if (rewrite.full_path) return with_query(*rewrite.full_path, request.path);
  if (rewrite.regex) {
    std::string out(path);
    re2::RE2::GlobalReplace(&out, *rewrite.regex, rewrite.regex_with);
    return with_query(std::move(out), request.path);
  }
  const std::string_view matched = matched_part(match, path);
  if (rewrite.strip_prefix) return with_query(strip_prefix(path, matched), request.path);
  if (rewrite.uri.empty()) return std::nullopt;
  return with_query(replace_prefix(path, matched, rewrite.uri), request.path);
}

// Envoy's newUri and processRequestHost (source/common/router/config_impl.cc).
std::string location(const Redirect& redirect, const HttpMatch* match, const RouteRequest& request,
                     const Evaluator& at) {
  const std::string scheme = redirect.scheme.empty() ? std::string(request.scheme) : redirect.scheme;
  std::uint16_t port = redirect.port_from_request ? at.listener_port : redirect.port;
  if (redirect.port_stated) {
    const std::string known = redirect.scheme.empty() ? (at.tls ? "https" : "http") : redirect.scheme;
    if ((port == 80 && known == "http") || (port == 443 && known == "https")) port = 0;
  }
  std::string host = redirect.authority;
  if (host.empty()) {
    std::string_view own = request.authority;
    const auto colon = own.rfind(':');
    if (colon != std::string_view::npos && own.find(']', colon) == std::string_view::npos) {
      const std::string_view own_port = own.substr(colon);
      bool remove = port != 0;
      if (scheme != request.scheme)
        remove |= (request.scheme == "https" && own_port == ":443") || (request.scheme == "http" && own_port == ":80");
      if (remove) own = own.substr(0, colon);
    }
    host = own;
  }
  const std::string_view path = path_only(request.path);
  std::string target;
  if (redirect.prefix_rewrite) {
    const std::string_view matched = matched_part(match, path);
    target = replace_prefix(path, matched, *redirect.prefix_rewrite);
    target = with_query(std::move(target), request.path);
  } else if (redirect.uri.empty()) {
    target = std::string(request.path.substr(0, request.path.find('#')));
  } else {
    target = with_query(redirect.uri, request.path);
  }
  return scheme + "://" + host + (port != 0 ? ':' + std::to_string(port) : std::string()) + target;
}

RouteFinding finding(const HttpRule& rule, const Evaluator& at, std::string why) {
  RouteFinding out;
  out.route = rule.object;
  out.rule = rule.index;
  out.chosen = true;
  out.at = at.kind;
  out.why = std::move(why);
  out.rules = {"DP-250"};
  return out;
}

struct Resolved {
  std::size_t service = kNone;
  std::uint16_t port = 0;
  std::string problem;  // why Envoy has no cluster for it
};

Resolved resolve_target(const Evaluator& at, const Target& target) {
  Resolved out;
  if (target.host.empty()) {
    out.problem = target.why_invalid.empty() ? "the backend reference is invalid" : target.why_invalid;
    return out;
  }
  out.service = at.find_service(target.host);
  if (out.service == kNone) {
    out.problem = "no service " + target.host + " is known to this proxy";
    return out;
  }
  // GetDestinationCluster: an alias stands for the Service it names.
  if (const std::string& alias = at.mesh->services[out.service].external_name; !alias.empty())
    if (const std::size_t concrete = at.find_service(lower(alias)); concrete != kNone) out.service = concrete;
  const Service& service = at.mesh->services[out.service];
  out.port = target.port;
  if (out.port == 0)
    out.port = at.single_port_default && service.ports.size() == 1 ? service.ports[0].port : at.listener_port;
  out.service = with_port(*at.mesh, out.service, out.port);
  if (at.mesh->services[out.service].find_port(out.port) == nullptr) {
    out.problem = target.host + " has no port " + std::to_string(out.port);
    return out;
  }
  return out;
}

void aim(const Evaluator& at, const Target& target, const Resolved& to, RouteChoice& choice) {
  choice.kind = RouteChoice::Kind::Forward;
  choice.service = to.service;
  choice.port = to.port;
  const Service& service = at.mesh->services[to.service];
  const bool own = at.kind == ProxyKind::Waypoint && at.owns && at.owns(to.service);
  const DestinationRule* rule = at.rules->find(at.ns, at.labels, service, own);
  if (!target.subset.empty()) {
    const DestinationRule::Subset* subset = rule == nullptr ? nullptr : rule->find_subset(target.subset);
    choice.subset_name = target.subset;
    if (subset == nullptr) {
      choice =
          answer(503, "NC", "cluster_not_found",
                 {"DP-252", "no DestinationRule in force defines subset " + target.subset + " of " + target.host, {}});
      return;
    }
    choice.subset = subset->labels;
  }
  if (rule != nullptr) choice.policy = rule->policy_for(target.subset, to.port);
  // PO-122: HBONE is used whatever these two say.
  if (own && (choice.policy.tls == ClientTls::IstioMutual || choice.policy.tls == ClientTls::Disable))
    choice.policy.tls = ClientTls::Unset;
}

// A matcher that takes a lone star takes every origin (Envoy's CorsFilter::isOriginAllowed).
bool origin_allowed(const Cors& cors, const std::string& origin) {
  return std::any_of(cors.origins.begin(), cors.origins.end(),
                     [&](const StringMatch& m) { return m.matches("*") || m.matches(origin); });
}

Headers headers_for_origin(const Cors& cors, const std::string& origin) {
  Headers out{{"access-control-allow-origin", origin}};
  if (cors.credentials == true) out.emplace_back("access-control-allow-credentials", "true");
  if (!cors.expose.empty()) out.emplace_back("access-control-expose-headers", cors.expose);
  return out;
}

void add_cors(const Cors& cors, const RouteRequest& request, RouteChoice& choice) {
  const std::string* origin = header_of(request, "origin");
  if (origin == nullptr || !origin_allowed(cors, *origin)) return;
  for (auto& header : headers_for_origin(cors, *origin)) choice.response_headers.set.push_back(std::move(header));
}

// DP-220: the CORS filter answers a preflight itself; a lone star in methods or headers gives back what was asked for.
// An origin that is not allowed is told everything except that it is.
std::optional<RouteChoice> preflight(const Cors& cors, const RouteRequest& request, const HttpRule& rule) {
  const std::string* origin = header_of(request, "origin");
  const std::string* method = header_of(request, "access-control-request-method");
  if (request.method != "OPTIONS" || origin == nullptr || origin->empty() || method == nullptr || method->empty())
    return std::nullopt;
  const bool allowed = origin_allowed(cors, *origin);
  if (!allowed && !cors.ignore_unmatched) return std::nullopt;
  RouteChoice out = answer(200, "-", "cors", {"DP-220", "the CORS policy answers the preflight", rule.object.source});
  if (allowed) out.answer_headers = headers_for_origin(cors, *origin);
  if (!allowed && cors.credentials == true) out.answer_headers.emplace_back("access-control-allow-credentials", "true");
  auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) out.answer_headers.emplace_back(name, value);
  };
  const std::string* names = header_of(request, "access-control-request-headers");
  put("access-control-allow-methods", cors.methods == "*" ? *method : cors.methods);
  put("access-control-allow-headers", cors.headers != "*" ? cors.headers : names != nullptr ? *names : std::string());
  put("access-control-max-age", cors.max_age);
  return out;
}

// Splits every choice by an independent event; shares stay exact because the complement is computed by difference.
void split(std::vector<RouteChoice>& choices, double share, const std::function<void(RouteChoice&)>& hit) {
  if (share <= 0) return;
  std::vector<RouteChoice> out;
  for (RouteChoice& choice : choices) {
    const double taken = share >= 1 ? choice.probability : choice.probability * share;
    RouteChoice with = choice;
    with.probability = taken;
    hit(with);
    out.push_back(std::move(with));
    if (share < 1) {
      choice.probability -= taken;
      out.push_back(std::move(choice));
    }
  }
  choices = std::move(out);
}

std::vector<RouteChoice> forward(const Evaluator& at, const RowMatch& hit, const RouteSet& set,
                                 const RouteRequest& request) {
  const HttpRule& rule = *hit.rule;
  RouteChoice base;
  base.timeout_ns = rule.timeout_ns.value_or(0);
  base.retries = rule.retries;
  if (base.retries && base.retries->on.empty()) base.retries->on = kRetryOn;
  if (!base.retries) base.retries = default_retries(*at.mesh);
  if (base.retries->attempts == 0) base.retries.reset();
  if (rule.rewrite) base.new_path = rewritten_path(*rule.rewrite, hit.match, request);
  for (const MirrorTarget& mirror : rule.mirrors) {
    const Resolved to = resolve_target(at, mirror.target);
    if (!to.problem.empty()) continue;
    RouteChoice copy;  // DP-252: without the subset there is no cluster, and Envoy drops the copy
    aim(at, mirror.target, to, copy);
    if (copy.kind == RouteChoice::Kind::Forward)
      base.mirrors.push_back({to.service, to.port, copy.subset, mirror.percent.share()});
  }
  std::uint64_t total = 0;
  for (const Target& target : rule.targets) total += target.weight;
  std::vector<RouteChoice> out;
  if (rule.targets.empty() || total == 0) {
    RouteChoice choice =
        set.gateway_api
            ? answer(500, "-", "direct_response",
                     {"DP-252", "the rule has no backend with a weight above zero", rule.object.source})
            : answer(503, "NC", "cluster_not_found",
                     {"DP-252", "the route has no destination with a weight above zero", rule.object.source});
    out.push_back(std::move(choice));
    return out;
  }
  for (const Target& target : rule.targets) {
    if (target.weight == 0) continue;
    RouteChoice choice = base;
    const Resolved to = resolve_target(at, target);
    if (!to.problem.empty()) {
      choice = answer(503, "NC", "cluster_not_found", {"DP-252", to.problem, rule.object.source});
    } else {
      aim(at, target, to, choice);
    }
    if (choice.kind == RouteChoice::Kind::Answer && set.gateway_api) choice.status = 500;
    choice.probability = static_cast<double>(target.weight) / static_cast<double>(total);
    // A lone destination is merged into its route, so its headers come last; with several, Envoy applies the
    // destination's first and the route's after it.
    const bool lone = rule.targets.size() == 1;
    choice.request_headers = lone ? concatenate(rule.request, target.request) : compose(target.request, rule.request);
    choice.response_headers =
        lone ? concatenate(rule.response, target.response) : compose(target.response, rule.response);
    choice.new_authority = rule.authority ? rule.authority : target.authority;
    out.push_back(std::move(choice));
  }
  return out;
}

}  // namespace

RouteChoice answer(int status, std::string flags, std::string details, Reason reason) {
  RouteChoice out;
  out.kind = RouteChoice::Kind::Answer;
  out.status = status;
  out.flags = std::move(flags);
  out.details = std::move(details);
  out.reasons.push_back(std::move(reason));
  return out;
}

RouteChoice close(std::string flags, Reason reason) {
  RouteChoice out;
  out.kind = RouteChoice::Kind::Close;
  out.flags = std::move(flags);
  out.reasons.push_back(std::move(reason));
  return out;
}

RetryPolicy default_retries(const Mesh& mesh) {
  RetryPolicy out{2, std::string(kRetryOn), 0};
  const Node policy = mesh.settings.config_value("defaultHttpRetryPolicy");
  if (!policy.has_value()) return out;
  out.attempts = static_cast<int>(policy["attempts"].integer().value_or(0));
  if (!policy["retryOn"].string_or().empty()) out.on = policy["retryOn"].string();
  out.per_try_timeout_ns = read_duration(policy["perTryTimeout"].string_or()).value_or(0);
  return out;
}

RouteChoice default_route(const Evaluator& at, std::size_t service, std::uint16_t port, bool http) {
  RouteChoice out;
  Target target;
  target.host = at.mesh->services[service].hostname;
  aim(at, target, {service, port, {}}, out);
  if (!http) return out;
  if (at.kind != ProxyKind::Waypoint || at.mesh->settings.profile.waypoint_default_retries) {
    out.retries = default_retries(*at.mesh);
    if (out.retries->attempts == 0) out.retries.reset();
  } else {
    const ServicePort* declared = at.mesh->services[service].find_port(port);
    if (declared == nullptr || declared->protocol != Protocol::Grpc)
      out.retries = RetryPolicy{2, "reset-before-request", 0};  // R0
  }
  // DP-215: without a route the hash policy has no effect at a waypoint of older versions.
  if (at.kind == ProxyKind::Waypoint && out.policy.consistent_hash &&
      !at.mesh->settings.profile.waypoint_consistent_hash_without_route)
    out.policy.consistent_hash = false;
  return out;
}

std::vector<RouteChoice> follow_rule(const Evaluator& at, const RowMatch& hit, const RouteSet& set,
                                     const RouteRequest& request) {
  const HttpRule& rule = *hit.rule;
  std::vector<RouteChoice> out;
  std::string why = "rule " + std::to_string(rule.index) + " of " + rule.object.text() + " matches";
  // A route that answers itself has no CORS policy in Envoy.
  const auto early = rule.cors && !rule.redirect && !rule.direct ? preflight(*rule.cors, request, rule) : std::nullopt;
  if (early) {
    out.push_back(*early);
  } else if (rule.redirect) {
    RouteChoice choice = answer(rule.redirect->code, "-", "direct_response",
                                {"DP-250", rule.object.text() + " redirects", rule.object.source});
    choice.answer_headers.emplace_back("location", location(*rule.redirect, hit.match, request, at));
    choice.response_headers = rule.response;
    out.push_back(std::move(choice));
  } else if (rule.direct) {
    RouteChoice choice = answer(rule.direct->status, "-", "direct_response",
                                {"DP-250", rule.object.text() + " answers directly", rule.object.source});
    choice.body = rule.direct->body;
    choice.response_headers = rule.response;
    out.push_back(std::move(choice));
  } else {
    out = forward(at, hit, set, request);
    if (rule.cors)
      for (RouteChoice& choice : out) add_cors(*rule.cors, request, choice);
  }
  // The fault filter stands before the CORS filter: it delays and aborts preflights as well.
  if (rule.fault) {
    const Fault& fault = *rule.fault;
    if (fault.delay_ns)
      split(out, fault.delay_percent.share(), [&](RouteChoice& choice) { choice.fault_delay_ns = *fault.delay_ns; });
    if (fault.abort_status || fault.abort_grpc)
      split(out, fault.abort_percent.share(), [&](RouteChoice& choice) {
        RouteChoice abort =
            answer(fault.abort_status.value_or(200), choice.fault_delay_ns > 0 ? "DI,FI" : "FI", "fault_filter_abort",
                   {"DP-220", rule.object.text() + " injects an abort", rule.object.source});
        abort.body = "fault filter abort";
        if (!fault.abort_status) abort.answer_headers.emplace_back("grpc-status", std::to_string(*fault.abort_grpc));
        abort.probability = choice.probability;
        abort.fault_delay_ns = choice.fault_delay_ns;
        choice = std::move(abort);
      });
    for (RouteChoice& choice : out)
      if (choice.fault_delay_ns > 0 && (choice.flags.empty() || choice.flags == "-")) choice.flags = "DI";
  }
  settle(out);
  for (RouteChoice& choice : out) {
    choice.route = rule.object;
    choice.rule = rule.index;
    choice.considered.push_back(finding(rule, at, why));
  }
  return out;
}

void settle(std::vector<RouteChoice>& choices) {
  std::erase_if(choices, [](const RouteChoice& choice) { return choice.probability <= 0; });
  if (choices.empty()) return;
  double before = 0;
  for (std::size_t i = 0; i + 1 < choices.size(); ++i) before += choices[i].probability;
  choices.back().probability = 1.0 - before;
}

std::vector<RouteChoice> follow_stream(const Evaluator& at, const StreamRule& rule) {
  std::uint64_t total = 0;
  for (const Target& target : rule.targets) total += target.weight;
  std::vector<RouteChoice> out;
  for (const Target& target : rule.targets) {
    if (target.weight == 0) continue;
    const Resolved to = resolve_target(at, target);
    RouteChoice choice;
    if (!to.problem.empty()) {
      choice = close("UH", {"DP-252", to.problem, rule.object.source});
    } else {
      aim(at, target, to, choice);
      if (choice.kind == RouteChoice::Kind::Answer) {
        const Reason reason = choice.reasons.back();
        choice = close("NC", reason);
      }
    }
    choice.probability = static_cast<double>(target.weight) / static_cast<double>(total);
    out.push_back(std::move(choice));
  }
  if (out.empty())
    out.push_back(close("UH", {"DP-252", "no destination with a weight above zero", rule.object.source}));
  settle(out);
  for (RouteChoice& choice : out) {
    choice.route = rule.object;
    choice.rule = rule.index;
    RouteFinding found;
    found.route = rule.object;
    found.rule = rule.index;
    found.chosen = true;
    found.at = at.kind;
    found.why = "rule " + std::to_string(rule.index) + " of " + rule.object.text() + " matches";
    choice.considered.push_back(std::move(found));
  }
  return out;
}

}  // namespace meshsim::models::route
