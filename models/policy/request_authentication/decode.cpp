#include <charconv>

#include "models/policy/request_authentication/jwt_filter.h"

namespace meshsim::models::policy {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// "5s", "10ms", "1m": protobuf durations as YAML writes them. nullopt: not one.
std::optional<std::int64_t> milliseconds(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double factor = unit == "s" ? 1000 : unit == "ms" ? 1 : unit == "m" ? 60000 : unit == "h" ? 3600000 : 0;
  if (factor == 0) return std::nullopt;
  return static_cast<std::int64_t>(value * factor);
}

bool remote_mode(const MeshSettings& settings) {  // PO-110
  const auto it = settings.features.find("PILOT_JWT_ENABLE_REMOTE_JWKS");
  if (it == settings.features.end()) return false;
  const std::string mode = lower(it->second);
  return mode == "envoy" || mode == "hybrid" || go_bool(it->second).value_or(false);
}

void take_keys(JwtProvider& out, std::string_view text) {
  out.key_set = KeySet::parse(text);
  out.keys = out.key_set ? JwtProvider::Keys::Known : JwtProvider::Keys::Unusable;
}

void decode_keys(JwtProvider& out, Node rule, const MeshSettings& settings) {
  if (const auto text = rule["jwks"].string_or(); !text.empty()) {
    out.key_source = "inline jwks";
    take_keys(out, text);
    return;
  }
  std::string uri = rule["jwksUri"].string();
  if (uri.empty()) uri = rule["jwks_uri"].string();
  // Without a URI istiod asks the issuer's discovery document.
  out.key_source = uri.empty() ? out.issuer : uri;
  const auto state = settings.jwks.find(out.key_source);
  if (state == settings.jwks.end()) return;
  switch (state->second.kind) {
    case JwksState::Kind::Ok:
      break;
    case JwksState::Kind::Unreachable:
      out.keys = JwtProvider::Keys::Unavailable;
      break;
    case JwksState::Kind::Slow:
      // Only a proxy that fetches keys itself gives up after the rule's timeout (default 5 s).
      if (remote_mode(settings) && milliseconds(rule["timeout"].text()).value_or(5000) < state->second.delay_ms)
        out.keys = JwtProvider::Keys::TooSlow;
      break;
    case JwksState::Kind::Keys:
      take_keys(out, state->second.keys);
      break;
  }
}

std::vector<std::string> dotted(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    const auto dot = text.find('.');
    out.emplace_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return out;
    text.remove_prefix(dot + 1);
  }
}

JwtProvider decode_rule(Node rule, const MeshSettings& settings) {
  JwtProvider out;
  out.issuer = rule["issuer"].string();
  for (const Node audience : rule["audiences"]) out.audiences.emplace_back(audience.text());
  for (const Node header : rule["fromHeaders"])
    out.locations.push_back(
        {TokenLocation::Kind::Header, lower(header["name"].text()), std::string(header["prefix"].string_or())});
  for (const Node param : rule["fromParams"])
    out.locations.push_back({TokenLocation::Kind::QueryParam, std::string(param.text()), ""});
  for (const Node cookie : rule["fromCookies"])
    out.locations.push_back({TokenLocation::Kind::Cookie, std::string(cookie.text()), ""});
  if (out.locations.empty()) out.locations = {TokenLocation{}, {TokenLocation::Kind::QueryParam, "access_token", ""}};
  out.forward = rule["forwardOriginalToken"].boolean().value_or(false);
  out.payload_header = lower(rule["outputPayloadToHeader"].string_or());
  for (const Node pair : rule["outputClaimToHeaders"])
    out.claim_headers.emplace_back(lower(pair["header"].text()), dotted(pair["claim"].text()));
  for (const Node claim : rule["spaceDelimitedClaims"]) out.space_delimited.emplace_back(claim.text());
  decode_keys(out, rule, settings);
  return out;
}

}  // namespace

RequestAuthentication decode_request_authentication(const Object& object, const MeshSettings& settings) {
  RequestAuthentication out;
  out.object = &object;
  out.ns = object.ns;
  out.name = object.name;
  const Node spec = object.spec();
  out.attachment = decode_attachment(spec);
  for (const Node rule : spec["jwtRules"]) out.providers.push_back(decode_rule(rule, settings));
  return out;
}

}  // namespace meshsim::models::policy
