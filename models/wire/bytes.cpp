#include "models/wire/bytes.h"

#include <openssl/evp.h>

namespace meshsim::models::wire {

Bytes sha256(std::string_view text) {
  Bytes out(32, '\0');
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &length, EVP_sha256(), nullptr);
  return out;
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) {
    out += kDigits[(static_cast<unsigned char>(c) >> 4) & 15];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

KeyStream::KeyStream(std::uint64_t seed, std::string_view purpose) {
  Bytes start;
  put_u32(start, seed >> 32);
  put_u32(start, seed);
  start.append(purpose);
  key_ = sha256(start);
}

Bytes KeyStream::take(std::size_t count) {
  while (rest_.size() < count) {
    Bytes block = key_;
    put_u32(block, counter_ >> 32);
    put_u32(block, counter_++);
    rest_ += sha256(block);
  }
  Bytes out = rest_.substr(0, count);
  rest_.erase(0, count);
  return out;
}

}  // namespace meshsim::models::wire
