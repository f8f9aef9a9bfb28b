#pragma once
// Escaping for formats that are written by hand.
#include <string>
#include <string_view>

namespace meshsim::scenarios {

// Text of an XML element or attribute; characters that XML 1.0 cannot hold become U+FFFD.
std::string xml_text(std::string_view text);
// Message and properties of a GitHub workflow command.
std::string github_text(std::string_view text);
std::string github_property(std::string_view text);

}  // namespace meshsim::scenarios
