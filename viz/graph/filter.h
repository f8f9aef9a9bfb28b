#pragma once
// Filter: the find and hide language, as Kiali users know it: `namespace = shop`, `name contains api`, `mode =
// ambient`, `verdict = denied`, `label:app = x`, bare words such as `bypassed` or `!waypoint`, joined by AND and OR. As
// in Kiali, OR binds tighter than AND; parentheses are understood as well. A word that is none of the known ones is
// looked for in every text. No Qt here.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace meshsim::viz {

// The values of one field of the thing that is asked; "is" gives its words, "any" all its texts.
using Facts = std::function<std::vector<std::string>(const std::string& field)>;

class Filter {
 public:
  // An empty text matches nothing (find) and is not active.
  static Filter parse(std::string_view text);
  bool active() const { return root_ != nullptr; }
  const std::string& problem() const { return problem_; }  // empty: understood
  bool matches(const Facts& facts) const;

  struct Term;

 private:
  std::shared_ptr<const Term> root_;
  std::string problem_;
};

// For completion.
const std::vector<std::string>& filter_fields();
const std::vector<std::string>& filter_words();

}  // namespace meshsim::viz
