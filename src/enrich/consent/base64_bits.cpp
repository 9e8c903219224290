#include "enrich/consent/base64_bits.hpp"

#include <array>

namespace adbacus {
namespace {

constexpr std::uint8_t kNone = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr std::array<std::uint8_t, 256> kValues = make_values();

std::uint8_t value_of(char c) {
  return kValues[static_cast<unsigned char>(c)];
}

}  // namespace

std::optional<Base64Bits> Base64Bits::of(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text)
    if (value_of(c) == kNone) return std::nullopt;
  Base64Bits bits;
  bits.text_ = text;
  return bits;
}

std::uint64_t Base64Bits::read(std::size_t at, unsigned count) const {
  std::uint64_t bits = 0;
  unsigned have = 0;
  const auto skipped = static_cast<unsigned>(at % 6);
  for (std::size_t i = at / 6; have < count + skipped; ++i, have += 6)
    bits = bits << 6U | (i < text_.size() ? value_of(text_[i]) : 0U);
  return (bits >> (have - skipped - count)) & ((std::uint64_t{1} << count) - 1);
}

}  // namespace adbacus
