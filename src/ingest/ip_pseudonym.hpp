// IP addresses become a truncated prefix and a keyed hash before anything is stored; the address
// itself stays in memory. Called by the event rules. Pure functions, thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace adbacus {

// 128-bit secret; without it a hash cannot be turned back by trying all addresses.
using IpHashKey = std::array<std::uint64_t, 2>;

struct IpPseudonym {
  std::string prefix;  // "203.0.113.0/24", "2001:db8:1::/48", or a wider one as sent
  std::string hash;    // 16 lower-case hex digits; empty if only a prefix was sent
};

// An address (an IPv4 one mapped into IPv6 counts as IPv4), a prefix "203.0.113.0/24", or
// "203.0.113.*". A prefix longer than /24 or /48 is cut to that. invalid_argument: none of these.
Result<IpPseudonym> pseudonymise_ip(std::string_view text, const IpHashKey& key);

// SipHash-2-4 (Aumasson, Bernstein 2012), a keyed hash that cannot be guessed from its answers.
std::uint64_t sip_hash(std::string_view bytes, const IpHashKey& key);

}  // namespace adbacus
