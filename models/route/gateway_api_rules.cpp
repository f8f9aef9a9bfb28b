#include "models/route/gateway_api_rules.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include <re2/re2.h>

namespace meshsim::models::route {
namespace {

constexpr std::string_view kGroup = "gateway.networking.k8s.io";

std::string text_or(Node node, std::string_view fallback) {
  return node.has_value() ? std::string(node.text()) : std::string(fallback);
}

void read_edits(Node filter, HeaderEdits& edits) {
  auto pairs = [](Node list, Headers& into) {
    for (const Node entry : list) {
      const std::string name = lower(entry["name"].text());
      std::erase_if(into, [&](const auto& p) { return p.first == name; });  // a map: the last entry of a name counts
      into.emplace_back(name, std::string(entry["value"].text()));
    }
    std::stable_sort(into.begin(), into.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  };
  edits = {};
  pairs(filter["set"], edits.set);
  pairs(filter["add"], edits.add);
  for (const std::string& name : read_strings(filter["remove"])) edits.remove.push_back(lower(name));
}

// Host among header edits rewrites the authority, as in a VirtualService.
std::optional<std::string> take_authority(HeaderEdits& edits) {
  std::optional<std::string> out;
  for (Headers* list : {&edits.add, &edits.set}) {
    for (const auto& [name, value] : *list)
      if (name == "host" || name == ":authority") out = value;
    std::erase_if(*list, [](const auto& p) { return p.first == "host" || p.first.starts_with(':'); });
  }
  std::erase_if(edits.remove, [](const std::string& name) { return name == "host" || name.starts_with(':'); });
  return out;
}

StringMatch typed(Node node, Node value) {
  const std::string type = text_or(node["type"], "Exact");
  return type == "RegularExpression" ? StringMatch::expression(std::string(value.text()))
                                     : StringMatch::exact(std::string(value.text()));
}

StringMatch path_match(Node path) {
  const std::string type = text_or(path["type"], "PathPrefix");
  std::string value = text_or(path["value"], "/");
  if (type == "Exact") return StringMatch::exact(std::move(value));
  if (type == "RegularExpression") return StringMatch::expression(std::move(value));
  StringMatch out;
  if (value != "/" && value.ends_with('/')) value.pop_back();
  out.kind = value == "/" ? StringMatch::Kind::Prefix : StringMatch::Kind::Segment;
  out.text = std::move(value);
  return out;
}

void add_unique(std::vector<NamedMatch>& list, std::string name, StringMatch match) {
  std::erase_if(list, [&](const NamedMatch& m) { return m.name == name; });
  list.push_back({std::move(name), std::move(match), false});
}

HttpMatch http_match(Node node) {
  HttpMatch out;
  out.uri = path_match(node["path"]);
  for (const Node header : node["headers"])
    add_unique(out.headers, lower(header["name"].text()), typed(header, header["value"]));
  for (const Node query : node["queryParams"])
    add_unique(out.query, std::string(query["name"].text()), typed(query, query["value"]));
  if (node["method"].has_value())
    out.headers.push_back({":method", StringMatch::exact(std::string(node["method"].text())), false});
  return out;
}

HttpMatch grpc_match(Node node) {
  HttpMatch out;
  for (const Node header : node["headers"])
    add_unique(out.headers, lower(header["name"].text()), typed(header, header["value"]));
  const Node method = node["method"];
  if (!method.has_value()) return out;
  const bool regex = text_or(method["type"], "Exact") == "RegularExpression";
  const std::string service(method["service"].text()), name(method["method"].text());
  if (service.empty() && name.empty()) throw std::invalid_argument("a gRPC match must name a service or a method");
  if (service.empty()) {
    out.uri = StringMatch::expression("/[^/]+/" + name);
  } else if (name.empty()) {
    if (regex) {
      out.uri = StringMatch::expression("/" + service + "/.+");
    } else {
      // istiod writes the prefix `/service/`; path-separated, so without the last slash.
      StringMatch prefix;
      prefix.kind = StringMatch::Kind::Segment;
      prefix.text = "/" + service;
      out.uri = prefix;
    }
  } else {
    out.uri =
        regex ? StringMatch::expression("/" + service + "/" + name) : StringMatch::exact("/" + service + "/" + name);
  }
  return out;
}

// Throws std::invalid_argument on what istiod treats as a hard error.
Target backend(const Mesh& mesh, Node ref, const Object& route, bool mesh_parent, std::vector<std::string>& warnings) {
  Target out;
  const std::string group = text_or(ref["group"], ""), kind = text_or(ref["kind"], "Service");
  const std::string name(ref["name"].text());
  const std::string ns = text_or(ref["namespace"], route.ns);
  auto invalid = [&](std::string why) {
    warnings.push_back(why);
    out.host.clear();
    out.why_invalid = std::move(why);
    return out;
  };
  if (!mesh_parent && ns != route.ns && !reference_granted(mesh, kGroup, route.kind, route.ns, group, kind, ns, name))
    return invalid("backend " + ns + '/' + name + " lies in another namespace and no ReferenceGrant there allows it");
  const bool service = group.empty() && kind == "Service";
  const bool hostname = group == "networking.istio.io" && kind == "Hostname";
  const bool import = group == "multicluster.x-k8s.io" && kind == "ServiceImport";
  if (!service && !hostname && !import)
    return invalid("backend kind " + kind + " of group \"" + group + "\" is not supported");
  if (service && name.find('.') != std::string::npos)
    throw std::invalid_argument("backend \"" + name + "\" must be the name of a Service, not a hostname");
  if (hostname && ref["namespace"].has_value())
    throw std::invalid_argument("a backend of kind Hostname has no namespace");
  const auto port = ref["port"].integer();
  if (!port || *port <= 0 || *port > 65535) throw std::invalid_argument("backend " + name + " has no port");
  out.port = static_cast<std::uint16_t>(*port);
  out.host = lower(hostname ? name : mesh.fqdn(name, ns));
  if (hostname ? mesh.services_by_host(out.host).empty() && mesh.resolve_host(out.host, route.ns) == kNone
               : mesh.find_service(ns, name) == kNone) {
    const std::uint16_t kept = out.port;
    out = invalid("backend " + out.host + " is no Service among the files");
    out.port = kept;
  }
  return out;
}

void weigh(std::vector<Target>& targets) {
  std::erase_if(targets, [](const Target& t) { return t.weight == 0; });
}

std::uint32_t weight_of(Node ref) {
  if (!ref["weight"].has_value()) return 1;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ref["weight"].integer().value_or(0), 0, 1'000'000));
}

Redirect redirect_of(Node filter) {
  Redirect out;
  out.code = static_cast<int>(filter["statusCode"].integer().value_or(302));  // the schema's default
  out.authority = std::string(filter["hostname"].text());
  out.scheme = std::string(filter["scheme"].text());
  out.port_stated = true;
  if (const auto port = filter["port"].integer()) {
    out.port = static_cast<std::uint16_t>(*port);
  } else {
    out.port_from_request = !filter["scheme"].has_value();
  }
  const Node path = filter["path"];
  if (path["replaceFullPath"].has_value()) out.uri = std::string(path["replaceFullPath"].text());
  if (path["replacePrefixMatch"].has_value()) out.prefix_rewrite = std::string(path["replacePrefixMatch"].text());
  return out;
}

void rewrite_of(Node filter, HttpRule& rule) {
  const Node path = filter["path"];
  if (path.has_value()) {
    Rewrite out;
    if (path["replacePrefixMatch"].has_value()) {
      std::string with(path["replacePrefixMatch"].text());
      if (with.ends_with('/')) with.pop_back();
      out.strip_prefix = with.empty();
      out.uri = std::move(with);
    }
    if (path["replaceFullPath"].has_value()) out.full_path = std::string(path["replaceFullPath"].text());
    rule.rewrite = std::move(out);
  }
  if (filter["hostname"].has_value()) rule.authority = std::string(filter["hostname"].text());
}

Cors cors_of(const Mesh& mesh, Node filter) {
  Cors out;
  const bool wildcards = mesh.settings.profile.http_route_cors_wildcards;
  out.ignore_unmatched = wildcards;
  for (const std::string& origin : read_strings(filter["allowOrigins"])) {
    const auto star = origin.find('*');
    if (!wildcards) {
      out.origins.push_back(StringMatch::exact(origin));
    } else if (origin == "*") {
      out.origins.push_back(StringMatch::expression("[a-zA-Z][a-zA-Z0-9+.-]*://[^/\\s?#]+"));
    } else if (star == std::string::npos) {
      out.origins.push_back(StringMatch::exact(origin));
    } else {
      std::string pattern;
      for (std::size_t from = 0, to = star;; to = origin.find('*', from)) {
        pattern += re2::RE2::QuoteMeta(origin.substr(from, to == std::string::npos ? to : to - from));
        if (to == std::string::npos) break;
        pattern += ".*";
        from = to + 1;
      }
      out.origins.push_back(StringMatch::expression(std::move(pattern)));
    }
  }
  auto join = [](Node list) {
    std::string text;
    for (const std::string& entry : read_strings(list)) text += (text.empty() ? "" : ",") + entry;
    return text;
  };
  out.methods = join(filter["allowMethods"]);
  out.headers = join(filter["allowHeaders"]);
  out.expose = join(filter["exposeHeaders"]);
  if (filter["allowCredentials"].boolean().value_or(false)) out.credentials = true;
  if (const auto age = filter["maxAge"].integer(); age && *age > 0) out.max_age = std::to_string(*age);
  return out;
}

void read_filters(const Mesh& mesh, Node filters, const Object& route, bool mesh_parent, HttpRule& rule,
                  std::vector<std::string>& warnings) {
  for (const Node filter : filters) {
    const std::string type(filter["type"].text());
    if (type == "RequestHeaderModifier") {
      read_edits(filter["requestHeaderModifier"], rule.request);
      if (auto host = take_authority(rule.request)) rule.authority = std::move(host);
    } else if (type == "ResponseHeaderModifier") {
      read_edits(filter["responseHeaderModifier"], rule.response);
    } else if (type == "RequestRedirect") {
      rule.redirect = redirect_of(filter["requestRedirect"]);
    } else if (type == "URLRewrite") {
      rewrite_of(filter["urlRewrite"], rule);
    } else if (type == "CORS") {
      rule.cors = cors_of(mesh, filter["cors"]);
    } else if (type == "RequestMirror") {
      const Node mirror = filter["requestMirror"];
      MirrorTarget to;
      to.target = backend(mesh, mirror["backendRef"], route, mesh_parent, warnings);
      if (to.target.host.empty()) continue;
      if (const Node fraction = mirror["fraction"]; fraction.has_value()) {
        to.percent.value = 100.0 * fraction["numerator"].number().value_or(0) /
                           std::max(1.0, fraction["denominator"].number().value_or(100));
      } else if (const auto percent = mirror["percent"].number()) {
        to.percent.value = *percent;
      }
      to.percent.value = std::min(to.percent.value, 100.0);
      if (to.percent.value > 0) rule.mirrors.push_back(std::move(to));
    } else {
      throw std::invalid_argument("filter type " + type + " is not supported");
    }
  }
}

void read_backends(const Mesh& mesh, Node refs, const Object& route, bool mesh_parent, HttpRule& rule,
                   std::vector<std::string>& warnings) {
  for (const Node ref : refs) {
    Target target = backend(mesh, ref, route, mesh_parent, warnings);
    target.weight = weight_of(ref);
    for (const Node filter : ref["filters"]) {
      const std::string type(filter["type"].text());
      if (type == "RequestHeaderModifier") {
        read_edits(filter["requestHeaderModifier"], target.request);
        target.authority = take_authority(target.request);
      } else if (type == "ResponseHeaderModifier") {
        read_edits(filter["responseHeaderModifier"], target.response);
      } else {
        throw std::invalid_argument("filter type " + type + " is not supported at a backend");
      }
    }
    rule.targets.push_back(std::move(target));
  }
  weigh(rule.targets);
  // Without any weight above zero the rule answers 500 itself.
  if (rule.targets.empty() && !rule.redirect) rule.direct = DirectResponse{500, ""};
}

void read_timeouts(Node node, HttpRule& rule) {
  if (const Node retry = node["retry"]; retry.has_value()) {
    RetryPolicy policy;
    policy.attempts = static_cast<int>(retry["attempts"].integer().value_or(2));
    policy.on = "connect-failure,refused-stream,unavailable,cancelled";
    for (const std::string& code : read_strings(retry["codes"])) policy.on += ',' + code;
    rule.retries = policy;
  }
  const Node timeouts = node["timeouts"];
  if (const auto whole = read_duration(timeouts["request"].text()); whole && *whole > 0) rule.timeout_ns = whole;
  if (const auto one = read_duration(timeouts["backendRequest"].text()); one && *one > 0) {
    if (rule.retries) {
      rule.retries->per_try_timeout_ns = *one;
    } else {
      rule.timeout_ns = one;
    }
  }
}

void convert_http(const Mesh& mesh, const Object& route, bool mesh_parent, Conversion& out) {
  const bool grpc = route.kind == "GRPCRoute";
  int index = 0;
  for (const Node node : route.spec()["rules"]) {
    HttpRule rule;
    rule.object = route.ref();
    rule.object.source = route.source(node);
    rule.index = index++;
    read_filters(mesh, node["filters"], route, mesh_parent, rule, out.warnings);
    if (!grpc) read_timeouts(node, rule);
    read_backends(mesh, node["backendRefs"], route, mesh_parent, rule, out.warnings);
    // One rule per match block; HTTPRoute's schema gives a rule without any the prefix `/`.
    if (node["matches"].empty()) {
      if (!grpc) rule.matches.push_back(http_match({}));
      out.http.push_back(std::move(rule));
      continue;
    }
    for (const Node match : node["matches"]) {
      HttpRule one = rule;
      one.matches.push_back(grpc ? grpc_match(match) : http_match(match));
      out.http.push_back(std::move(one));
    }
  }
}

void convert_stream(const Mesh& mesh, const Object& route, bool mesh_parent, Conversion& out) {
  int index = 0;
  for (const Node node : route.spec()["rules"]) {
    StreamRule rule;
    rule.object = route.ref();
    rule.object.source = route.source(node);
    rule.index = index++;
    for (const Node ref : node["backendRefs"]) {
      Target target = backend(mesh, ref, route, mesh_parent, out.warnings);
      target.weight = weight_of(ref);
      rule.targets.push_back(std::move(target));
    }
    weigh(rule.targets);
    if (route.kind == "TLSRoute") {
      StreamMatch match;
      for (const std::string& host : read_strings(route.spec()["hostnames"])) match.sni_hosts.push_back(lower(host));
      if (match.sni_hosts.empty()) match.sni_hosts.push_back("*");
      rule.matches.push_back(std::move(match));
    }
    out.streams.push_back(std::move(rule));
  }
}

int path_rank(const HttpMatch& match) {
  if (!match.uri) return -1;
  switch (match.uri->kind) {
    case StringMatch::Kind::Exact:
      return 3;
    case StringMatch::Kind::Prefix:
    case StringMatch::Kind::Segment:
      return 2;
    default:
      return 1;
  }
}

bool has_method(const HttpMatch& match) {
  return std::any_of(match.headers.begin(), match.headers.end(),
                     [](const NamedMatch& h) { return h.name == ":method"; });
}

}  // namespace

