#pragma once
// IpAddress and Cidr: v4 and v6 addresses as 128-bit values (v4 in its v6-mapped form), ordered, cheap to compare.
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshsim::models {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;

  // "10.0.0.1", "2001:db8::1"; nullopt for anything else (no zones, no ports, no leading zeros in v4).
  static std::optional<IpAddress> parse(std::string_view text);
  std::string text() const;
  bool is_loopback() const;
  bool is_private() const;  // RFC 1918, loopback, link-local, unique-local: what Envoy takes for internal
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

struct Cidr {
  IpAddress base;
  std::uint8_t prefix = 0;  // in bits of the address's own family

  // "10.0.0.0/8" or a single address (full prefix).
  static std::optional<Cidr> parse(std::string_view text);
  bool contains(const IpAddress& address) const;  // never across families
  std::string text() const;
  friend auto operator<=>(const Cidr&, const Cidr&) = default;
};

}  // namespace meshsim::models
