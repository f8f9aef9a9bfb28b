#pragma once
// StringMatch: exact, prefix, regex or "is present", as VirtualService and Gateway API routes write conditions.
// Imitates: istiod's ConvertToEnvoyMatch and Envoy's StringMatcher / HeaderMatcher (Istio 1.27 to master 2026-08):
// regular expressions are RE2 and must match the whole value; the VirtualService regex `*` means "present".
#include <memory>
#include <string>
#include <string_view>

#include "models/value/tree.h"

namespace re2 {
class RE2;
}

namespace meshsim::models::route {

struct StringMatch {
  enum class Kind : std::uint8_t {
    Present,
    Exact,
    Prefix,
    Segment,  // Gateway API PathPrefix: `/foo` matches `/foo` and `/foo/x`, not `/foobar` (DP-251)
    Regex,
    Never,  // a regular expression that RE2 refuses: Envoy would refuse the whole configuration
  } kind = Kind::Present;
  std::string text;
  bool ignore_case = false;
  std::shared_ptr<const re2::RE2> regex;

  bool matches(std::string_view value) const;

  static StringMatch exact(std::string text);
  static StringMatch expression(std::string text, bool ignore_case = false);
  // The VirtualService form: {exact: ...} | {prefix: ...} | {regex: ...} | {} (present).
  static StringMatch read(Node node, bool ignore_case = false);
};

bool equal_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
std::string lower(std::string_view text);

}  // namespace meshsim::models::route
