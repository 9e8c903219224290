// IP addresses and networks as numbers that can be compared. Values, free of threads.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace adbacus {

struct IpAddress {
  bool is_v4 = true;
  std::uint64_t high = 0;  // the first 64 bits of an IPv6 address; 0 for IPv4
  std::uint64_t low = 0;   // the last 64 bits; of IPv4 all 32
  // "203.0.113.7", "2001:db8::1"; an IPv4 address mapped into IPv6 is an IPv4 one.
  static std::optional<IpAddress> parse(std::string_view text);
  std::string text() const;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

struct IpNetwork {
  IpAddress first;
  unsigned prefix_bits = 0;  // 0 to 32 or 128
  // "203.0.113.0/24"; an address alone is a network of one. None: bits behind the prefix are set.
  static std::optional<IpNetwork> parse(std::string_view text);
  IpAddress last() const;
  std::string text() const;
  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;
};

}  // namespace adbacus
