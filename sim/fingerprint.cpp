#include "sim/fingerprint.h"

namespace meshsim::sim {

std::string Fingerprint::text() const {
  static constexpr char hex[] = "0123456789abcdef";
  std::string s;
  for (int i = 60; i >= 0; i -= 4) {
    s.push_back(hex[hash_ >> i & 15]);
    if (i % 16 == 0 && i) s.push_back('-');
  }
  return s;
}

}  // namespace meshsim::sim
