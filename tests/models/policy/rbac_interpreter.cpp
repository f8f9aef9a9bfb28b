#include "rbac_interpreter.h"

#include <stdexcept>

#include <re2/re2.h>

namespace meshsim::test {

using namespace models;

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool full_match(std::string_view text, Node regex) {
  const re2::RE2 compiled{std::string(regex["regex"].text())};
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), compiled);
}

bool string_match(Node matcher, std::string_view original) {
  const bool fold = matcher["ignoreCase"].boolean().value_or(false);
  const std::string text = fold ? lower(original) : std::string(original);
  const auto value = [&](Node node) { return fold ? lower(node.text()) : std::string(node.text()); };
  if (matcher["exact"].exists()) return text == value(matcher["exact"]);
  if (matcher["prefix"].exists()) return text.starts_with(value(matcher["prefix"]));
  if (matcher["suffix"].exists()) return text.ends_with(value(matcher["suffix"]));
  if (matcher["safeRegex"].exists()) return full_match(text, matcher["safeRegex"]);
  throw std::logic_error("unknown string matcher");
}

bool in_block(Node block, const IpAddress& address) {
  const auto cidr = Cidr::parse(std::string(block["addressPrefix"].text()) + '/' +
                                std::to_string(block["prefixLen"].integer().value_or(0)));
  return cidr && cidr->contains(address);
}

bool value_match(Node matcher, Node value) {
  if (matcher["stringMatch"].exists()) return value.is_string() && string_match(matcher["stringMatch"], value.text());
  if (matcher["orMatch"].exists()) {
    for (const Node one : matcher["orMatch"]["valueMatchers"])
      if (value_match(one, value)) return true;
    return false;
  }
  if (matcher["listMatch"].exists()) {
    for (const Node element : value)
      if (value.is_sequence() && value_match(matcher["listMatch"]["oneOf"], element)) return true;
    return false;
  }
  throw std::logic_error("unknown value matcher");
}

bool metadata(Node matcher, const RbacInput& input) {
  if (matcher["filter"].text() != "envoy.filters.http.jwt_authn") return false;  // nothing sets other metadata
  Node value;
  bool first = true;
  for (const Node step : matcher["path"]) {
    if (first && step["key"].text() == "payload")
      value = input.payload;
    else
      value = value[step["key"].text()];
    first = false;
  }
  return value.exists() && value_match(matcher["value"], value);
}

bool header(Node matcher, const RbacInput& input) {
  const RequestView& request = *input.request;
  const std::string name = lower(matcher["name"].text());
  std::optional<std::string> value;
  if (name == ":authority") {
    value = request.authority;
  } else if (name == ":method") {
    value = request.method;
  } else {
    for (const auto& [key, text] : *request.headers)
      if (key == name) value = value ? *value + ',' + text : text;
  }
  if (!value) return false;
  if (matcher["presentMatch"].exists()) return true;
  if (matcher["safeRegexMatch"].exists()) return full_match(*value, matcher["safeRegexMatch"]);
  return string_match(matcher["stringMatch"], *value);
}

std::string_view path_of(const RbacInput& input) {
  return input.request->path.substr(0, input.request->path.find_first_of("?#"));
}

bool uri_template(Node matcher, const RbacInput& input) {
  // Envoy's template: `*` one segment, `**` anything.
  constexpr const char* kChars = "[a-zA-Z0-9-._~%!$&'()+,;:@";
  const std::string text(matcher["typedConfig"]["pathTemplate"].text());
  std::string pattern;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "**") == 0) {
      pattern += std::string(kChars) + "/]*";
      ++i;
    } else if (text[i] == '*') {
      pattern += std::string(kChars) + "]+";
    } else {
      pattern += re2::RE2::QuoteMeta(re2::StringPiece(&text[i], 1));
    }
  }
  const auto path = path_of(input);
  return re2::RE2::FullMatch(re2::StringPiece(path.data(), path.size()), pattern);
}

bool permission(Node node, const RbacInput& input) {
  if (node["any"].exists()) return true;
  if (node["andRules"].exists()) {
    for (const Node one : node["andRules"]["rules"])
      if (!permission(one, input)) return false;
    return true;
  }
  if (node["orRules"].exists()) {
    for (const Node one : node["orRules"]["rules"])
      if (permission(one, input)) return true;
    return false;
  }
  if (node["notRule"].exists()) return !permission(node["notRule"], input);
  if (node["header"].exists()) return header(node["header"], input);
  if (node["urlPath"].exists()) return string_match(node["urlPath"]["path"], path_of(input));
  if (node["uriTemplate"].exists()) return uri_template(node["uriTemplate"], input);
  if (node["destinationPort"].exists()) return node["destinationPort"].integer() == input.connection->port;
  if (node["destinationIp"].exists()) return in_block(node["destinationIp"], input.connection->destination_ip);
  if (node["requestedServerName"].exists()) return string_match(node["requestedServerName"], input.connection->sni);
  if (node["metadata"].exists()) return metadata(node["metadata"], input);
  throw std::logic_error("unknown permission");
}

bool principal(Node node, const RbacInput& input) {
  if (node["any"].exists()) return true;
  if (node["andIds"].exists()) {
    for (const Node one : node["andIds"]["ids"])
      if (!principal(one, input)) return false;
    return true;
  }
  if (node["orIds"].exists()) {
    for (const Node one : node["orIds"]["ids"])
      if (principal(one, input)) return true;
    return false;
  }
  if (node["notId"].exists()) return !principal(node["notId"], input);
  if (node["authenticated"].exists())
    return !input.connection->principal.empty() &&
           string_match(node["authenticated"]["principalName"], input.connection->principal);
  if (node["directRemoteIp"].exists()) return in_block(node["directRemoteIp"], input.connection->source_ip);
  if (node["remoteIp"].exists()) return in_block(node["remoteIp"], input.connection->remote_ip);
  if (node["metadata"].exists()) return metadata(node["metadata"], input);
  if (node["header"].exists()) return header(node["header"], input);
  throw std::logic_error("unknown principal");
}

}  // namespace

bool rbac_matches(Node policy, const RbacInput& input) {
  bool permitted = false, known = false;
  for (const Node one : policy["permissions"]) permitted = permitted || permission(one, input);
  for (const Node one : policy["principals"]) known = known || principal(one, input);
  return permitted && known;
}

}  // namespace meshsim::test
