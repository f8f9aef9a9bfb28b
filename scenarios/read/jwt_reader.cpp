#include "scenarios/read/jwt_reader.h"

#include <algorithm>
#include <cctype>

#include "scenarios/read/base64.h"
#include "scenarios/read/document_reader.h"

namespace meshsim::scenarios {

using models::Jwt;
using models::Node;
using models::TokenLocation;
using models::Tree;

namespace {

// The registered claims that Jwt keeps apart, where the author did not state them.
void take_registered(Jwt& jwt) {
  if (!jwt.issuer && jwt.claims["iss"].is_string()) jwt.issuer = jwt.claims["iss"].string();
  if (!jwt.subject && jwt.claims["sub"].is_string()) jwt.subject = jwt.claims["sub"].string();
  const Node audience = jwt.claims["aud"];
  if (!jwt.audiences.empty()) return;
  if (audience.is_string()) jwt.audiences.push_back(audience.string());
  for (const Node one : audience)
    if (one.is_string()) jwt.audiences.push_back(one.string());
}

std::shared_ptr<const Tree> decode_part(std::string_view part, const std::string& file) {
  const auto text = decode_base64(part);
  if (!text) return nullptr;
  models::Diagnostics ignored;
  const Documents documents = read_documents(*text, file, {}, ignored);
  if (documents.broken || documents.trees.size() != 1 || !documents.trees[0]->root().is_mapping()) return nullptr;
  return documents.trees[0];
}

void read_raw(Jwt& jwt, Node node, const std::string& path, ScenarioFindings& findings) {
  jwt.raw = node.string();
  const std::string_view text = jwt.raw;
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  std::shared_ptr<const Tree> header, payload;
  if (second != std::string_view::npos && text.find('.', second + 1) == std::string_view::npos) {
    header = decode_part(text.substr(0, first), findings.file);
    payload = decode_part(text.substr(first + 1, second - first - 1), findings.file);
  }
  if (!header || !payload) {
    jwt.valid = false;
    if (jwt.invalid_reason.empty()) jwt.invalid_reason = "not a token";
    findings.out.push_back({models::Severity::Warning, "MSH0014", "", findings.file, node.position(),
                            path +
                                " is no JSON Web Token (header.payload.signature, base64url of JSON): every proxy will "
                                "take it for an invalid token"});
    return;
  }
  jwt.claims_tree = payload;
  jwt.claims = payload->root();
  take_registered(jwt);
}

void read_location(Jwt& jwt, Node node, const std::string& path, ScenarioFindings& findings) {
  Fields fields(node, path, findings);
  const auto query = fields.text("queryParam"), header = fields.text("header"), cookie = fields.text("cookie");
  const auto prefix = fields.text("prefix");
  fields.done();
  if (node.is_mapping() && (query ? 1 : 0) + (header ? 1 : 0) + (cookie ? 1 : 0) != 1)
    findings.error("MSH0012", node.position(), path + " needs exactly one of queryParam, header and cookie");
  if (prefix && !header)
    findings.error("MSH0011", node["prefix"].position(), path + ".prefix belongs to a header; none is given");
  if (query) jwt.location = {TokenLocation::Kind::QueryParam, *query, ""};
  if (cookie) jwt.location = {TokenLocation::Kind::Cookie, *cookie, ""};
  if (header) {
    std::string name = *header;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    jwt.location = {TokenLocation::Kind::Header, name, prefix.value_or("")};
  }
}

}  // namespace

Jwt read_jwt(Node node, const std::shared_ptr<const Tree>& tree, const std::string& path, ScenarioFindings& findings) {
  Jwt jwt;
  if (node.is_string()) {
    read_raw(jwt, node, path, findings);
    return jwt;
  }
  Fields fields(node, path, findings);
  jwt.issuer = fields.text("issuer");
  jwt.subject = fields.text("subject");
  jwt.audiences = fields.texts("audiences");
  jwt.claims = fields.mapping("claims");
  if (jwt.claims.exists()) jwt.claims_tree = tree;
  jwt.valid = fields.boolean("valid").value_or(true);
  jwt.invalid_reason = fields.text("invalidReason").value_or("");
  if (const Node location = fields.mapping("in"); location.exists())
    read_location(jwt, location, path + ".in", findings);
  const auto raw = fields.text("raw");
  fields.done();
  if (raw) {
    for (const std::string_view key : {"issuer", "subject", "audiences", "claims"})
      if (node[key].has_value())
        findings.error("MSH0011", node[key].position(),
                       path + "." + std::string(key) + " cannot stand beside raw, which states it already");
    read_raw(jwt, node["raw"], path + ".raw", findings);
  } else {
    take_registered(jwt);
  }
  if (!jwt.valid && jwt.invalid_reason.empty()) jwt.invalid_reason = "bad signature";
  return jwt;
}

}  // namespace meshsim::scenarios
