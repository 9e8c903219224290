#include "access/password.hpp"

#include <argon2.h>
#include <array>

#include "base/rng.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kBytesMin = 12;
constexpr std::size_t kBytesMax = 256;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::uint32_t kLanes = 1;

Result<std::string> encoded(std::string_view password, const PasswordCost& cost) {
  std::array<std::byte, kSaltBytes> salt{};
  secure_random(salt);
  std::string text(
      argon2_encodedlen(cost.passes, cost.memory_kib, kLanes, kSaltBytes, kHashBytes, Argon2_id),
      '\0');
  const int failure =
      argon2id_hash_encoded(cost.passes, cost.memory_kib, kLanes, password.data(), password.size(),
                            salt.data(), salt.size(), kHashBytes, text.data(), text.size());
  if (failure != ARGON2_OK) {
    return Error{ErrorCode::unavailable, std::string("argon2: ") + argon2_error_message(failure)};
  }
  text.resize(text.find('\0'));
  return text;
}

}  // namespace

Result<std::string> hash_password(std::string_view password, const PasswordCost& cost) {
  if (password.size() < kBytesMin || password.size() > kBytesMax) {
    return Error{ErrorCode::invalid_argument, "a password has 12 to 256 bytes"};
  }
  return encoded(password, cost);
}

bool is_password(std::string_view password, const std::string& hash) {
  return password.size() <= kBytesMax &&
         argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

std::string absent_password(const PasswordCost& cost) {
  std::array<std::byte, 32> nobody{};
  secure_random(nobody);
  auto hash = encoded({reinterpret_cast<const char*>(nobody.data()), nobody.size()}, cost);
  return hash ? *std::move(hash) : std::string();
}

}  // namespace adbacus
