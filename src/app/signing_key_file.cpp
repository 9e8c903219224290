#include "app/signing_key_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <span>

#include "base/rng.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kSecretBytes = 32;

std::string new_key_line(unsigned id) {
  std::array<std::byte, kSecretBytes> secret{};
  secure_random(secret);
  std::string line = fmt::format("{} ", id);
  for (const std::byte byte : secret)
    line += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return line + "\n";
}

std::optional<std::uint8_t> byte_of(std::string_view digits, int base) {
  std::uint8_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<SigningKey> parse_line(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto id = byte_of(line.substr(0, blank), 10);
  const std::string_view hex = line.substr(blank + 1);
  if (!id || hex.size() != 2 * kSecretBytes) return std::nullopt;
  SigningKey key{.id = *id, .secret = {}};
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto byte = byte_of(hex.substr(i, 2), 16);
    if (!byte) return std::nullopt;
    key.secret.push_back(static_cast<char>(*byte));
  }
  return key;
}

}  // namespace

Result<SigningKeyFile> load_signing_keys(FileSystem& fs, const DataPaths& paths) {
  const auto there = fs.exists(paths.signing_keys);
  if (!there) return there.error();
  if (!*there) {
    auto made = write_file_atomically(fs, paths.signing_keys, new_key_line(1));
    if (!made) return made.error();
  }
  const auto text = read_file(fs, paths.signing_keys);
  if (!text) return text.error();
  std::vector<SigningKey> keys;
  std::size_t begin = 0;
  for (int number = 1; begin < text->size(); ++number) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    const auto key = parse_line(std::string_view(*text).substr(begin, end - begin));
    const bool is_new = key && std::none_of(keys.begin(), keys.end(), [&](const SigningKey& known) {
                          return known.id == key->id;
                        });
    if (!is_new) {
      return Error{ErrorCode::corrupt, fmt::format("{}, line {}: not \"<new id> <64 hex digits>\"",
                                                   paths.signing_keys, number)};
    }
    keys.push_back(*key);
    begin = end + 1;
  }
  if (keys.empty()) return Error{ErrorCode::corrupt, paths.signing_keys + " holds no key"};
  return SigningKeyFile{std::move(keys), !*there};
}

}  // namespace adbacus
