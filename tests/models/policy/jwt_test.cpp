// RequestAuthentication (PO-100..PO-110), with real signatures where keys are given.
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "models/policy/request_authentication/raw_token.h"
#include "policy_fixture.h"

namespace meshsim::test {

using namespace models;
using policy::base64url_encode;

namespace {

std::string ra(const std::string& rules, const std::string& attach = "selector: {matchLabels: {app: srv}}",
               const std::string& name = "ra") {
  return test::policy("{" + attach + ", jwtRules: [" + rules + "]}", name, "a", "RequestAuthentication");
}

PolicyDecision ask_with(const std::string& rules, std::vector<Jwt> tokens, const std::string& block = "",
                        Ask ask = Ask{}) {
  const PolicyBench bench(standard_mesh("sidecar") + ra(rules), block);
  ask.jwts = std::move(tokens);
  return bench.sidecar("a/srv", ask);
}

Jwt invalid(const std::string& issuer, const std::string& reason) {
  Jwt out = jwt(issuer, "s");
  out.valid = false;
  out.invalid_reason = reason;
  return out;
}

std::string bytes(const BIGNUM* number) {
  std::string out(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

std::string number(EVP_PKEY* key, const char* name) {
  BIGNUM* value = nullptr;
  EVP_PKEY_get_bn_param(key, name, &value);
  std::string out = bytes(value);
  BN_free(value);
  return out;
}

std::string sign(EVP_PKEY* key, const std::string& text) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key);
  std::size_t size = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  EVP_DigestSign(context, nullptr, &size, data, text.size());
  std::string out(size, '\0');
  EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size, data, text.size());
  out.resize(size);
  EVP_MD_CTX_free(context);
  return out;
}

std::string head_and_body(const std::string& header, const std::string& payload) {
  return base64url_encode(header) + '.' + base64url_encode(payload);
}

std::string raw_signature(const std::string& der) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size()));
  std::string out(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), reinterpret_cast<unsigned char*>(out.data()), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), reinterpret_cast<unsigned char*>(out.data()) + 32, 32);
  ECDSA_SIG_free(signature);
  return out;
}

}  // namespace

TEST(JwtFilter, no_token_valid_invalid_unknown_issuer_TV_28_PO_104) {
  EXPECT_TRUE(ask_with("{issuer: I}", {}).allowed);
  EXPECT_TRUE(ask_with("{issuer: I}", {jwt("I", "s")}).allowed);
  const PolicyDecision expired = ask_with("{issuer: I}", {invalid("I", "expired")});
  EXPECT_EQ(expired.http_status, 401);
  EXPECT_EQ(expired.body, "Jwt is expired");
  EXPECT_EQ(expired.details, "jwt_authn_access_denied{Jwt_is_expired}");
  EXPECT_EQ(expired.policy, "a/ra");
  EXPECT_EQ(ask_with("{issuer: I}", {invalid("I", "bad signature")}).body, "Jwt verification fails");
  EXPECT_EQ(ask_with("{issuer: I}", {jwt("J", "s")}).body, "Jwt issuer is not configured");
  EXPECT_EQ(ask_with("{issuer: I}", {invalid("", "not a token")}).body,
            "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections");
}

TEST(JwtFilter, audiences_are_answered_403_PO_104) {
  Jwt token = jwt("I", "s");
  token.audiences = {"https://one/"};
  EXPECT_TRUE(ask_with("{issuer: I, audiences: [one]}", {token}).allowed);
  const PolicyDecision out = ask_with("{issuer: I, audiences: [two]}", {token});
  EXPECT_EQ(out.http_status, 403);
  EXPECT_EQ(out.body, "Audiences in Jwt are not allowed");
}

TEST(JwtFilter, locations_replace_the_default_PO_105) {
  Jwt token = jwt("I", "s");
  const std::string rule =
      "{issuer: I, fromHeaders: [{name: X-Token, prefix: \"Token \"}], fromParams: [t], fromCookies: [c]}";
  EXPECT_TRUE(ask_with(rule, {token}).valid_jwts.empty()) << "the authorization header is not looked at";
  token.location = {TokenLocation::Kind::Header, "x-token", "Token "};
  EXPECT_EQ(ask_with(rule, {token}).valid_jwts.size(), 1u);
  token.location = {TokenLocation::Kind::QueryParam, "t", ""};
  EXPECT_EQ(ask_with(rule, {token}).valid_jwts.size(), 1u);
  token.location = {TokenLocation::Kind::Cookie, "c", ""};
  EXPECT_EQ(ask_with(rule, {token}).valid_jwts.size(), 1u);
  token.location = {TokenLocation::Kind::QueryParam, "access_token", ""};
  EXPECT_EQ(ask_with("{issuer: I}", {token}).valid_jwts.size(), 1u);
}

