#pragma once
// RuleTable: the match blocks of an ordered list of HTTP rules, compiled for look-up. The first matching block in
// written order wins (DP-250), but blocks are not tried one after another: exact paths are hashed, prefixes form a tree
// over sorted strings, and only blocks without an indexable path (regex, header-only) are scanned. Imitates: Envoy's
// route matching (first match of a virtual host) after istiod's translation; each block keeps the conditions that
// istiod evaluates when it builds a proxy's routes (source labels, namespace, gateways, port), so one table serves all
// proxies.
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/route/routing.h"
#include "models/route/string_match.h"

namespace meshsim::models::route {

struct NamedMatch {
  std::string name;  // headers in lower case
  StringMatch match;
  bool invert = false;
};

struct ClaimMatch {
  std::vector<std::string> path;  // @request.auth.claims[a][b] or .a.b
  StringMatch match;
  bool invert = false;
};

struct HttpMatch {
  std::optional<StringMatch> uri;
  std::vector<NamedMatch> headers;  // with :method, :authority, :scheme and withoutHeaders (inverted)
  std::vector<NamedMatch> query;
  std::vector<ClaimMatch> claims;
  // Decided when a proxy's routes are built, not per request.
  std::uint16_t port = 0;
  Labels source_labels;
  std::string source_ns;
  std::vector<std::string> gateways;
  bool only_labels_differ() const { return !source_labels.empty(); }
};

// The proxy for which routes are built.
struct ProxySide {
  std::string_view ns;
  const Labels* labels = nullptr;
  std::uint16_t port = 0;                              // listener port as istiod sees it: the Service or server port
  const std::vector<std::string>* gateways = nullptr;  // names of the gateway; nullptr: {"mesh"}
  bool waypoint = false;                               // DP-245: blocks with sourceLabels are dropped
};

struct HttpRule;

struct RowMatch {
  const HttpRule* rule = nullptr;
  const HttpMatch* match = nullptr;  // nullptr: the rule has no match block
  bool found() const { return rule != nullptr; }
};

class RuleTable {
 public:
  void build(const std::vector<HttpRule>& rules);
  // First block that matches. `skip_catch_all`: gateways move catch-all blocks of merged objects to the end.
  enum class Rows : std::uint8_t { All, Specific, CatchAll };
  RowMatch find(const std::vector<HttpRule>& rules, const RouteRequest& request, const ProxySide& side,
                Rows which = Rows::All) const;
  // Whether any block is built for this proxy at all; if not, the object counts as absent (DP-245, DP-247).
  bool applies(const std::vector<HttpRule>& rules, const ProxySide& side) const;
  bool empty() const { return rows_.empty(); }

 private:
  struct Row {
    std::uint32_t rule = 0;
    std::uint32_t match = 0;
    bool has_match = false;
    bool catch_all = false;
    bool conditional = false;  // has conditions of ProxySide
  };
  struct Prefix {
    std::string text;
    std::int32_t parent = -1;  // longest shorter prefix in the list
    std::vector<std::uint32_t> rows;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  struct PathIndex {
    std::unordered_map<std::string, std::vector<std::uint32_t>, Hash, std::equal_to<>> exact;
    std::vector<Prefix> prefixes;  // sorted
    void link();
    void collect(std::string_view path, std::vector<const std::vector<std::uint32_t>*>& into) const;
  };

  std::vector<Row> rows_;
  PathIndex sensitive_, insensitive_;
  std::vector<std::uint32_t> others_;
  bool always_ = false;
};

// Whether istiod builds this block for this proxy (sourceMatchHTTP, port).
bool built_for(const HttpMatch* match, const ProxySide& side);
bool is_catch_all(const HttpMatch* match);
// Path of a request without query and fragment.
std::string_view path_only(std::string_view path);

}  // namespace meshsim::models::route
