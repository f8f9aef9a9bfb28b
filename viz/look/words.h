#pragma once
// Words in the language of the window for code that knows no Qt: presenters of charts, the graph, the find language.
#include <string>

#include <fmt/format.h>

namespace meshsim::viz {

// The translation of a text of the context "Words".
std::string words(const char* text);

// The same with values in its places. A translation whose places do not fit is not used.
template <class... Values>
std::string worded(const char* text, const Values&... values) {
  try {
    return fmt::format(fmt::runtime(words(text)), values...);
  } catch (const fmt::format_error&) {
    return fmt::format(fmt::runtime(text), values...);
  }
}

}  // namespace meshsim::viz