TEST(JwtFilter, several_rules_and_tokens_PO_103) {
  const std::string two = "{issuer: I}, {issuer: J, fromHeaders: [{name: x-j}]}";
  Jwt second = jwt("J", "s");
  second.location = {TokenLocation::Kind::Header, "x-j", ""};
  EXPECT_TRUE(ask_with(two, {jwt("I", "s"), second}).allowed);
  EXPECT_TRUE(ask_with(two, {invalid("I", "expired"), second}).allowed) << "one valid provider is enough";
  EXPECT_EQ(ask_with(two, {invalid("I", "expired")}).http_status, 401) << "the other one missing does not help";
  EXPECT_EQ(ask_with("{issuer: I}", {jwt("I", "s"), invalid("I", "expired")}).http_status, 401)
      << "every token of a provider must be valid";
  EXPECT_EQ(ask_with("{issuer: I}, {issuer: J}", {jwt("K", "s")}).body, "Jwt issuer is not configured");
}

TEST(JwtFilter, stripping_and_output_headers_PO_106) {
  const PolicyDecision out = ask_with(
      "{issuer: I, outputPayloadToHeader: X-Payload, outputClaimToHeaders: [{header: x-sub, claim: sub}, {header: x-n, "
      "claim: a.b}, {header: x-none, claim: missing}]}",
      {jwt("I", "s", "{a: {b: 7}}")});
  EXPECT_EQ(out.consumed_jwts, std::vector<std::size_t>{0});
  ASSERT_EQ(out.added_headers.size(), 3u);
  EXPECT_EQ(out.added_headers[0], (std::pair<std::string, std::string>{"x-sub", "s"}));
  EXPECT_EQ(out.added_headers[1], (std::pair<std::string, std::string>{"x-n", "7"}));
  EXPECT_EQ(out.added_headers[2].first, "x-payload");
  EXPECT_EQ(*policy::base64url_decode(out.added_headers[2].second), R"({"a":{"b":7},"iss":"I","sub":"s"})");
  EXPECT_EQ(out.removed_headers, (std::vector<std::string>{"x-sub", "x-n", "x-none", "x-payload"}));
  EXPECT_TRUE(ask_with("{issuer: I, forwardOriginalToken: true}", {jwt("I", "s")}).consumed_jwts.empty());
}

TEST(JwtFilter, keys_as_the_scenario_states_them_PO_110) {
  const std::string rule = "{issuer: I, jwksUri: \"https://k/\", timeout: 10ms}";
  EXPECT_TRUE(ask_with(rule, {jwt("I", "s")}).allowed);
  const PolicyDecision unreachable = ask_with(rule, {jwt("I", "s")}, "{jwks: {\"https://k/\": unreachable}}");
  EXPECT_EQ(unreachable.http_status, 401);
  EXPECT_EQ(unreachable.body, "Jwks doesn't have key to match kid or alg from Jwt");
  EXPECT_TRUE(ask_with(rule, {jwt("I", "s")}, "{jwks: {\"https://k/\": slow-500ms}}").allowed) << "istiod fetches";
  EXPECT_EQ(ask_with(rule, {jwt("I", "s")},
                     "{jwks: {\"https://k/\": slow-500ms}, features: {PILOT_JWT_ENABLE_REMOTE_JWKS: \"true\"}}")
                .body,
            "Jwks remote fetch is failed");
}

TEST(JwtFilter, cors_preflight_passes_PO_104) {
  Ask ask;
  ask.method = "OPTIONS";
  ask.headers = {{"origin", "https://o"}, {"access-control-request-method", "GET"}};
  EXPECT_TRUE(ask_with("{issuer: I}", {invalid("I", "expired")}, "", ask).allowed);
}

TEST(JwtFilter, tokens_written_into_the_request_PO_104) {
  Ask ask;
  ask.headers = {{"authorization", "Bearer rubbish"}};
  EXPECT_EQ(ask_with("{issuer: I}", {}, "", ask).http_status, 401);
  ask.headers.clear();
  ask.path = "/x?a=1&access_token=rubbish";
  EXPECT_EQ(ask_with("{issuer: I}", {}, "", ask).http_status, 401);
  ask.path = "/";
  ask.headers = {{"authorization", "Bearer " + head_and_body(R"({"alg":"RS256"})", R"({"iss":"I"})") + ".AAAA"}};
  EXPECT_TRUE(ask_with("{issuer: I}", {}, "", ask).unknown) << "nobody vouches for the signature";
}

