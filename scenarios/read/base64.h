#pragma once
// Base64 text, standard (RFC 4648 section 4) and URL-safe (section 5), with or without padding; blanks are skipped.
#include <optional>
#include <string>
#include <string_view>

namespace meshsim::scenarios {

std::optional<std::string> decode_base64(std::string_view text);

}  // namespace meshsim::scenarios
