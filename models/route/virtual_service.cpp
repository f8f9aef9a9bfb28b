// VirtualService -> RouteSet, delegates merged (DP-250, DP-255, DP-256).
#include <algorithm>
#include <map>

#include <re2/re2.h>

#include "models/route/route_set.h"
#include "models/value/grpc_status.h"

namespace meshsim::models::route {
namespace {

std::uint16_t read_port(Node node) {
  const auto number = node.integer();
  return number && *number > 0 && *number < 65536 ? static_cast<std::uint16_t>(*number) : 0;
}

std::string full_host(const Mesh& mesh, std::string_view host, std::string_view ns) {
  // Only a name without dots is short for istiod (ResolveShortnameToFQDN, 1.27); `*` and FQDNs stay as they are.
  if (host.empty() || host.find('.') != std::string_view::npos || host.find('*') != std::string_view::npos)
    return lower(host);
  if (host.find(':') != std::string_view::npos) return lower(host);
  return lower(mesh.fqdn(host, ns));
}

Percent read_percent(Node percentage, Node old_percent, double otherwise) {
  double value = otherwise;
  if (percentage.has_value()) {
    value = percentage["value"].number().value_or(0);
  } else if (old_percent.has_value()) {
    value = old_percent.number().value_or(0);
  }
  return {value >= 0 && value <= 100 ? value : value > 100 ? 100.0 : 0.0};  // .nan is nothing
}

// isInternalHeader: pseudo headers and Host cannot be edited as headers; Host becomes a host rewrite.
void read_edits(Node headers, HeaderEdits& edits, std::optional<std::string>* authority) {
  std::optional<std::string> by_set, by_add;
  auto pairs = [](Node node, Headers& into, std::optional<std::string>& host) {
    for (const Node entry : node) {
      const std::string name = lower(entry.key());
      if (name == ":authority" || name == "host") host = std::string(entry.text());
      if (name.starts_with(':') || name == "host") continue;
      into.emplace_back(name, std::string(entry.text()));
    }
    std::stable_sort(into.begin(), into.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  };
  pairs(headers["set"], edits.set, by_set);
  pairs(headers["add"], edits.add, by_add);
  for (const Node entry : headers["remove"]) {
    const std::string name = lower(entry.text());
    if (!name.starts_with(':') && name != "host") edits.remove.push_back(name);
  }
  if (authority != nullptr && (by_set || by_add)) *authority = by_set ? by_set : by_add;
}

// `@request.auth.claims.a.b` and `@request.auth.claims[a][b]`.
std::optional<std::vector<std::string>> claim_path(std::string_view name) {
  constexpr std::string_view kStart = "@request.auth.claims";
  if (!starts_with_ignoring_case(name, kStart)) return std::nullopt;
  std::string_view rest = name.substr(kStart.size());
  std::vector<std::string> path;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    while (true) {
      const auto dot = rest.find('.');
      path.emplace_back(rest.substr(0, dot));
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
  } else if (rest.starts_with('[') && rest.ends_with(']')) {
    rest = rest.substr(1, rest.size() - 2);
    while (true) {
      const auto gap = rest.find("][");
      path.emplace_back(rest.substr(0, gap));
      if (gap == std::string_view::npos) break;
      rest.remove_prefix(gap + 2);
    }
  } else {
    return std::nullopt;
  }
  return path;
}

void read_headers(Node headers, bool invert, HttpMatch& into) {
  for (const Node entry : headers) {
    const StringMatch match = StringMatch::read(entry);
    if (auto path = claim_path(entry.key())) {
      into.claims.push_back({std::move(*path), match, invert});
    } else {
      into.headers.push_back({lower(entry.key()), match, invert});
    }
  }
}

Labels read_labels(Node node) {
  Labels out;
  for (const Node entry : node) out.emplace(std::string(entry.key()), std::string(entry.text()));
  return out;
}

// "mesh", "name" (own namespace), "ns/name", "name.ns.svc..." (istiod resolveGatewayName).
std::string gateway_name(std::string_view name, std::string_view ns) {
  if (name == "mesh") return "mesh";
  if (name.starts_with("./")) return std::string(ns) + '/' + std::string(name.substr(2));
  if (name.find('/') != std::string_view::npos) return std::string(name);
  if (const auto dot = name.find('.'); dot != std::string_view::npos) {
    const std::string_view after = name.substr(dot + 1);
    return std::string(after.substr(0, after.find('.'))) + '/' + std::string(name.substr(0, dot));
  }
  return std::string(ns) + '/' + std::string(name);
}

std::vector<std::string> gateway_names(Node node, std::string_view ns) {
  std::vector<std::string> out;
  for (const Node entry : node) out.push_back(gateway_name(entry.text(), ns));
  return out;
}

HttpMatch read_match(Node node, std::string_view ns) {
  HttpMatch out;
  if (node["uri"].has_value())
    out.uri = StringMatch::read(node["uri"], node["ignoreUriCase"].boolean().value_or(false));
  if (out.uri && out.uri->kind == StringMatch::Kind::Present) out.uri.reset();
  if (node["method"].has_value()) out.headers.push_back({":method", StringMatch::read(node["method"]), false});
  if (node["authority"].has_value()) out.headers.push_back({":authority", StringMatch::read(node["authority"]), false});
  if (node["scheme"].has_value()) out.headers.push_back({":scheme", StringMatch::read(node["scheme"]), false});
  read_headers(node["headers"], false, out);
  read_headers(node["withoutHeaders"], true, out);
  for (const Node entry : node["queryParams"])
    out.query.push_back({std::string(entry.key()), StringMatch::read(entry), false});
  out.port = read_port(node["port"]);
  out.source_labels = read_labels(node["sourceLabels"]);
  out.source_ns = node["sourceNamespace"].string();
  out.gateways = gateway_names(node["gateways"], ns);
  return out;
}

Target read_target(const Mesh& mesh, Node destination, std::string_view ns) {
  Target out;
  out.host = full_host(mesh, destination["host"].string_or(), ns);
  out.port = read_port(destination["port"]["number"]);
  out.subset = destination["subset"].string();
  return out;
}

std::vector<Target> read_targets(const Mesh& mesh, Node route, std::string_view ns) {
  std::vector<Target> out;
  for (const Node entry : route) {
    Target target = read_target(mesh, entry["destination"], ns);
    target.weight = static_cast<std::uint32_t>(std::max<std::int64_t>(0, entry["weight"].integer().value_or(0)));
    read_edits(entry["headers"]["request"], target.request, &target.authority);
    read_edits(entry["headers"]["response"], target.response, nullptr);
    out.push_back(std::move(target));
  }
  if (out.size() == 1) out[0].weight = 1;  // DP-250: a single destination takes all, whatever its weight
  return out;
}

std::optional<Redirect> read_redirect(Node node) {
  if (!node.has_value()) return std::nullopt;
  Redirect out;
  out.scheme = node["scheme"].string();
  out.authority = node["authority"].string();
  out.uri = node["uri"].string();
  if (node["prefixRewrite"].has_value()) out.prefix_rewrite = node["prefixRewrite"].string();
  if (node["port"].has_value()) {
    out.port = read_port(node["port"]);
    out.port_stated = true;
  } else if (node["derivePort"].has_value()) {
    out.port_from_request = node["derivePort"].string_or() == "FROM_REQUEST_PORT";
    out.port_stated = true;
  }
  out.code = static_cast<int>(node["redirectCode"].integer().value_or(301));
  if (out.code == 0) out.code = 301;
  return out;
}

std::optional<Rewrite> read_rewrite(Node node, std::optional<std::string>& authority) {
  if (!node.has_value()) return std::nullopt;
  Rewrite out;
  out.uri = node["uri"].string();
  if (const Node regex = node["uriRegexRewrite"]; regex.has_value()) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    auto compiled = std::make_shared<const re2::RE2>(std::string(regex["match"].string_or()), options);
    if (compiled->ok()) out.regex = std::move(compiled);
    out.regex_with = regex["rewrite"].string();
  }
  if (!node["authority"].string_or().empty()) authority = node["authority"].string();
  return out;
}

std::optional<Fault> read_fault(Node node) {
  if (!node.has_value()) return std::nullopt;
  Fault out;
  if (const Node delay = node["delay"]; delay.has_value()) {
    out.delay_ns = read_duration(delay["fixedDelay"].string_or());
    out.delay_percent = read_percent(delay["percentage"], delay["percent"], 0);
  }
  if (const Node abort = node["abort"]; abort.has_value()) {
    if (const auto status = abort["httpStatus"].integer()) out.abort_status = static_cast<int>(*status);
    if (abort["grpcStatus"].has_value()) {
      out.abort_grpc = static_cast<int>(grpc_status_of(abort["grpcStatus"].text()).value_or(2));
    }
    // An abort without percentage is not injected: Envoy's default share is 0 (TranslateFault, 1.27).
    out.abort_percent = read_percent(abort["percentage"], abort["percent"], 0);
  }
  return out;
}

std::string join(Node sequence) {
  std::string out;
  for (const Node entry : sequence) {
    if (!out.empty()) out += ',';
    out += entry.text();
  }
  return out;
}

std::optional<Cors> read_cors(Node node) {
  if (!node.has_value()) return std::nullopt;
  Cors out;
  for (const Node origin : node["allowOrigins"]) out.origins.push_back(StringMatch::read(origin));
  if (!node["allowOrigins"].has_value())
    for (const Node origin : node["allowOrigin"])
      out.origins.push_back(origin.text() == "*" ? StringMatch{} : StringMatch::exact(std::string(origin.text())));
  out.methods = join(node["allowMethods"]);
  out.headers = join(node["allowHeaders"]);
  out.expose = join(node["exposeHeaders"]);
  if (const auto age = read_duration(node["maxAge"].string_or())) out.max_age = std::to_string(*age / 1'000'000'000);
  out.credentials = node["allowCredentials"].boolean();
  out.ignore_unmatched = node["unmatchedPreflights"].string_or() == "IGNORE";
  return out;
}

HttpRule read_http(const Mesh& mesh, Node node, const Object& object, int index) {
  HttpRule rule;
  rule.object = object.ref();
  rule.object.source = object.source(node);
  rule.index = index;
  // What istiod made of an Ingress: a prefix ends where a path segment does.
  const bool segments = find(object.annotations, "internal.istio.io/route-semantics") == "ingress";
  for (const Node match : node["match"]) {
    rule.matches.push_back(read_match(match, object.ns));
    auto& uri = rule.matches.back().uri;
    if (!segments || !uri || uri->kind != StringMatch::Kind::Prefix || uri->text == "/") continue;
    uri->kind = StringMatch::Kind::Segment;
    if (uri->text.ends_with('/')) uri->text.pop_back();
  }
  rule.targets = read_targets(mesh, node["route"], object.ns);
  rule.redirect = read_redirect(node["redirect"]);
  if (const Node direct = node["directResponse"]; direct.has_value()) {
    rule.direct = DirectResponse{
        static_cast<int>(direct["status"].integer().value_or(200)),
        direct["body"]["string"].has_value() ? direct["body"]["string"].string() : direct["body"]["bytes"].string()};
  }
  read_edits(node["headers"]["request"], rule.request, &rule.authority);
  read_edits(node["headers"]["response"], rule.response, nullptr);
  rule.rewrite = read_rewrite(node["rewrite"], rule.authority);
  rule.fault = read_fault(node["fault"]);
  rule.cors = read_cors(node["corsPolicy"]);
  if (node["mirror"].has_value()) {
    const Percent share = read_percent(node["mirrorPercentage"], node["mirrorPercent"], 100);
    if (share.value > 0) rule.mirrors.push_back({read_target(mesh, node["mirror"], object.ns), share});
  }
  for (const Node mirror : node["mirrors"]) {
    const Percent share = read_percent(mirror["percentage"], {}, 100);
    if (share.value > 0 && mirror["destination"].has_value())
      rule.mirrors.push_back({read_target(mesh, mirror["destination"], object.ns), share});
  }
  if (node["timeout"].has_value()) rule.timeout_ns = read_duration(node["timeout"].string_or());
  if (const Node retries = node["retries"]; retries.has_value()) {
    RetryPolicy policy;
    policy.attempts = static_cast<int>(retries["attempts"].integer().value_or(0));
    policy.on = retries["retryOn"].string();
    policy.per_try_timeout_ns = read_duration(retries["perTryTimeout"].string_or()).value_or(0);
    rule.retries = policy;
  }
  return rule;
}

StreamRule read_stream(const Mesh& mesh, Node node, const Object& object, int index) {
  StreamRule rule;
  rule.object = object.ref();
  rule.object.source = object.source(node);
  rule.index = index;
  for (const Node entry : node["match"]) {
    StreamMatch match;
    for (const std::string& host : read_strings(entry["sniHosts"])) match.sni_hosts.push_back(lower(host));
    match.port = read_port(entry["port"]);
    match.source_labels = read_labels(entry["sourceLabels"]);
    match.source_ns = entry["sourceNamespace"].string();
    match.gateways = gateway_names(entry["gateways"], object.ns);
    for (const std::string& subnet : read_strings(entry["destinationSubnets"]))
      if (const auto cidr = Cidr::parse(subnet)) match.destination_subnets.push_back(*cidr);
    rule.matches.push_back(std::move(match));
  }
  rule.targets = read_targets(mesh, node["route"], object.ns);
  return rule;
}

// DP-256: a delegate's condition must refine the root's (stringMatchConflict, pilot/pkg/model/virtualservice.go, 1.27).
bool conflicts(const StringMatch& root, const StringMatch& own) {
  using Kind = StringMatch::Kind;
  if (root.ignore_case != own.ignore_case) return true;
  const bool regex =
      root.kind == Kind::Regex || root.kind == Kind::Never || own.kind == Kind::Regex || own.kind == Kind::Never;
  if (regex) return true;
  if (root.kind == Kind::Exact) return own.kind != Kind::Exact || own.text != root.text;
  if (root.kind == Kind::Prefix) return own.kind == Kind::Present || !own.text.starts_with(root.text);
  return true;
}

// Entries of one name must not conflict; the delegate's replaces the root's.
template <typename T, typename Same>
bool unite(const std::vector<T>& root, std::vector<T>& own, Same same) {
  for (const T& wanted : root) {
    const auto found = std::find_if(own.begin(), own.end(), [&](const T& o) { return same(o, wanted); });
    if (found == own.end()) {
      own.push_back(wanted);
    } else if (conflicts(wanted.match, found->match)) {
      return false;
    }
  }
  return true;
}

std::optional<HttpMatch> merge_match(const HttpMatch& root, HttpMatch own) {
  if (!own.uri) {
    own.uri = root.uri;
  } else if (root.uri && conflicts(*root.uri, *own.uri)) {
    return std::nullopt;
  }
  const auto same_name = [](const NamedMatch& a, const NamedMatch& b) {
    return a.name == b.name && a.invert == b.invert;
  };
  const auto same_claim = [](const ClaimMatch& a, const ClaimMatch& b) {
    return a.path == b.path && a.invert == b.invert;
  };
  if (!unite(root.headers, own.headers, same_name) || !unite(root.query, own.query, same_name) ||
      !unite(root.claims, own.claims, same_claim))
    return std::nullopt;
  if (root.port != 0 && own.port != 0 && root.port != own.port) return std::nullopt;
  if (own.port == 0) own.port = root.port;
  if (!root.source_ns.empty() && own.source_ns != root.source_ns) return std::nullopt;
  for (const auto& [key, value] : root.source_labels)
    if (const auto [it, fresh] = own.source_labels.emplace(key, value); !fresh && it->second != value)
      return std::nullopt;
  if (own.gateways.empty()) {
    own.gateways = root.gateways;
  } else if (!root.gateways.empty()) {
    for (const std::string& gateway : own.gateways)
      if (std::find(root.gateways.begin(), root.gateways.end(), gateway) == root.gateways.end()) return std::nullopt;
  }
  return own;
}

bool has_edits(const HeaderEdits& edits) { return !edits.set.empty() || !edits.add.empty() || !edits.remove.empty(); }

// mergeHTTPRoute: what the delegate leaves open comes from the root. Every match of the delegate needs a match of the
// root that it refines, else the delegate's route is dropped.
std::optional<HttpRule> merge_delegate(const HttpRule& root, HttpRule own) {
  if (!root.matches.empty() && !own.matches.empty()) {
    std::vector<HttpMatch> merged;
    for (const HttpMatch& o : own.matches) {
      bool fits = false;
      for (const HttpMatch& r : root.matches)
        if (auto both = merge_match(r, o)) {
          merged.push_back(std::move(*both));
          fits = true;
        }
      if (!fits) return std::nullopt;
    }
    own.matches = std::move(merged);
  } else if (own.matches.empty()) {
    own.matches = root.matches;
  }
  if (!own.rewrite) own.rewrite = root.rewrite;
  if (!own.direct) own.direct = root.direct;
  if (!own.authority) own.authority = root.authority;
  if (!own.timeout_ns) own.timeout_ns = root.timeout_ns;
  if (!own.retries) own.retries = root.retries;
  if (!own.fault) own.fault = root.fault;
  if (own.mirrors.empty()) own.mirrors = root.mirrors;
  if (!own.cors) own.cors = root.cors;
  if (!has_edits(own.request) && !has_edits(own.response)) {
    own.request = root.request;
    own.response = root.response;
  }
  return own;
}

}  // namespace

std::vector<RouteSet> read_virtual_services(const Mesh& mesh, Diagnostics& diagnostics) {
  std::vector<const Object*> objects = mesh.objects_of("VirtualService");
  std::stable_sort(objects.begin(), objects.end(), [](const Object* a, const Object* b) { return older(*a, *b); });
  std::map<std::pair<std::string, std::string>, const Object*> delegates;
  for (const Object* object : objects)
    if (object->spec()["hosts"].empty()) delegates[{object->ns, object->name}] = object;

  std::vector<RouteSet> out;
  for (const Object* object : objects) {
    const Node spec = object->spec();
    if (spec["hosts"].empty()) continue;
    RouteSet set;
    set.ref = object->ref();
    set.ns = object->ns;
    set.creation = object->creation_timestamp;
    set.sort_name = object->name;
    for (const std::string& host : read_strings(spec["hosts"])) set.hosts.push_back(full_host(mesh, host, object->ns));
    set.gateways = gateway_names(spec["gateways"], object->ns);
    if (set.gateways.empty()) set.gateways.push_back("mesh");
    set.export_to = read_strings(spec["exportTo"]);
    int index = 0;
    for (const Node entry : spec["http"]) {
      HttpRule rule = read_http(mesh, entry, *object, index++);
      const Node delegate = entry["delegate"];
      if (!delegate.has_value()) {
        set.http.push_back(std::move(rule));
        continue;
      }
      const std::string ns = delegate["namespace"].string_or().empty() ? object->ns : delegate["namespace"].string();
      const auto found = delegates.find({ns, delegate["name"].string()});
      if (found == delegates.end() || !exported(read_strings(found->second->spec()["exportTo"]), ns, object->ns)) {
        diagnostics.push_back(
            {Severity::Warning, "MSH0240", object->ref().text(), object->source().file, delegate.position(),
             "DP-256: the delegate VirtualService " + ns + "/" + std::string(delegate["name"].string_or()) +
                 " does not exist, has hosts, or is not exported here: this route is dropped"});
        continue;
      }
      int inner = 0;
      for (const Node own : found->second->spec()["http"]) {
        HttpRule detail = read_http(mesh, own, *found->second, inner++);
        if (auto merged = merge_delegate(rule, std::move(detail))) set.http.push_back(std::move(*merged));
      }
    }
    index = 0;
    for (const Node entry : spec["tls"]) set.tls.push_back(read_stream(mesh, entry, *object, index++));
    index = 0;
    for (const Node entry : spec["tcp"]) set.tcp.push_back(read_stream(mesh, entry, *object, index++));
    set.table.build(set.http);
    out.push_back(std::move(set));
  }
  return out;
}

}  // namespace meshsim::models::route
