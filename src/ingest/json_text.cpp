#include "ingest/json_text.hpp"

#include <cstdint>
#include <cstring>
#include <string>

namespace adbacus {
namespace {

constexpr std::size_t kNumberBytesMax = 64;
constexpr long kExponentMax = 308;  // of a double

unsigned hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a') + 10U : 256U;
}

// Four hex digits at the front of `raw`; false if they are none.
bool take_unit(std::string_view& raw, unsigned& unit) {
  if (raw.size() < 4) return false;
  unit = 0;
  unsigned bad = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const unsigned digit = hex_value(raw[i]);
    bad |= digit & 256U;
    unit = (unit << 4U) | (digit & 15U);
  }
  raw.remove_prefix(4);
  return bad == 0;
}

char* put_utf8(char* out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0U | (code >> 6U));
    put(0x80U | (code & 0x3fU));
  } else if (code < 0x10000) {
    put(0xe0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3fU));
    put(0x80U | (code & 0x3fU));
  } else {
    put(0xf0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3fU));
    put(0x80U | ((code >> 6U) & 0x3fU));
    put(0x80U | (code & 0x3fU));
  }
  return out;
}

// Behind "\u": the code point, or what is wrong.
std::string_view take_code_point(std::string_view& raw, std::uint32_t& code) {
  unsigned unit = 0;
  if (!take_unit(raw, unit)) return "\\u needs four hexadecimal digits";
  if (unit >= 0xdc00 && unit <= 0xdfff) return "a low surrogate without its high surrogate";
  code = unit;
  if (unit < 0xd800 || unit > 0xdbff) return {};
  unsigned low = 0;
  if (raw.size() < 6 || raw[0] != '\\' || raw[1] != 'u')
    return "a high surrogate without its low surrogate";
  raw.remove_prefix(2);
  if (!take_unit(raw, low) || low < 0xdc00 || low > 0xdfff)
    return "a high surrogate without its low surrogate";
  code = 0x10000U + ((unit - 0xd800U) << 10U) + (low - 0xdc00U);
  return {};
}

char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
  }
  return '\0';
}

// Writes to `out` unless it is null; moves it behind the text.
std::string_view decode(std::string_view raw, char*& out) {
  while (!raw.empty()) {
    const std::size_t plain = std::min(raw.find('\\'), raw.size());
    if (out != nullptr) {
      std::memcpy(out, raw.data(), plain);
      out += plain;
    }
    raw.remove_prefix(plain);
    if (raw.empty()) break;
    if (raw.size() < 2) return "a backslash without its character";
    const char c = raw[1];
    raw.remove_prefix(2);
    if (c == 'u') {
      std::uint32_t code = 0;
      if (const auto wrong = take_code_point(raw, code); !wrong.empty()) return wrong;
      if (code == 0) return "NUL is not allowed in text";
      if (out != nullptr) out = put_utf8(out, code);
    } else {
      const char plain_char = simple_escape(c);
      if (plain_char == '\0') return "unknown escape";
      if (out != nullptr) *out++ = plain_char;
    }
  }
  return {};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

}  // namespace

std::string_view unescape(std::string_view raw, Arena& arena, std::string_view& out) {
  char* const begin = arena.allocate(raw.size());  // an escape is never shorter than its text
  char* end = begin;
  const std::string_view wrong = decode(raw, end);
  out = {begin, static_cast<std::size_t>(end - begin)};
  return wrong;
}

std::string_view check_escapes(std::string_view raw) {
  char* nowhere = nullptr;
  return decode(raw, nowhere);
}

bool valid_number(std::string_view token) {
  if (token.size() > kNumberBytesMax) return false;
  std::size_t at = !token.empty() && token.front() == '-' ? 1 : 0;
  const std::size_t whole = digits_at(token, at);
  if (whole == 0 || (whole > 1 && token[at] == '0')) return false;
  at += whole;
  if (at < token.size() && token[at] == '.') {
    const std::size_t fraction = digits_at(token, at + 1);
    if (fraction == 0) return false;
    at += 1 + fraction;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    const bool negative = at < token.size() && token[at] == '-';
    if (at < token.size() && (token[at] == '-' || token[at] == '+')) ++at;
    const std::size_t count = digits_at(token, at);
    if (count == 0) return false;
    long exponent = 0;
    for (std::size_t i = 0; i < count && exponent <= kExponentMax; ++i)
      exponent = exponent * 10 + (token[at + i] - '0');
    if (!negative && exponent + static_cast<long>(whole) - 1 > kExponentMax) return false;
    at += count;
  }
  return at == token.size();
}

bool valid_literal(std::string_view token) {
  return token == "true" || token == "false" || token == "null";
}

void append_pointer_step(std::string& pointer, std::string_view key) {
  pointer.push_back('/');
  for (const char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer.push_back(c);
    }
  }
}

}  // namespace adbacus
