// A text in web-safe base64, read as a row of bits from the first character's highest on, without
// a copy. Pure, free of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace adbacus {

class Base64Bits {
 public:
  Base64Bits() = default;
  // nullopt: a character that is not of the alphabet (A-Z a-z 0-9 - _; '=' at the end is ignored).
  static std::optional<Base64Bits> of(std::string_view text);

  std::size_t size() const { return text_.size() * 6; }
  // Whether `count` bits begin at `at`.
  bool has(std::size_t at, std::size_t count) const { return at <= size() && count <= size() - at; }
  // At most 57 bits, the first one the highest; those behind the end are 0.
  std::uint64_t read(std::size_t at, unsigned count) const;

 private:
  std::string_view text_;
};

}  // namespace adbacus
