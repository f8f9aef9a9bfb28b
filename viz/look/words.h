#pragma once
// Words in the language of the window for code that knows no Qt: presenters of charts, the graph, the find language.
#include <string>

#include <fmt/format.h>

namespace meshsim::viz {

// A text in the language of the window. The context is written out at each place, always "Words", for lupdate. With
// `n`: the plural form for it, "%n flow(s)".
std::string words(const char* context, const char* text, const char* comment = nullptr, int n = -1);

// Words with values in their places. A translation whose places do not fit is shown as it is.
template <class... Values>
std::string worded(const std::string& words, const Values&... values) {
  try {
    return fmt::format(fmt::runtime(words), values...);
  } catch (const fmt::format_error&) {
    return words;
  }
}

}  // namespace meshsim::viz
