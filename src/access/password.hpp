// Passwords as they are kept: Argon2id (RFC 9106) in PHC form, which names its own parameters. One
// call takes tens of milliseconds and 19 MiB: never on an I/O thread. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace adbacus {

struct PasswordCost {  // the least that OWASP advises
  std::uint32_t memory_kib = 19 * 1024;
  std::uint32_t passes = 2;
};

// invalid_argument: fewer than 12 or more than 256 bytes. unavailable: no memory.
Result<std::string> hash_password(std::string_view password, const PasswordCost& cost);
// False for any other password, and for a hash that is none. Where nobody is known by a name, ask
// with absent_password(): it takes as long.
bool is_password(std::string_view password, const std::string& hash);
std::string absent_password(const PasswordCost& cost);  // of nobody

}  // namespace adbacus
