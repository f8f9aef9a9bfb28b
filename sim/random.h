#pragma once
// RandomStream: random numbers by address. Draw i of (seed, replication, entity, purpose) is a pure function of those
// five, computed by Philox2x64-10 (Salmon, Moraes, Dror, Shaw, SC11): nothing is seeded, streams cannot overlap, and
// adding an entity or drawing more for one purpose disturbs no other stream. The same request can be given the same
// luck in two variants of a model (common random numbers): use at(i), or a stream per request.
#include <cstdint>
#include <string_view>

#include "sim/fingerprint.h"

namespace meshsim::sim {

struct PhiloxBlock {
  std::uint64_t first, second;
};
constexpr PhiloxBlock philox2x64(std::uint64_t key, std::uint64_t counter, std::uint64_t stream) {
  __extension__ using Wide = unsigned __int128;
  for (int round = 0; round < 10; ++round) {
    const Wide product = static_cast<Wide>(0xD2B74407B1CE6E93ull) * counter;
    counter = static_cast<std::uint64_t>(product >> 64) ^ key ^ stream;
    stream = static_cast<std::uint64_t>(product);
    key += 0x9E3779B97F4A7C15ull;
  }
  return {counter, stream};
}

struct StudyKey {  // one replication of one study
  std::uint64_t value = 0;
  static constexpr StudyKey of(std::uint64_t seed, std::uint64_t replication) {
    return {mix64(mix64(seed + 0x9E3779B97F4A7C15ull) ^ mix64(replication * 0xD1B54A32D192ED03ull + 1))};
  }
};
constexpr std::uint64_t stream_id(std::uint64_t entity, std::uint64_t purpose) {
  return mix64(entity ^ mix64(purpose + 0x9E3779B97F4A7C15ull));
}
constexpr std::uint64_t stream_id(std::string_view entity, std::string_view purpose) {
  return stream_id(stable_hash(entity), stable_hash(purpose));
}

class RandomStream {
 public:
  constexpr RandomStream() = default;
  constexpr RandomStream(StudyKey key, std::uint64_t stream) : key_(key.value), stream_(stream) {}
  constexpr RandomStream(StudyKey key, std::string_view entity, std::string_view purpose)
      : RandomStream(key, stream_id(entity, purpose)) {}

  constexpr std::uint64_t next() {
    if (drawn_++ & 1) return spare_;
    const PhiloxBlock b = philox2x64(key_, drawn_ >> 1, stream_);
    spare_ = b.second;
    return b.first;
  }
  constexpr std::uint64_t at(std::uint64_t draw) const {
    const PhiloxBlock b = philox2x64(key_, draw >> 1, stream_);
    return draw & 1 ? b.second : b.first;
  }
  constexpr std::uint64_t drawn() const { return drawn_; }

 private:
  std::uint64_t key_ = 0, stream_ = 0, drawn_ = 0, spare_ = 0;
};

}  // namespace meshsim::sim
