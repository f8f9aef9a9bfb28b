// Any bytes as a token, as a key set, as a path and as the values of string matchers.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "models/policy/authorization/normalize_path.h"
#include "models/policy/authorization/string_match.h"
#include "models/policy/request_authentication/raw_token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meshsim::models;
  using namespace meshsim::models::policy;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto token = decode_raw_jwt(text))
    if (payload_json(*token).empty()) std::abort();
  const std::string_view first = text.substr(0, text.find('\n'));
  const std::string_view rest = first.size() < text.size() ? text.substr(first.size() + 1) : std::string_view();
  if (const auto keys = KeySet::parse(rest)) (void)keys->verify(first);
  static const auto known = KeySet::parse(R"({"keys":[{"kty":"oct","k":"c2VjcmV0"}]})");
  (void)known->verify(text);
  for (const auto mode : {PathNormalization::None, PathNormalization::Base, PathNormalization::MergeSlashes,
                          PathNormalization::DecodeAndMergeSlashes}) {
    std::string storage, again;
    const auto once = normalize_path(text, mode, storage);
    // Without escaped characters a second pass finds nothing left to do.
    if (text.find('%') == std::string_view::npos && normalize_path(once.path, mode, again).path != once.path)
      std::abort();
  }
  for (const auto& matcher : {StringMatch::wildcard(first), StringMatch::path_template(first),
                              StringMatch::regex(std::string(first)), StringMatch::bracketed("spiffe://", first)})
    (void)matcher.matches(rest);
  const ZString z = ZString::parse(first);
  if (z.kind == ZString::Kind::Exact && z.matches(rest) != (first == rest)) std::abort();
  const auto decoded = base64url_decode(base64url_encode(text));
  if (!decoded || *decoded != text) std::abort();
  return 0;
}