bool reference_granted(const Mesh& mesh, std::string_view from_group, std::string_view from_kind,
                       std::string_view from_ns, std::string_view to_group, std::string_view to_kind,
                       std::string_view to_ns, std::string_view to_name) {
  for (const Object* grant : mesh.objects_of("ReferenceGrant")) {
    if (grant->ns != to_ns) continue;
    bool from = false, to = false;
    for (const Node entry : grant->spec()["from"])
      from |= entry["group"].text() == from_group && entry["kind"].text() == from_kind &&
              entry["namespace"].text() == from_ns;
    for (const Node entry : grant->spec()["to"])
      to |= entry["group"].text() == to_group && entry["kind"].text() == to_kind &&
            (!entry["name"].has_value() || entry["name"].text() == to_name);
    if (from && to) return true;
  }
  return false;
}

bool reads_kind(const Mesh& mesh, std::string_view kind) {
  const Profile& profile = mesh.settings.profile;
  if (kind == "ListenerSet") return profile.listener_set_v1;
  if (kind == "XListenerSet" && profile.listener_set_v1) return false;
  constexpr std::string_view kLate[] = {"TCPRoute", "TLSRoute", "BackendTLSPolicy", "XListenerSet"};
  return std::find(std::begin(kLate), std::end(kLate), kind) == std::end(kLate) || profile.gateway_api_stable_kinds ||
         mesh.settings.feature("PILOT_ENABLE_ALPHA_GATEWAY_API");
}

