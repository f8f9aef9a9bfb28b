#pragma once
// StringMatch: one value of a rule, ready to be compared. Imitates Envoy's StringMatcher as istiod fills it (PO-032..
// PO-036, PO-039, PO-040) and ztunnel's (PO-060). Plain comparisons where they are provably equal to the regular
// expression that istiod would write, RE2 (Envoy's engine) where not.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace meshsim::models::policy {

// Kleene's third value: what is not evaluated may decide either way.
enum class Tri : std::uint8_t { No, Yes, Unknown };
constexpr Tri operator!(Tri t) { return t == Tri::Yes ? Tri::No : t == Tri::No ? Tri::Yes : Tri::Unknown; }
constexpr Tri tri(bool b) { return b ? Tri::Yes : Tri::No; }

class StringMatch {
 public:
  enum class Kind : std::uint8_t {
    Exact,
    Prefix,
    Suffix,
    NonEmpty,   // regex .+
    Present,    // present, even if empty (PO-033)
    Contains,   // regex .*x.*
    Bracketed,  // starts with `head`, ends with `text`, not overlapping: regex head.*text
    Regex,      // full match
    Template,   // path template whose trailing slash the documents and the regex read differently (PO-036)
    Unreadable  // no regular expression: Envoy would refuse the configuration
  };

  static StringMatch exact(std::string_view text, bool ignore_case = false);
  // PO-032: `*`, `*suffix`, `prefix*`, exact; the leading star is tested first. With `present_for_star` as PO-033.
  static StringMatch wildcard(std::string_view value, bool present_for_star = false, bool ignore_case = false);
  static StringMatch prefix(std::string_view text);
  static StringMatch contains(std::string_view text);
  static StringMatch bracketed(std::string_view head, std::string_view tail);
  static StringMatch regex(const std::string& pattern);
  static StringMatch path_template(std::string_view value);  // PO-036

  Tri matches(std::string_view value) const;
  Kind kind() const { return kind_; }
  const std::string& text() const { return text_; }

 private:
  Kind kind_ = Kind::Exact;
  bool ignore_case_ = false;
  std::string text_, head_;
  std::shared_ptr<const re2::RE2> regex_;
};

// ztunnel's StringMatch (PO-060): exact, prefix, suffix, presence.
struct ZString {
  enum class Kind : std::uint8_t { Exact, Prefix, Suffix, Presence } kind = Kind::Exact;
  std::string text;
  static ZString parse(std::string_view value);
  bool matches(std::string_view value) const;
  friend bool operator==(const ZString&, const ZString&) = default;
};

// A path value is a template if it contains one of the two operators (PO-036).
bool is_path_template(std::string_view value);

}  // namespace meshsim::models::policy
