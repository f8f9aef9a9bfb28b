#pragma once
// Reason: why something is so, written where it was decided: the rule id of the reference and a sentence with the
// user's own names.
#include <string>
#include <vector>

#include "models/resource/object.h"

namespace meshsim::models {

struct Reason {
  std::string rule;    // "DP-052", or empty for a plain remark
  std::string text;    // one sentence
  Source source = {};  // the object that brought it about, if any
  friend bool operator==(const Reason& a, const Reason& b) { return a.rule == b.rule && a.text == b.text; }
};
using Reasons = std::vector<Reason>;

}  // namespace meshsim::models