Diagnostic not_read(const Mesh& mesh, const Object& object) {
  const bool other = object.kind == "ListenerSet" || (object.kind == "XListenerSet" && !reads_kind(mesh, object.kind) &&
                                                      mesh.settings.profile.listener_set_v1);
  return {Severity::Warning,
          "MSH0246",
          object.ref().text(),
          object.source().file,
          object.root.position(),
          "istiod of Istio " + mesh.settings.profile.istio_version + " does not read " + object.kind +
              (!other                         ? " unless its PILOT_ENABLE_ALPHA_GATEWAY_API is true"
               : object.kind == "ListenerSet" ? ", only XListenerSet of gateway.networking.x-k8s.io"
                                              : ", only ListenerSet of gateway.networking.k8s.io") +
              " (DP-258): it is not in force"};
}

Conversion convert_route(const Mesh& mesh, const Object& route, bool mesh_parent) {
  Conversion out;
  try {
    if (route.kind == "HTTPRoute" || route.kind == "GRPCRoute") {
      convert_http(mesh, route, mesh_parent, out);
    } else {
      convert_stream(mesh, route, mesh_parent, out);
    }
  } catch (const std::invalid_argument& problem) {
    out.http.clear();
    out.streams.clear();
    out.error = problem.what();
  }
  return out;
}

void sort_rules(std::vector<HttpRule>& rules) {
  auto key = [](const HttpRule& rule) {
    if (rule.matches.empty()) return std::make_tuple(1, 0, std::size_t{0}, false, std::size_t{0}, std::size_t{0});
    const HttpMatch& m = rule.matches.front();
    const bool method = has_method(m);
    return std::make_tuple(0, -path_rank(m), ~(m.uri ? m.uri->text.size() : 0), !method,
                           ~(m.headers.size() - (method ? 1 : 0)), ~m.query.size());
  };
  std::stable_sort(rules.begin(), rules.end(), [&](const HttpRule& a, const HttpRule& b) { return key(a) < key(b); });
}

}  // namespace meshsim::models::route
