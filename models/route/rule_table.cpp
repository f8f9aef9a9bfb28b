#include "models/route/rule_table.h"

#include <algorithm>
#include <limits>

#include "models/route/route_set.h"

namespace meshsim::models::route {
namespace {

std::string_view query_of(std::string_view path) {
  path = path.substr(0, path.find('#'));
  const auto mark = path.find('?');
  return mark == std::string_view::npos ? std::string_view() : path.substr(mark + 1);
}

std::optional<std::string_view> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name)
      return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return std::nullopt;
}

// Value of a header as Envoy compares it: repeated headers are joined by commas; `host` is :authority.
std::optional<std::string> header_value(const RouteRequest& request, const std::string& name) {
  if (name == ":method") return std::string(request.method);
  if (name == ":path") return std::string(request.path);
  if (name == ":scheme") return std::string(request.scheme);
  if (name == ":authority" || name == "host") return std::string(request.authority);
  if (request.headers == nullptr) return std::nullopt;
  std::optional<std::string> out;
  for (const auto& [key, value] : *request.headers) {
    if (key != name) continue;
    if (out) {
      *out += ',';
      *out += value;
    } else {
      out = value;
    }
  }
  if (!out && request.grpc && name == "content-type") out = "application/grpc";
  return out;
}

bool header_matches(const NamedMatch& m, const RouteRequest& request) {
  const std::optional<std::string> value = header_value(request, m.name);
  if (m.match.kind == StringMatch::Kind::Present) return value.has_value() != m.invert;
  if (m.invert) return !m.match.matches(value.value_or(""));  // a missing header counts as empty
  return value && m.match.matches(*value);
}

bool claim_value_matches(Node node, const std::vector<std::string>& path, std::size_t from, const StringMatch& match) {
  for (std::size_t i = from; i < path.size(); ++i) node = node[path[i]];
  if (node.is_sequence())
    return std::any_of(node.begin(), node.end(),
                       [&](Node e) { return e.is_scalar() && e.has_value() && match.matches(e.text()); });
  return node.is_scalar() && node.has_value() && match.matches(node.text());
}

bool token_matches(const Jwt& token, const ClaimMatch& m) {
  if (m.path.empty()) return false;
  if (m.path.size() == 1) {
    if (m.path[0] == "iss") return token.issuer && m.match.matches(*token.issuer);
    if (m.path[0] == "sub") return token.subject && m.match.matches(*token.subject);
    if (m.path[0] == "aud")
      return std::any_of(token.audiences.begin(), token.audiences.end(),
                         [&](const std::string& a) { return m.match.matches(a); });
  }
  return claim_value_matches(token.claims, m.path, 0, m.match);
}

bool claim_matches(const ClaimMatch& m, const RouteRequest& request) {
  bool found = false;
  if (request.jwts != nullptr && request.valid_jwts != nullptr)
    for (const std::size_t i : *request.valid_jwts)
      found |= i < request.jwts->size() && token_matches((*request.jwts)[i], m);
  return found != m.invert;
}

// What remains to be checked once the path has matched.
bool rest_matches(const HttpMatch& m, const RouteRequest& request) {
  for (const NamedMatch& h : m.headers)
    if (!header_matches(h, request)) return false;
  if (!m.query.empty()) {
    const std::string_view query = query_of(request.path);
    for (const NamedMatch& q : m.query) {
      const auto value = query_value(query, q.name);
      if (!value || !q.match.matches(*value)) return false;
    }
  }
  for (const ClaimMatch& c : m.claims)
    if (!claim_matches(c, request)) return false;
  return true;
}

}  // namespace

std::string_view path_only(std::string_view path) { return path.substr(0, path.find_first_of("?#")); }

bool built_for(const HttpMatch* match, const ProxySide& side) {
  if (match == nullptr) return true;
  if (match->port != 0 && match->port != side.port) return false;
  if (side.waypoint && !match->source_labels.empty()) return false;  // DP-245
  if (!match->gateways.empty()) {
    // With `gateways`, source conditions are not looked at (istio/istio CORE/route/route.go sourceMatchHTTP, 1.27).
    return std::any_of(match->gateways.begin(), match->gateways.end(), [&](const std::string& g) {
      if (side.gateways == nullptr) return g == "mesh";
      return std::find(side.gateways->begin(), side.gateways->end(), g) != side.gateways->end();
    });
  }
  static const Labels kNoLabels;
  if (!matches(match->source_labels, side.labels != nullptr ? *side.labels : kNoLabels)) return false;
  return match->source_ns.empty() || match->source_ns == side.ns;
}

bool is_catch_all(const HttpMatch* match) {
  if (match == nullptr) return true;
  if (!match->headers.empty() || !match->query.empty() || !match->claims.empty()) return false;
  if (!match->uri) return true;
  using Kind = StringMatch::Kind;
  return (match->uri->kind == Kind::Prefix && match->uri->text == "/") ||
         (match->uri->kind == Kind::Regex && match->uri->text == ".*");
}

