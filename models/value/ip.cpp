#include "models/value/ip.h"

#include <charconv>
#include <cstring>

#include <arpa/inet.h>

namespace meshsim::models {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.empty() || text.size() > 45) return std::nullopt;
  char copy[46];
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  IpAddress out;
  if (text.find(':') != std::string_view::npos) {
    out.v6 = true;
    return inet_pton(AF_INET6, copy, out.bytes.data()) == 1 ? std::optional(out) : std::nullopt;
  }
  out.bytes[10] = out.bytes[11] = 0xff;
  return inet_pton(AF_INET, copy, out.bytes.data() + 12) == 1 ? std::optional(out) : std::nullopt;
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN];
  inet_ntop(v6 ? AF_INET6 : AF_INET, v6 ? bytes.data() : bytes.data() + 12, buffer, sizeof buffer);
  return buffer;
}

bool IpAddress::is_loopback() const {
  if (!v6) return bytes[12] == 127;
  for (int i = 0; i < 15; ++i)
    if (bytes[static_cast<std::size_t>(i)] != 0) return false;
  return bytes[15] == 1;
}

bool IpAddress::is_private() const {
  if (is_loopback()) return true;
  if (v6) return (bytes[0] & 0xfe) == 0xfc || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);
  return bytes[12] == 10 || (bytes[12] == 172 && (bytes[13] & 0xf0) == 16) || (bytes[12] == 192 && bytes[13] == 168) ||
         (bytes[12] == 169 && bytes[13] == 254);
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned most = address->v6 ? 128 : 32;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.empty() || bits > most)
      return std::nullopt;
  }
  return Cidr{*address, static_cast<std::uint8_t>(bits)};
}

bool Cidr::contains(const IpAddress& address) const {
  if (address.v6 != base.v6) return false;
  const std::size_t first = base.v6 ? 0 : 12;
  std::size_t bits = prefix;
  for (std::size_t i = first; bits > 0; ++i) {
    const std::size_t take = bits < 8 ? bits : 8;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - take));
    if ((base.bytes[i] & mask) != (address.bytes[i] & mask)) return false;
    bits -= take;
  }
  return true;
}

std::string Cidr::text() const { return base.text() + '/' + std::to_string(prefix); }

}  // namespace meshsim::models
