#pragma once
// Style: colours of a terminal, off by default. Meaning never rests on colour alone: every coloured word stands as text
// too.
#include <string>
#include <string_view>
#include <vector>

#include "models/verdict/outcome.h"

namespace meshsim::scenarios {

class Style {
 public:
  explicit Style(bool on) : on_(on) {}
  std::string bold(std::string_view text) const { return paint("1", text); }
  std::string dim(std::string_view text) const { return paint("2", text); }
  std::string good(std::string_view text) const { return paint("32", text); }
  std::string bad(std::string_view text) const { return paint("31", text); }
  std::string warn(std::string_view text) const { return paint("33", text); }
  std::string verdict(models::Verdict verdict, std::string_view text) const;
  std::string status(models::PolicyStatus status, std::string_view text) const;

 private:
  std::string paint(const char* code, std::string_view text) const;
  bool on_;
};

// Columns padded to the widest cell; cells may hold colour, which does not count.
std::string columns(const std::vector<std::vector<std::string>>& rows, std::size_t gap = 2);
// Text broken at spaces to `width`, every line indented by `indent`.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);
// The same with a label in front of the first line; further lines start under the first word of the text.
std::string hanging(std::string_view label, std::string_view text, std::size_t width, std::size_t indent);
std::size_t visible_width(std::string_view text);

}  // namespace meshsim::scenarios
