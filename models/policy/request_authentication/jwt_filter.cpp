#include "models/policy/request_authentication/jwt_filter.h"

#include <algorithm>

namespace meshsim::models::policy {

namespace {

constexpr std::string_view kMalformed =
    "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections";
constexpr std::string_view kUnknownIssuer = "Jwt issuer is not configured";
constexpr std::string_view kExpired = "Jwt is expired";
constexpr std::string_view kNotYet = "Jwt not yet valid";
constexpr std::string_view kBadSignature = "Jwt verification fails";
constexpr std::string_view kNoKey = "Jwks doesn't have key to match kid or alg from Jwt";
constexpr std::string_view kFetch = "Jwks remote fetch is failed";
constexpr std::string_view kAudience = "Audiences in Jwt are not allowed";

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// What the scenario says of an invalid token, in Envoy's words.
std::string_view body_of(std::string_view reason) {
  if (has(reason, "expired")) return kExpired;
  if (has(reason, "not yet") || has(reason, "nbf") || has(reason, "future")) return kNotYet;
  if (has(reason, "not a") || has(reason, "malformed") || has(reason, "format") || has(reason, "garbage"))
    return kMalformed;
  if (has(reason, "kid") || has(reason, "no key") || has(reason, "unknown key")) return kNoKey;
  return kBadSignature;
}

// jwt_verify_lib compares audiences without scheme and trailing slash.
std::string_view plain_audience(std::string_view audience) {
  if (audience.starts_with("https://")) audience.remove_prefix(8);
  if (audience.starts_with("http://")) audience.remove_prefix(7);
  if (audience.ends_with('/')) audience.remove_suffix(1);
  return audience;
}

bool audience_allowed(const JwtProvider& provider, const Jwt& token) {
  if (provider.audiences.empty()) return true;
  return std::any_of(token.audiences.begin(), token.audiences.end(), [&](const std::string& one) {
    return std::any_of(provider.audiences.begin(), provider.audiences.end(),
                       [&](const std::string& wanted) { return plain_audience(wanted) == plain_audience(one); });
  });
}

enum class Seen : std::uint8_t { No, Token, Garbled };

// Would the provider's location find this token? A header whose prefix differs from the configured one is read from
// where the prefix stands, so a bare configuration reads "Bearer x" as no token at all.
Seen sees(const TokenLocation& configured, const TokenLocation& actual) {
  if (configured.kind != actual.kind || configured.name != actual.name) return Seen::No;
  if (configured.kind != TokenLocation::Kind::Header || configured.prefix == actual.prefix) return Seen::Token;
  return actual.prefix.find(configured.prefix) != std::string::npos ? Seen::Garbled : Seen::No;
}

struct Candidate {
  const Jwt* token = nullptr;
  std::size_t index = static_cast<std::size_t>(-1);  // into RequestView::jwts; -1: read out of the request
  bool stated = true;                                // the scenario vouches for `valid`
  TokenLocation location;
};

// Value of a query parameter or cookie as written in the request.
std::optional<std::string_view> parameter(std::string_view text, std::string_view name, char separator) {
  while (!text.empty()) {
    const auto end = text.find(separator);
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=')
      return part.substr(name.size() + 1);
    if (end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  return std::nullopt;
}

std::optional<std::string_view> raw_value(const TokenLocation& location, const RequestView& request) {
  if (location.kind == TokenLocation::Kind::QueryParam) {
    const auto query = request.path.find('?');
    if (query == std::string_view::npos) return std::nullopt;
    const auto rest = request.path.substr(query + 1);
    return parameter(rest.substr(0, rest.find('#')), location.name, '&');
  }
  if (!request.headers) return std::nullopt;
  for (const auto& [name, value] : *request.headers) {
    if (location.kind == TokenLocation::Kind::Cookie) {
      if (name != "cookie") continue;
      if (const auto found = parameter(value, location.name, ';')) return found;
      continue;
    }
    if (name != location.name) continue;
    const auto at = std::string_view(value).find(location.prefix);
    if (at != std::string_view::npos) return std::string_view(value).substr(at + location.prefix.size());
  }
  return std::nullopt;
}

struct Status {
  enum class Kind : std::uint8_t { Missing, Good, Bad, Unknown } kind = Kind::Missing;
  std::string_view body;
  int code = 401;
};

Status check(const JwtProvider& provider, const Candidate& candidate) {
  const Jwt& token = *candidate.token;
  const auto bad = [](std::string_view body, int code = 401) { return Status{Status::Kind::Bad, body, code}; };
  const std::string_view stated = token.valid ? std::string_view() : body_of(token.invalid_reason);
  if (stated == kMalformed) return bad(kMalformed);
  if (!provider.issuer.empty() && token.issuer != provider.issuer) return bad(kUnknownIssuer);
  if (stated == kExpired || stated == kNotYet) return bad(stated);
  switch (provider.keys) {
    case JwtProvider::Keys::Unavailable:
    case JwtProvider::Keys::Unusable:
      return bad(kNoKey);
    case JwtProvider::Keys::TooSlow:
      return bad(kFetch);
    case JwtProvider::Keys::Known:
      if (!token.raw.empty()) {
        const SignatureCheck signature = provider.key_set->verify(token.raw);
        if (signature == SignatureCheck::NoKey) return bad(kNoKey);
        if (signature == SignatureCheck::Malformed) return bad(kMalformed);
        if (signature == SignatureCheck::Bad) return bad(kBadSignature);
      }
      if (!token.valid) return bad(stated);
      break;
    case JwtProvider::Keys::AsStated:
      if (!token.valid) return bad(stated);
      if (!candidate.stated) return {Status::Kind::Unknown, "", 401};
      break;
  }
  if (!audience_allowed(provider, token)) return bad(kAudience, 403);
  return {Status::Kind::Good, "", 200};
}

// Envoy writes strings, integers and booleans; other claims leave the header unset.
std::optional<std::string> claim_text(const Jwt& token, const std::vector<std::string>& path) {
  if (path.size() == 1) {
    if (path[0] == "iss") return token.issuer;
    if (path[0] == "sub") return token.subject;
    if (path[0] == "aud") return token.audiences.size() == 1 ? std::optional(token.audiences[0]) : std::nullopt;
  }
  Node claim = token.claims;
  for (const auto& key : path) claim = claim[key];
  if (claim.is_string()) return claim.string();
  if (claim.integer() || claim.boolean()) return std::string(claim.text());
  return std::nullopt;
}

}  // namespace

void JwtFilter::add(const RequestAuthentication& policy) {
  for (const auto& provider : policy.providers) providers_.push_back(&provider);
}

void JwtFilter::finish() {
  std::stable_sort(providers_.begin(), providers_.end(),
                   [](const auto* a, const auto* b) { return a->issuer < b->issuer; });
}

JwtOutcome JwtFilter::run(const RequestView& request, bool effects) const {
  JwtOutcome out;
  if (providers_.empty()) return out;
  const auto header = [&](std::string_view name) {
    return request.headers && std::any_of(request.headers->begin(), request.headers->end(),
                                          [&](const auto& pair) { return pair.first == name; });
  };
  // PO-104: CORS preflights pass.
  if (request.method == "OPTIONS" && header("origin") && header("access-control-request-method")) return out;

  if (effects)  // Envoy clears the headers that it owns before anything else, so that clients cannot forge them.
    for (const auto* provider : providers_) {
      for (const auto& pair : provider->claim_headers) out.removed.push_back(pair.first);
      if (!provider->payload_header.empty()) out.removed.push_back(provider->payload_header);
    }

  std::vector<Candidate> tokens;
  if (request.jwts)
    for (std::size_t i = 0; i < request.jwts->size(); ++i)
      tokens.push_back({&(*request.jwts)[i], i, true, (*request.jwts)[i].location});
  // Tokens written into the request itself rather than stated beside it.
  for (const auto* provider : providers_) {
    for (const auto& location : provider->locations) {
      if (std::any_of(tokens.begin(), tokens.end(),
                      [&](const Candidate& one) { return sees(location, one.location) != Seen::No; }))
        continue;
      const auto text = raw_value(location, request);
      if (!text) continue;
      auto token = std::make_shared<Jwt>();
      if (auto decoded = decode_raw_jwt(*text)) {
        *token = std::move(*decoded);
      } else {
        token->valid = false;
        token->invalid_reason = "not a token";
      }
      token->location = location;
      tokens.push_back({token.get(), static_cast<std::size_t>(-1), false, location});
      out.found.push_back(std::move(token));
    }
  }
  if (tokens.empty()) {
    if (effects) out.why = "no token in any configured location: passes unauthenticated (PO-104, PO-107)";
    return out;
  }

  // P1 OR ... OR Pn; a provider holds if every token in its locations is good (Envoy tries them one after the other).
  Status refused;
  bool unknown = false, all_missing = true;
  for (const auto* provider : providers_) {
    Status status;
    std::vector<const Candidate*> mine;
    for (const auto& location : provider->locations) {
      for (const auto& one : tokens) {
        const Seen seen = sees(location, one.location);
        if (seen == Seen::No || status.kind == Status::Kind::Bad) continue;
        mine.push_back(&one);
        const Status next = seen == Seen::Garbled ? Status{Status::Kind::Bad, kMalformed, 401} : check(*provider, one);
        if (status.kind != Status::Kind::Unknown || next.kind == Status::Kind::Bad) status = next;
      }
    }
    if (status.kind == Status::Kind::Missing) continue;
    all_missing = false;
    if (status.kind == Status::Kind::Unknown) unknown = true;
    if (status.kind == Status::Kind::Bad) {
      if (refused.body.empty() || (refused.body == kUnknownIssuer && status.body != kUnknownIssuer)) {
        refused = status;
        out.refused_by = provider;
      }
    }
    if (status.kind != Status::Kind::Good) continue;
    // The payload of the provider's last token is what later filters read.
    out.token = mine.back()->token;
    out.provider = provider;
    out.refused_by = nullptr;
    if (!effects) return out;
    for (const Candidate* one : mine) {
      if (one->index != static_cast<std::size_t>(-1)) {
        out.valid.push_back(one->index);
        if (!provider->forward) out.consumed.push_back(one->index);
      } else if (!provider->forward && one->location.kind == TokenLocation::Kind::Header) {
        out.removed.push_back(one->location.name);
      }
    }
    for (const auto& [name, path] : provider->claim_headers)
      if (auto text = claim_text(*out.token, path)) out.added.emplace_back(name, std::move(*text));
    if (!provider->payload_header.empty()) {
      const std::string& raw = out.token->raw;
      const auto first = raw.find('.');
      out.added.emplace_back(provider->payload_header, first == std::string::npos
                                                           ? base64url_encode(payload_json(*out.token))
                                                           : raw.substr(first + 1, raw.rfind('.') - first - 1));
    }
    out.why = "token of issuer " + out.token->issuer.value_or("?") + " is valid (" + provider->key_source + ')';
    return out;
  }
  if (all_missing) {
    if (effects) out.why = "no token in any configured location: passes unauthenticated (PO-104, PO-107)";
    return out;
  }
  if (unknown) {
    out.unknown = true;
    out.refused_by = nullptr;
    out.why = "the request carries a token whose signature cannot be checked: give it under jwt, or the keys inline";
    return out;
  }
  out.status = refused.code;
  out.body = refused.body;
  if (effects) out.why = std::string(refused.body);
  return out;
}

}  // namespace meshsim::models::policy
