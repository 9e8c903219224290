#include "admin/list_cursor.hpp"

#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <span>

#include "base/hmac.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kSealBytes = 16;

// The seal is lower-case hex of the tag's first 16 bytes.
std::string seal(std::string_view key, std::string_view list, std::int64_t after_ordinal) {
  const HmacSha256::Tag tag = HmacSha256(key)(fmt::format("{}\n{}", after_ordinal, list));
  return fmt::format("{:02x}", fmt::join(std::span(tag).first(kSealBytes), ""));
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
  if (!equal_secrets(cursor, seal_cursor(key, list, ordinal))) return std::nullopt;
  return ordinal;
}

}  // namespace adbacus
