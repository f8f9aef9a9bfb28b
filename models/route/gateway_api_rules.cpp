// Rules of Gateway API routes: matches, filters and backends (DP-251, DP-252).
#include <algorithm>
#include <tuple>

#include "models/route/gateway_api.h"

namespace meshsim::models::route {
namespace {

void read_edits(Node filter, HeaderEdits& edits, std::optional<std::string>* authority) {
  auto pairs = [&](Node list, Headers& into) {
    for (const Node entry : list) {
      const std::string name = lower(entry["name"].text());
      if (name == "host" && authority != nullptr) {
        *authority = std::string(entry["value"].text());
      } else {
        into.emplace_back(name, std::string(entry["value"].text()));
      }
    }
  };
  pairs(filter["set"], edits.set);
  pairs(filter["add"], edits.add);
  for (const Node name : filter["remove"]) edits.remove.push_back(lower(name.text()));
}

// ReferenceGrant: a reference into another namespace needs a grant there.
bool granted(const Mesh& mesh, const Object& route, std::string_view kind, std::string_view group, std::string_view ns,
             std::string_view name) {
  if (ns == route.ns) return true;
  for (const Object* grant : mesh.objects_of("ReferenceGrant")) {
    if (grant->ns != ns) continue;
    const Node froms = grant->spec()["from"], tos = grant->spec()["to"];
    const bool from = std::any_of(froms.begin(), froms.end(), [&](Node f) {
      return f["kind"].string_or() == route.kind && f["group"].string_or() == route.api_group &&
             f["namespace"].string_or() == route.ns;
    });
    const bool to = std::any_of(tos.begin(), tos.end(), [&](Node t) {
      return t["kind"].string_or() == kind && t["group"].string_or() == group &&
             (!t["name"].has_value() || t["name"].string_or() == name);
    });
    if (from && to) return true;
  }
  return false;
}

Target read_backend(const Mesh& mesh, const Object& route, Node ref) {
  Target target;
  target.weight = static_cast<std::uint32_t>(std::max<std::int64_t>(0, ref["weight"].integer().value_or(1)));
  const std::string_view kind = ref["kind"].string_or("Service"), group = ref["group"].string_or();
  const std::string ns(ref["namespace"].string_or(route.ns));
  const std::string name = ref["name"].string();
  target.port = static_cast<std::uint16_t>(ref["port"].integer().value_or(0));
  if (kind == "Hostname" && group == "networking.istio.io") {
    target.host = lower(name);
    return target;
  }
  if (kind != "Service" || !(group.empty() || group == "core")) {
    target.why_invalid = "backendRef of kind " + std::string(kind) + " is not supported";
  } else if (!granted(mesh, route, kind, group, ns, name)) {
    target.why_invalid = "backendRef to Service " + ns + '/' + name + " needs a ReferenceGrant in that namespace";
  } else if (target.port == 0) {
    target.why_invalid = "backendRef to Service " + ns + '/' + name + " lacks a port";
  } else if (mesh.find_service(ns, name) == kNone) {
    target.why_invalid = "backendRef names Service " + ns + '/' + name + ", which does not exist";
  } else {
    target.host = lower(mesh.fqdn(name, ns));
  }
  return target;
}

Redirect read_redirect(Node node) {
  Redirect out;
  out.scheme = node["scheme"].string();
  out.authority = node["hostname"].string();
  out.code = static_cast<int>(node["statusCode"].integer().value_or(302));
  // "When empty, port (if specified) of the request is used", unless a scheme is given.
  if (const auto port = node["port"].integer()) {
    out.port = static_cast<std::uint16_t>(*port);
  } else if (!node["scheme"].has_value()) {
    out.port_from_request = true;
  }
  out.port_stated = true;
  const Node path = node["path"];
  if (path["type"].string_or() == "ReplaceFullPath") out.uri = path["replaceFullPath"].string();
  if (path["type"].string_or() == "ReplacePrefixMatch")
    out.prefix_rewrite = path["replacePrefixMatch"].string_or().empty() ? "/" : path["replacePrefixMatch"].string();
  return out;
}

Rewrite read_rewrite(Node path) {
  Rewrite out;
  if (path["type"].string_or() == "ReplaceFullPath") out.full_path = path["replaceFullPath"].string();
  if (path["type"].string_or() == "ReplacePrefixMatch") {
    std::string with = path["replacePrefixMatch"].string();
    while (with.size() > 1 && with.ends_with('/')) with.pop_back();
    out.strip_prefix = with.empty() || with == "/";
    if (!out.strip_prefix) out.uri = std::move(with);
  }
  return out;
}

Cors read_cors(Node node) {
  auto joined = [](Node list) {
    std::string out;
    for (const Node entry : list) out += (out.empty() ? "" : ",") + std::string(entry.text());
    return out;
  };
  Cors out;
  for (const Node origin : node["allowOrigins"]) {
    const std::string text(origin.text());
    if (text == "*") {
      out.origins.push_back(StringMatch::expression(".*"));
    } else if (const auto star = text.find('*'); star != std::string::npos) {
      std::string pattern;
      for (const char c : text)
        pattern += c == '*' ? std::string(".*") : c == '.' ? std::string("\\.") : std::string(1, c);
      out.origins.push_back(StringMatch::expression(std::move(pattern)));
    } else {
      out.origins.push_back(StringMatch::exact(text));
    }
  }
  out.methods = joined(node["allowMethods"]);
  out.headers = joined(node["allowHeaders"]);
  out.expose = joined(node["exposeHeaders"]);
  if (const auto age = node["maxAge"].integer()) out.max_age = std::to_string(*age);
  out.credentials = node["allowCredentials"].boolean();
  out.ignore_unmatched = true;
  return out;
}

void read_filters(const Mesh& mesh, const Object& route, Node filters, HttpRule& rule) {
  for (const Node filter : filters) {
    const std::string_view type = filter["type"].string_or();
    if (type == "RequestHeaderModifier") {
      read_edits(filter["requestHeaderModifier"], rule.request, &rule.authority);
    } else if (type == "ResponseHeaderModifier") {
      read_edits(filter["responseHeaderModifier"], rule.response, nullptr);
    } else if (type == "RequestRedirect") {
      rule.redirect = read_redirect(filter["requestRedirect"]);
    } else if (type == "URLRewrite") {
      const Node rewrite = filter["urlRewrite"];
      if (rewrite["hostname"].has_value()) rule.authority = rewrite["hostname"].string();
      if (rewrite["path"].has_value()) rule.rewrite = read_rewrite(rewrite["path"]);
    } else if (type == "RequestMirror") {
      const Node mirror = filter["requestMirror"];
      MirrorTarget target{read_backend(mesh, route, mirror["backendRef"]), {100}};
      if (const auto percent = mirror["percent"].number()) target.percent.value = *percent;
      if (const auto part = mirror["fraction"]["numerator"].number())
        target.percent.value = *part * 100.0 / std::max(1.0, mirror["fraction"]["denominator"].number().value_or(100));
      if (target.target.host.empty()) {
        rule.invalid_filter = true;
      } else {
        rule.mirrors.push_back(std::move(target));
      }
    } else if (type == "CORS") {
      rule.cors = read_cors(filter["cors"]);
    } else {
      rule.invalid_filter = true;  // ExtensionRef and unknown filters: istiod refuses the rule
    }
  }
}

std::vector<NamedMatch> named_matches(Node list, bool lower_names) {
  std::vector<NamedMatch> out;
  for (const Node entry : list) {
    const std::string value(entry["value"].text());
    const bool regex = entry["type"].string_or("Exact") == "RegularExpression";
    const std::string name(entry["name"].text());
    if (std::any_of(out.begin(), out.end(), [&](const NamedMatch& m) { return equal_ignoring_case(m.name, name); }))
      continue;  // the first of a name counts
    out.push_back(
        {lower_names ? lower(name) : name, regex ? StringMatch::expression(value) : StringMatch::exact(value), false});
  }
  return out;
}

StringMatch segment(std::string prefix) {
  while (prefix.size() > 1 && prefix.ends_with('/')) prefix.pop_back();  // /foo/ and /foo are the same prefix
  StringMatch out;
  out.kind = prefix == "/" ? StringMatch::Kind::Prefix : StringMatch::Kind::Segment;
  out.text = std::move(prefix);
  return out;
}

HttpMatch read_http_match(Node node) {
  HttpMatch out;
  const Node path = node["path"];
  const std::string value(path["value"].string_or("/"));
  const std::string_view type = path["type"].string_or("PathPrefix");
  out.uri = type == "Exact"               ? StringMatch::exact(value)
            : type == "RegularExpression" ? StringMatch::expression(value)
                                          : segment(value);
  out.headers = named_matches(node["headers"], true);
  if (node["method"].has_value())
    out.headers.push_back({":method", StringMatch::exact(node["method"].string()), false});
  out.query = named_matches(node["queryParams"], false);
  return out;
}

HttpMatch read_grpc_match(Node node) {
  HttpMatch out;
  const Node method = node["method"];
  const std::string service = method["service"].string(), name = method["method"].string();
  if (method.has_value() && method["type"].string_or("Exact") == "RegularExpression") {
    out.uri = StringMatch::expression("/" + (service.empty() ? std::string(".+") : service) + "/" +
                                      (name.empty() ? std::string(".+") : name));
  } else if (!service.empty() && !name.empty()) {
    out.uri = StringMatch::exact("/" + service + "/" + name);
  } else if (!service.empty()) {
    StringMatch prefix;
    prefix.kind = StringMatch::Kind::Prefix;
    prefix.text = "/" + service + "/";
    out.uri = std::move(prefix);
  } else if (!name.empty()) {
    out.uri = StringMatch::expression("/[^/]+/" + name);
  } else {
    out.uri = segment("/");
  }
  out.headers = named_matches(node["headers"], true);
  return out;
}

std::tuple<int, std::size_t, int, std::size_t, std::size_t> rank(const HttpRule& rule) {
  if (rule.matches.empty()) return {0, 0, 0, 0, 0};
  const HttpMatch& m = rule.matches.front();
  int kind = 0;
  std::size_t length = 0;
  if (m.uri) {
    using Kind = StringMatch::Kind;
    kind = m.uri->kind == Kind::Exact ? 3 : m.uri->kind == Kind::Prefix || m.uri->kind == Kind::Segment ? 2 : 1;
    length = m.uri->text.size();
  }
  const auto methods =
      std::count_if(m.headers.begin(), m.headers.end(), [](const NamedMatch& h) { return h.name == ":method"; });
  return {kind, length, methods > 0 ? 1 : 0, m.headers.size() - static_cast<std::size_t>(methods), m.query.size()};
}

}  // namespace

bool comes_before(const HttpRule& a, const HttpRule& b) { return rank(a) > rank(b); }

std::vector<HttpRule> http_rules(const Mesh& mesh, const Object& route) {
  std::vector<HttpRule> out;
  int index = -1;
  for (const Node node : route.spec()["rules"]) {
    ++index;
    HttpRule rule;
    rule.object = route.ref();
    rule.object.source = route.source(node);
    rule.index = index;
    read_filters(mesh, route, node["filters"], rule);
    for (const Node ref : node["backendRefs"]) {
      Target target = read_backend(mesh, route, ref);
      for (const Node filter : ref["filters"]) {
        const std::string_view type = filter["type"].string_or();
        if (type == "RequestHeaderModifier")
          read_edits(filter["requestHeaderModifier"], target.request, &target.authority);
        if (type == "ResponseHeaderModifier") read_edits(filter["responseHeaderModifier"], target.response, nullptr);
      }
      rule.targets.push_back(std::move(target));
    }
    const Node timeouts = node["timeouts"];
    for (const std::string_view field : {std::string_view("backendRequest"), std::string_view("request")})
      if (timeouts[field].has_value()) rule.timeout_ns = read_duration(timeouts[field].string_or());
    if (rule.timeout_ns == 0) rule.timeout_ns.reset();  // "0s" is no timeout
    if (const Node retry = node["retry"]; retry.has_value()) {
      RetryPolicy policy;
      policy.attempts = static_cast<int>(retry["attempts"].integer().value_or(1));
      for (const Node code : retry["codes"]) policy.on += (policy.on.empty() ? "" : ",") + std::string(code.text());
      rule.retries = std::move(policy);
    }
    const bool grpc = route.kind == "GRPCRoute";
    if (node["matches"].empty()) {
      HttpRule all = rule;
      all.matches.push_back(grpc ? read_grpc_match({}) : read_http_match({}));
      out.push_back(std::move(all));
    }
    for (const Node match : node["matches"]) {
      HttpRule one = rule;
      one.matches.push_back(grpc ? read_grpc_match(match) : read_http_match(match));
      out.push_back(std::move(one));
    }
  }
  return out;
}

std::vector<StreamRule> stream_rules(const Mesh& mesh, const Object& route) {
  std::vector<StreamRule> out;
  int index = -1;
  for (const Node node : route.spec()["rules"]) {
    StreamRule rule;
    rule.object = route.ref();
    rule.object.source = route.source(node);
    rule.index = ++index;
    for (const Node ref : node["backendRefs"]) rule.targets.push_back(read_backend(mesh, route, ref));
    out.push_back(std::move(rule));
  }
  return out;
}

}  // namespace meshsim::models::route
