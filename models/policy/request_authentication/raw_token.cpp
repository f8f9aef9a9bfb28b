#include "models/policy/request_authentication/raw_token.h"

#include <array>
#include <vector>

#include <nlohmann/json.hpp>

namespace meshsim::models {

namespace {

using Json = nlohmann::json;

void build(TreeBuilder& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      out.begin_mapping();
      for (const auto& [key, child] : value.items()) {
        out.key(key);
        build(out, child);
      }
      out.end();
      break;
    case Json::value_t::array:
      out.begin_sequence();
      for (const auto& child : value) build(out, child);
      out.end();
      break;
    case Json::value_t::string:
      out.string(value.get_ref<const std::string&>());
      break;
    case Json::value_t::boolean:
      out.scalar(NodeKind::Bool, value.get<bool>() ? "true" : "false");
      break;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      out.scalar(NodeKind::Int, value.dump());
      break;
    case Json::value_t::number_float:
      out.scalar(NodeKind::Float, value.dump());
      break;
    default:
      out.scalar(NodeKind::Null, "null");
  }
}

Json to_json(Node node) {
  switch (node.kind()) {
    case NodeKind::Mapping: {
      Json out = Json::object();
      for (const Node child : node) out[std::string(child.key())] = to_json(child);
      return out;
    }
    case NodeKind::Sequence: {
      Json out = Json::array();
      for (const Node child : node) out.push_back(to_json(child));
      return out;
    }
    case NodeKind::String:
      return std::string(node.string_or());
    case NodeKind::Bool:
      return node.boolean().value_or(false);
    case NodeKind::Int:
      if (const auto value = node.integer()) return *value;
      return nullptr;
    case NodeKind::Float:
      if (const auto value = node.number()) return *value;
      return nullptr;
    default:
      return nullptr;
  }
}

}  // namespace

std::optional<Jwt> decode_raw_jwt(std::string_view text) {
  const auto first = text.find('.');
  const auto second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  const auto header = policy::base64url_decode(text.substr(0, first));
  const auto payload = policy::base64url_decode(text.substr(first + 1, second - first - 1));
  if (!header || !payload || !policy::base64url_decode(text.substr(second + 1))) return std::nullopt;
  // A callback-free depth limit: nlohmann parses iteratively, but building and reading trees recurses.
  int depth = 0;
  const auto shallow = [&](int level, Json::parse_event_t, Json&) {
    depth = std::max(depth, level);
    return true;
  };
  const Json head = Json::parse(*header, shallow, false);
  const Json body = Json::parse(*payload, shallow, false);
  if (depth > 64 || !head.is_object() || !body.is_object() || !head.contains("alg") || !head["alg"].is_string())
    return std::nullopt;
  Jwt out;
  out.raw = text;
  TreeBuilder claims;
  claims.begin_mapping();
  for (const auto& [key, value] : body.items()) {
    if (key == "iss" && value.is_string()) {
      out.issuer = value.get<std::string>();
    } else if (key == "sub" && value.is_string()) {
      out.subject = value.get<std::string>();
    } else if (key == "aud") {
      if (value.is_string()) out.audiences.push_back(value.get<std::string>());
      if (value.is_array())
        for (const auto& one : value)
          if (one.is_string()) out.audiences.push_back(one.get<std::string>());
    } else {
      claims.key(key);
      build(claims, value);
    }
  }
  claims.end();
  out.claims_tree = claims.finish();
  out.claims = out.claims_tree->root();
  return out;
}

namespace policy {

std::string base64url_encode(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    held += 8;
    while (held >= 6) {
      held -= 6;
      out += kDigits[(bits >> held) & 63];
    }
  }
  if (held > 0) out += kDigits[(bits << (6 - held)) & 63];
  return out;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    std::uint32_t digit;
    if (c >= 'A' && c <= 'Z') {
      digit = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      digit = static_cast<std::uint32_t>(c - 'a' + 26);
    } else if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0' + 52);
    } else if (c == '-' || c == '+') {
      digit = 62;
    } else if (c == '_' || c == '/') {
      digit = 63;
    } else {
      return std::nullopt;
    }
    bits = (bits << 6) | digit;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>((bits >> held) & 255);
    }
  }
  return out;
}

std::string payload_json(const Jwt& token) {
  Json out = token.claims.is_mapping() ? to_json(token.claims) : Json::object();
  if (token.issuer) out["iss"] = *token.issuer;
  if (token.subject) out["sub"] = *token.subject;
  if (token.audiences.size() == 1) out["aud"] = token.audiences[0];
  if (token.audiences.size() > 1) out["aud"] = token.audiences;
  return out.dump();
}

}  // namespace policy
}  // namespace meshsim::models
