#pragma once
// Fingerprint: one number that says "still behaves the same". A running 64-bit hash over chosen ingredients of every
// event (time, kind, slot of the record) and of whatever else a model mixes in (outcomes, draws). Equal inputs give
// equal fingerprints on every machine, compiler, number of threads and future event set. It is no cryptographic hash.
#include <cstdint>
#include <string>
#include <string_view>

namespace meshsim::sim {

constexpr std::uint64_t mix64(std::uint64_t z) {  // finaliser of splitmix64
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}
// Stable across machines and releases: FNV-1a, then mixed. Names of entities become stream and entity ids with it.
constexpr std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325ull;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return mix64(h);
}

struct FingerprintOf {  // which ingredients of an event count
  bool time = true, kind = true, slot = true;
};

class Fingerprint {
 public:
  explicit Fingerprint(FingerprintOf of = {})
      : time_mask_(of.time ? ~0ull : 0), event_mask_((of.kind ? 0xFFull << 24 : 0) | (of.slot ? 0xFFFFFFull : 0)) {}

  void event(std::int64_t time, std::uint8_t kind, std::uint32_t slot) {
    const std::uint64_t what = (static_cast<std::uint64_t>(kind) << 24 | slot) & event_mask_;
    mix((static_cast<std::uint64_t>(time) & time_mask_) ^ (what * 0x9E3779B97F4A7C15ull));
  }
  void mix(std::uint64_t x) {
    hash_ = (hash_ ^ x) * 0xD6E8FEB86659FD93ull;
    hash_ ^= hash_ >> 32;
  }
  std::uint64_t value() const { return hash_; }
  std::string text() const;  // "9f3c-11d0-a2b4-0077"

 private:
  std::uint64_t hash_ = 0x6A09E667F3BCC908ull, time_mask_, event_mask_;
};

}  // namespace meshsim::sim