TEST(JwtFilter, signatures_are_checked_against_inline_keys_PO_110) {
  struct Case {
    std::string name, jwk, token;
  };
  std::vector<Case> cases;
  EVP_PKEY* rsa = EVP_RSA_gen(2048);
  const std::string rs = head_and_body(R"({"alg":"RS256","kid":"r"})", R"({"iss":"I","sub":"s","groups":["dev"]})");
  cases.push_back({"RS256",
                   R"({\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\")" + base64url_encode(number(rsa, OSSL_PKEY_PARAM_RSA_N)) +
                       R"(\",\"e\":\")" + base64url_encode(number(rsa, OSSL_PKEY_PARAM_RSA_E)) + R"(\"})",
                   rs + '.' + base64url_encode(sign(rsa, rs))});
  EVP_PKEY* ec = EVP_EC_gen("P-256");
  const std::string es = head_and_body(R"({"alg":"ES256","kid":"e"})", R"({"iss":"I","sub":"s"})");
  cases.push_back({"ES256",
                   R"({\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\",\"x\":\")" +
                       base64url_encode(number(ec, OSSL_PKEY_PARAM_EC_PUB_X)) + R"(\",\"y\":\")" +
                       base64url_encode(number(ec, OSSL_PKEY_PARAM_EC_PUB_Y)) + R"(\"})",
                   es + '.' + base64url_encode(raw_signature(sign(ec, es)))});
  const std::string hs = head_and_body(R"({"alg":"HS256"})", R"({"iss":"I","sub":"s"})");
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int mac_size = 0;
  HMAC(EVP_sha256(), "secret", 6, reinterpret_cast<const unsigned char*>(hs.data()), hs.size(), mac, &mac_size);
  cases.push_back({"HS256", R"({\"kty\":\"oct\",\"k\":\")" + base64url_encode("secret") + R"(\"})",
                   hs + '.' + base64url_encode({reinterpret_cast<char*>(mac), mac_size})});
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    const std::string rule = "{issuer: I, jwks: \"{\\\"keys\\\":[" + one.jwk + "]}\"}";
    auto token = decode_raw_jwt(one.token);
    ASSERT_TRUE(token.has_value());
    EXPECT_EQ(token->subject, "s");
    EXPECT_TRUE(ask_with(rule, {*token}).allowed);
    Jwt forged = *token;
    const auto dot = forged.raw.rfind('.') + 5;
    forged.raw[dot] = forged.raw[dot] == 'A' ? 'B' : 'A';
    EXPECT_EQ(ask_with(rule, {forged}).body, "Jwt verification fails");
    Ask ask;
    ask.headers = {{"authorization", "Bearer " + one.token}};
    EXPECT_TRUE(ask_with(rule, {}, "", ask).allowed) << "the same token in the header";
    const std::string other =
        R"({issuer: I, jwks: "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"z\",\"alg\":\"HS512\",\"k\":\"c2VjcmV0\"}]}"})";
    EXPECT_EQ(ask_with(other, {*token}).body, "Jwks doesn't have key to match kid or alg from Jwt");
  }
  EVP_PKEY_free(rsa);
  EVP_PKEY_free(ec);
}

TEST(JwtFilter, attachment_and_ztunnel_TV_30_TV_31_PO_101_PO_102_PO_108) {
  const std::string deny = policy(
      "{selector: {matchLabels: {app: srv}}, action: DENY, rules: [{from: [{source: "
      "{notRequestPrincipals: [\"*\"]}}]}]}");
  const std::string allow = policy(
      "{selector: {matchLabels: {app: srv}}, rules: [{from: [{source: {requestPrincipals: "
      "[\"*\"]}}]}]}");
  EXPECT_TRUE(PolicyBench(standard_mesh("ambient") + ra("{issuer: I}") + deny).ztunnel("a/srv", Ask{}).allowed);
  EXPECT_FALSE(PolicyBench(standard_mesh("ambient") + ra("{issuer: I}") + allow).ztunnel("a/srv", Ask{}).allowed);
  const std::string refs = "targetRefs: [{kind: Service, name: srv}]";
  const std::string deny_refs =
      policy("{" + refs + ", action: DENY, rules: [{from: [{source: {notRequestPrincipals: [\"*\"]}}]}]}");
  const PolicyBench waypoint(standard_mesh("ambient") + ra("{issuer: I}", refs) + deny_refs);
  Ask ask;
  EXPECT_EQ(waypoint.waypoint("a/wp", "a/srv", ask).http_status, 403) << "TV-29";
  ask.jwts = {jwt("I", "s")};
  EXPECT_TRUE(waypoint.waypoint("a/wp", "a/srv", ask).allowed);
  // PO-102: a selector naming the waypoint's label attaches nowhere; a token of its issuer is refused.
  const PolicyBench both(
      standard_mesh("ambient") + ra("{issuer: I}", refs) +
      ra("{issuer: J}", "selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: wp}}", "r2"));
  ask.jwts = {jwt("J", "s")};
  EXPECT_EQ(both.waypoint("a/wp", "a/srv", ask).http_status, 401);
}

}  // namespace meshsim::test
