#include "models/route/route_set.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace meshsim::models::route {

bool RouteSet::has_gateway(std::string_view name) const {
  return std::find(gateways.begin(), gateways.end(), name) != gateways.end();
}

bool exported(const std::vector<std::string>& export_to, std::string_view owner_ns, std::string_view viewer_ns) {
  if (export_to.empty()) return true;
  return std::any_of(export_to.begin(), export_to.end(), [&](const std::string& to) {
    return to == "*" || to == viewer_ns || (to == "." && owner_ns == viewer_ns);
  });
}

std::optional<std::uint8_t> route_tier(const RouteSet& set, std::string_view ns,
                                       const std::vector<std::string>& default_export) {
  const std::vector<std::string>& to = set.export_to.empty() ? default_export : set.export_to;
  auto has = [&](std::string_view what) { return std::find(to.begin(), to.end(), what) != to.end(); };
  if (to.empty() || has("*")) return set.gateway_api && set.ns == ns ? 2 : kPublicTier;
  if (set.ns == ns) return has(".") || has(set.ns) ? std::optional<std::uint8_t>(0) : std::nullopt;
  return has(ns) ? std::optional<std::uint8_t>(1) : std::nullopt;
}

std::vector<std::uint32_t> route_order(const std::vector<RouteSet>& sets, std::string_view gateway, std::string_view ns,
                                       const std::vector<std::string>& default_export) {
  std::vector<std::uint32_t> tiers[kPublicTier + 1];
  for (std::uint32_t i = 0; i < sets.size(); ++i) {
    if (!sets[i].has_gateway(gateway)) continue;
    if (const auto tier = route_tier(sets[i], ns, default_export)) tiers[*tier].push_back(i);
  }
  std::vector<std::uint32_t> out;
  for (const auto& tier : tiers) out.insert(out.end(), tier.begin(), tier.end());
  return out;
}

std::optional<std::int64_t> read_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    std::size_t used = 0;
    while (used < text.size() && ((text[used] >= '0' && text[used] <= '9') || text[used] == '.')) ++used;
    if (used == 0) return std::nullopt;
    const double amount = std::strtod(std::string(text.substr(0, used)).c_str(), nullptr);
    text.remove_prefix(used);
    std::size_t letters = 0;
    while (letters < text.size() && !(text[letters] >= '0' && text[letters] <= '9')) ++letters;
    const std::string_view unit = text.substr(0, letters);
    double scale = 0;
    if (unit == "h") scale = 3600e9;
    if (unit == "m") scale = 60e9;
    if (unit == "s") scale = 1e9;
    if (unit == "ms") scale = 1e6;
    if (unit == "us" || unit == "\xc2\xb5s") scale = 1e3;
    if (unit == "ns") scale = 1;
    if (scale == 0) return std::nullopt;
    total += amount * scale;
    if (total > 9e18) return std::nullopt;
    text.remove_prefix(letters);
  }
  return static_cast<std::int64_t>(std::llround(total));
}

std::vector<std::string> read_strings(Node sequence) {
  std::vector<std::string> out;
  for (const Node entry : sequence)
    if (entry.is_scalar() && entry.has_value()) out.emplace_back(entry.text());
  return out;
}

bool host_matches(std::string_view pattern, std::string_view host) {
  if (pattern == "*") return true;
  if (pattern.starts_with('*')) return host.size() >= pattern.size() && host.ends_with(pattern.substr(1));
  return pattern == host;
}

int host_fit(std::string_view pattern, std::string_view name) {
  if (pattern == "*") return 0;
  if (name.empty() || !host_matches(pattern, name)) return -1;
  return static_cast<int>(pattern.size()) + (pattern.starts_with('*') ? 0 : 100'000);
}

bool hosts_overlap(std::string_view a, std::string_view b) {
  if (a == "*" || b == "*") return true;
  const bool wild_a = a.starts_with('*'), wild_b = b.starts_with('*');
  if (wild_a && wild_b) return a.substr(1).ends_with(b.substr(1)) || b.substr(1).ends_with(a.substr(1));
  if (wild_a) return host_matches(a, b);
  if (wild_b) return host_matches(b, a);
  return a == b;
}

std::string_view host_without_port(std::string_view authority) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    return end == std::string_view::npos ? authority : authority.substr(1, end - 1);
  }
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(':') != colon) return authority;
  return authority.substr(0, colon);
}

}  // namespace meshsim::models::route
