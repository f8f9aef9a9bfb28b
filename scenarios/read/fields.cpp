#include "scenarios/read/fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "scenarios/read/nearest_name.h"

namespace meshsim::scenarios {

using models::Node;
using models::NodeKind;

std::string element(std::string_view list, std::size_t index) {
  return std::string(list) + '[' + std::to_string(index) + ']';
}

std::string shown(Node value) {
  constexpr std::size_t kMost = 60;
  if (value.is_mapping() || value.is_sequence() || value.kind() == NodeKind::Null)
    return std::string(models::describe(value.kind()));
  const std::string text(value.text().substr(0, kMost));
  if (value.is_string()) return '"' + text + (value.text().size() > kMost ? "..." : "") + '"';
  return std::string(models::describe(value.kind())) + " (" + text + ')';
}

Fields::Fields(Node node, std::string path, ScenarioFindings& findings)
    : node_(node), path_(std::move(path)), findings_(findings) {
  if (!node.exists() || node.is_mapping()) return;
  findings.error("MSH0011", node.position(),
                 (path_.empty() ? "the document" : path_) + " must be a mapping, not " + shown(node));
  node_ = {};
}

Node Fields::node(std::string_view key) {
  known_.push_back(key);
  return node_[key];
}

void Fields::wrong(Node value, std::string_view key, std::string_view expected) {
  wrong_value(value, key, path_of(key) + " must be " + std::string(expected) + ", not " + shown(value));
}

void Fields::wrong_value(Node value, std::string_view, std::string message, std::string code) {
  findings_.error(std::move(code), value.exists() ? value.position() : node_.position(), std::move(message));
}

std::optional<std::string> Fields::text(std::string_view key) {
  const Node value = node(key);
  if (!value.has_value()) return std::nullopt;
  if (value.is_string()) return value.string();
  // `n`, `on` and `8080` are no text for YAML as kubectl reads it.
  wrong(value, key, value.is_scalar() ? "a string (put quotes around it)" : "a string");
  return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view key) {
  const Node value = node(key);
  if (!value.has_value()) return std::nullopt;
  if (value.kind() != NodeKind::Bool) wrong(value, key, "true or false");
  return value.boolean();
}

std::optional<std::int64_t> Fields::integer(std::string_view key, std::int64_t least, std::int64_t most) {
  const Node value = node(key);
  if (!value.has_value()) return std::nullopt;
  const auto number = value.integer();
  if (number && *number >= least && *number <= most) return number;
  std::string expected = "an integer from " + std::to_string(least);
  if (most != INT64_MAX) expected += " to " + std::to_string(most);
  wrong(value, key, most == INT64_MAX ? expected + " upwards" : expected);
  return std::nullopt;
}

std::optional<std::int64_t> Fields::duration(std::string_view key) {
  const auto written = text(key);
  if (!written) return std::nullopt;
  const auto ns = parse_duration(*written);
  if (!ns) wrong(node_[key], key, "a duration such as \"30s\" or \"1m30s\"");
  return ns;
}

Node Fields::mapping(std::string_view key) {
  const Node value = node(key);
  if (!value.has_value() || value.is_mapping()) return value.has_value() ? value : Node();
  wrong(value, key, "a mapping");
  return {};
}

Node Fields::list(std::string_view key) {
  const Node value = node(key);
  if (!value.has_value() || value.is_sequence()) return value.has_value() ? value : Node();
  wrong(value, key, "a list");
  return {};
}

std::vector<std::string> Fields::texts(std::string_view key) {
  std::vector<std::string> out;
  std::size_t index = 0;
  for (const Node one : list(key)) {
    if (one.is_string()) {
      out.push_back(one.string());
    } else {
      wrong(one, element(key, index), "a string");
    }
    ++index;
  }
  return out;
}

std::optional<std::size_t> Fields::word(std::string_view key, std::initializer_list<std::string_view> words) {
  const auto written = text(key);
  if (!written) return std::nullopt;
  const auto it = std::find(words.begin(), words.end(), *written);
  if (it != words.end()) return static_cast<std::size_t>(it - words.begin());
  std::string expected;
  for (const std::string_view one : words) expected += (expected.empty() ? "" : ", ") + std::string(one);
  wrong_value(node_[key], key,
              path_of(key) + " must be one of " + expected + ", not " + shown(node_[key]) +
                  did_you_mean(*written, {words.begin(), words.size()}));
  return std::nullopt;
}

void Fields::require(std::string_view key) {
  if (!node_.exists() || node_[key].has_value()) return;
  findings_.error("MSH0012", node_.position(), path_of(key) + " is missing");
}

void Fields::done() {
  if (!node_.is_mapping()) return;
  for (const Node child : node_) {
    if (std::find(known_.begin(), known_.end(), child.key()) != known_.end()) continue;
    findings_.error("MSH0010", child.key_position(),
                    "unknown field \"" + std::string(child.key().substr(0, 60)) + "\"" +
                        (path_.empty() ? std::string() : " in " + path_) + did_you_mean(child.key(), known_));
  }
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  constexpr std::array<std::pair<std::string_view, double>, 7> kUnits = {
      {{"ns", 1}, {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
  double total = 0;
  while (!text.empty()) {
    if (text.front() != '.' && (text.front() < '0' || text.front() > '9')) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::size_t digits = text.find_first_of("0123456789.");
    const std::string_view unit = text.substr(0, digits);
    const auto it = std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& u) { return u.first == unit; });
    if (it == kUnits.end()) return std::nullopt;
    total += value * it->second;
    text.remove_prefix(unit.size());
  }
  if (total > 9.0e18) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(total));
}

std::optional<double> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view number = text.substr(0, slash);
  double value = 0;
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != number.data() + number.size() || number.empty() || !(value >= 0) ||
      !std::isfinite(value))
    return std::nullopt;
  if (slash == std::string_view::npos) return value;
  const std::string_view unit = text.substr(slash + 1);
  if (unit == "s") return value;
  if (unit == "m") return value / 60;
  if (unit == "h") return value / 3600;
  return std::nullopt;
}

std::optional<std::pair<std::string, std::string>> parse_pair(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) return std::nullopt;
  if (text.find('/', slash + 1) != std::string_view::npos) return std::nullopt;
  return std::make_pair(std::string(text.substr(0, slash)), std::string(text.substr(slash + 1)));
}

}  // namespace meshsim::scenarios
