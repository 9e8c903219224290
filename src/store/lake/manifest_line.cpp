#include "store/lake/manifest_line.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>

#include "base/hash.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kChecksumDigits = 8;

std::string checksum(std::string_view text) {
  return fmt::format("{:08x}", crc32c(0, text.data(), text.size()));
}

std::string_view next_word(std::string_view& rest, char end) {
  const std::size_t at = rest.find(end);
  const std::string_view word = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return word;
}

template <class T>
bool take_number(std::string_view word, T& value, int base = 10) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  return error == std::errc() && end == word.data() + word.size();
}

bool parse_file(std::string_view word, LakeFile& file) {
  file.name = next_word(word, '|');
  return !file.name.empty() && take_number(next_word(word, '|'), file.hour_us) &&
         take_number(next_word(word, '|'), file.first_seq) &&
         take_number(next_word(word, '|'), file.last_seq) &&
         take_number(next_word(word, '|'), file.rows) &&
         take_number(next_word(word, '|'), file.bytes) && take_number(word, file.hash, 16);
}

}  // namespace

std::string manifest_line(const LakeChange& change) {
  std::string text = fmt::format("{}", change.committed);
  for (const LakeFile& file : change.added) {
    text += fmt::format(" +{}|{}|{}|{}|{}|{}|{:016x}", file.name, file.hour_us, file.first_seq,
                        file.last_seq, file.rows, file.bytes, file.hash);
  }
  for (const std::string& name : change.removed) text += fmt::format(" -{}", name);
  return fmt::format("{} {}\n", checksum(text), text);
}

Result<LakeChange> parse_manifest_line(std::string_view line) {
  const Error bad{ErrorCode::corrupt, "lake manifest: a line is damaged"};
  if (line.size() <= kChecksumDigits || line[kChecksumDigits] != ' ') return bad;
  std::string_view rest = line.substr(kChecksumDigits + 1);
  if (checksum(rest) != line.substr(0, kChecksumDigits)) return bad;
  LakeChange change;
  if (!take_number(next_word(rest, ' '), change.committed)) return bad;
  while (!rest.empty()) {
    const std::string_view word = next_word(rest, ' ');
    if (word.size() < 2) return bad;
    if (word.front() == '-') {
      change.removed.emplace_back(word.substr(1));
    } else if (word.front() != '+' || !parse_file(word.substr(1), change.added.emplace_back())) {
      return bad;
    }
  }
  return change;
}

bool manifest_is_newer(std::string_view content) {
  if (!content.starts_with(kManifestName)) return false;
  content.remove_prefix(kManifestName.size());
  int version = 0;
  const auto [end, error] =
      std::from_chars(content.data(), content.data() + content.size(), version);
  const auto digits = static_cast<std::size_t>(end - content.data());
  return error == std::errc() && version > kManifestVersion && digits < content.size() &&
         content[digits] == '\n';
}

}  // namespace adbacus
