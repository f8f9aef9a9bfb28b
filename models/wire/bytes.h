#pragma once
// Bytes on the wire: byte strings, big-endian appending, and KeyStream, from which everything that real software draws
// at random (keys, nonces, serial numbers, trace ids) is derived, so that the same seed gives the same capture.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace meshsim::models::wire {

using Bytes = std::string;  // octets

inline void put_u8(Bytes& out, std::uint64_t value) { out.push_back(static_cast<char>(value & 0xff)); }
inline void put_u16(Bytes& out, std::uint64_t value) {
  put_u8(out, value >> 8);
  put_u8(out, value);
}
inline void put_u24(Bytes& out, std::uint64_t value) {
  put_u8(out, value >> 16);
  put_u16(out, value);
}
inline void put_u32(Bytes& out, std::uint64_t value) {
  put_u16(out, value >> 16);
  put_u16(out, value);
}

Bytes sha256(std::string_view text);
std::string hex(std::string_view bytes);
std::string base64(std::string_view bytes);

// An endless stream of bytes: SHA-256 of seed, purpose and a counter.
class KeyStream {
 public:
  KeyStream(std::uint64_t seed, std::string_view purpose);
  Bytes take(std::size_t count);

 private:
  Bytes key_, rest_;
  std::uint64_t counter_ = 0;
};

// What one side writes to a connection at once.
struct Write {
  bool from_client = true;
  Bytes bytes;
  bool answer = false;  // depends on what lies behind the server
  // Tunnels: which write of the inner exchange this one carries, or a part of it.
  static constexpr std::size_t kOwn = static_cast<std::size_t>(-1);
  std::size_t part = kOwn;
};
using Exchange = std::vector<Write>;

}  // namespace meshsim::models::wire
