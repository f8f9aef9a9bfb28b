#pragma once
// Whether this build runs under AddressSanitizer: memory is then the sanitizer's, and bounds on it mean nothing.

namespace meshsim::test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace meshsim::test