void RuleTable::PathIndex::link() {
  std::sort(prefixes.begin(), prefixes.end(), [](const Prefix& a, const Prefix& b) { return a.text < b.text; });
  // In sorted order every prefix of an entry precedes it; the chain of the previous entry holds the candidates.
  for (std::size_t i = 1; i < prefixes.size(); ++i) {
    auto candidate = static_cast<std::int32_t>(i) - 1;
    while (candidate >= 0 && !prefixes[i].text.starts_with(prefixes[static_cast<std::size_t>(candidate)].text))
      candidate = prefixes[static_cast<std::size_t>(candidate)].parent;
    prefixes[i].parent = candidate;
  }
}

void RuleTable::PathIndex::collect(std::string_view path, std::vector<const std::vector<std::uint32_t>*>& into) const {
  if (const auto it = exact.find(path); it != exact.end()) into.push_back(&it->second);
  const auto above = std::upper_bound(prefixes.begin(), prefixes.end(), path,
                                      [](std::string_view p, const Prefix& e) { return p < e.text; });
  auto at = static_cast<std::int32_t>(above - prefixes.begin()) - 1;
  for (; at >= 0; at = prefixes[static_cast<std::size_t>(at)].parent)
    if (path.starts_with(prefixes[static_cast<std::size_t>(at)].text))
      into.push_back(&prefixes[static_cast<std::size_t>(at)].rows);
}

void RuleTable::build(const std::vector<HttpRule>& rules) {
  *this = {};
  std::unordered_map<std::string, std::size_t> sensitive_prefix, insensitive_prefix;
  auto index_prefix = [](PathIndex& index, std::unordered_map<std::string, std::size_t>& seen, const std::string& text,
                         std::uint32_t row) {
    const auto [it, fresh] = seen.emplace(text, index.prefixes.size());
    if (fresh) index.prefixes.push_back({text, -1, {}});
    index.prefixes[it->second].rows.push_back(row);
  };
  for (std::uint32_t r = 0; r < rules.size(); ++r) {
    const HttpRule& rule = rules[r];
    const std::size_t blocks = std::max<std::size_t>(rule.matches.size(), 1);
    for (std::uint32_t m = 0; m < blocks; ++m) {
      Row row;
      row.rule = r;
      row.match = m;
      row.has_match = !rule.matches.empty();
      const HttpMatch* match = row.has_match ? &rule.matches[m] : nullptr;
      row.catch_all = is_catch_all(match);
      row.conditional = match != nullptr && (match->port != 0 || !match->source_labels.empty() ||
                                             !match->source_ns.empty() || !match->gateways.empty());
      always_ |= !row.conditional;
      const auto id = static_cast<std::uint32_t>(rows_.size());
      rows_.push_back(row);
      using Kind = StringMatch::Kind;
      if (match == nullptr || !match->uri) {
        others_.push_back(id);
        continue;
      }
      const bool fold = match->uri->ignore_case;
      PathIndex& index = fold ? insensitive_ : sensitive_;
      const std::string text = fold ? lower(match->uri->text) : match->uri->text;
      switch (match->uri->kind) {
        case Kind::Exact:
          index.exact[text].push_back(id);
          break;
        case Kind::Prefix:
        case Kind::Segment:
          index_prefix(index, fold ? insensitive_prefix : sensitive_prefix, text, id);
          break;
        default:
          others_.push_back(id);
      }
    }
  }
  sensitive_.link();
  insensitive_.link();
}

bool RuleTable::applies(const std::vector<HttpRule>& rules, const ProxySide& side) const {
  if (always_) return true;
  return std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
    return built_for(row.has_match ? &rules[row.rule].matches[row.match] : nullptr, side);
  });
}

RowMatch RuleTable::find(const std::vector<HttpRule>& rules, const RouteRequest& request, const ProxySide& side,
                         Rows which) const {
  const std::string_view path = path_only(request.path);
  std::vector<const std::vector<std::uint32_t>*> lists;
  sensitive_.collect(path, lists);
  std::string folded;
  if (!insensitive_.exact.empty() || !insensitive_.prefixes.empty()) {
    folded = lower(path);
    insensitive_.collect(folded, lists);
  }
  if (!others_.empty()) lists.push_back(&others_);
  // Merge the ascending lists: candidates are tried in written order.
  std::vector<std::size_t> at(lists.size(), 0);
  constexpr std::uint32_t kEnd = std::numeric_limits<std::uint32_t>::max();
  for (;;) {
    std::uint32_t next = kEnd;
    std::size_t from = 0;
    for (std::size_t i = 0; i < lists.size(); ++i)
      if (at[i] < lists[i]->size() && (*lists[i])[at[i]] < next) {
        next = (*lists[i])[at[i]];
        from = i;
      }
    if (next == kEnd) return {};
    ++at[from];
    const Row& row = rows_[next];
    const HttpRule& rule = rules[row.rule];
    const HttpMatch* match = row.has_match ? &rule.matches[row.match] : nullptr;
    if (row.conditional && !built_for(match, side)) continue;
    // Nothing is built behind a catch-all; every catch-all is a candidate for every path.
    if (which == Rows::Specific && row.catch_all) return {};
    if (which == Rows::CatchAll && !row.catch_all) continue;
    if (match != nullptr) {
      if (match->uri && !match->uri->matches(path)) continue;
      if (!rest_matches(*match, request)) continue;
    }
    return {&rule, match};
  }
}

}  // namespace meshsim::models::route
