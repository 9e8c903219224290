#include "ingest/body_repair.hpp"

#include <algorithm>

namespace adbacus {
namespace {

// Length of the valid UTF-8 sequence at the front of `text`, 0 if it is none (RFC 3629: no overlong
// forms, no surrogates, nothing above U+10FFFF).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  const unsigned second = byte(1);
  const bool bad_second = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                          (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return bad_second ? 0 : length;
}

}  // namespace

RepairedBody repair_body(std::string_view body) {
  RepairedBody out;
  out.text = body;
  bool in_string = false;
  for (std::size_t at = 0; at < body.size();) {
    const char c = body[at];
    if (in_string && c == '\\' && at + 1 < body.size() &&
        static_cast<unsigned char>(body[at + 1]) >= 0x20 &&
        static_cast<unsigned char>(body[at + 1]) < 0x80) {
      at += 2;
      continue;
    }
    if (c == '"') in_string = !in_string;
    const std::size_t length = sequence_length(body.substr(at));
    const bool control = in_string && static_cast<unsigned char>(c) < 0x20;
    if (length == 0 || control) {
      out.bytes.push_back({static_cast<std::uint32_t>(at),
                           control ? RejectCode::invalid_string : RejectCode::invalid_utf8});
      out.text[at] = '?';
    }
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

const BadByte* find_bad_byte(const std::vector<BadByte>& bytes, std::size_t begin,
                             std::size_t end) {
  const auto at = std::lower_bound(
      bytes.begin(), bytes.end(), begin,
      [](const BadByte& byte, std::size_t offset) { return byte.offset < offset; });
  return at != bytes.end() && at->offset < end ? &*at : nullptr;
}

}  // namespace adbacus
