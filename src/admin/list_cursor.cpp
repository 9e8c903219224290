#include "admin/list_cursor.hpp"

#include <charconv>
#include <fmt/format.h>

#include "base/sha256.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kSealDigits = 32;  // 128 bits

std::string hash(std::string_view key, std::string_view text) {
  Sha256 sha;
  sha.update(key);
  sha.update(text);
  return sha.finish();
}

// Nested, so that a seal cannot be extended to a longer text (as in HMAC).
std::string seal(std::string_view key, std::string_view list, std::int64_t after_ordinal) {
  return hash(key, hash(key, fmt::format("{}\n{}", after_ordinal, list))).substr(0, kSealDigits);
}

}  // namespace

std::string seal_cursor(std::string_view key, std::string_view list, std::int64_t after_ordinal) {
  return fmt::format("{:x}.{}", after_ordinal, seal(key, list, after_ordinal));
}

std::optional<std::int64_t> open_cursor(std::string_view key, std::string_view list,
                                        std::string_view cursor) {
  const std::size_t dot = cursor.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::int64_t ordinal = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + dot, ordinal, 16);
  if (error != std::errc() || end != cursor.data() + dot || ordinal < 0) return std::nullopt;
  if (cursor != seal_cursor(key, list, ordinal)) return std::nullopt;
  return ordinal;
}

}  // namespace adbacus
