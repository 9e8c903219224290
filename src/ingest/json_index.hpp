// Where the tokens of a JSON text begin: simdjson's vectorised first stage, which also checks UTF-8
// and the control characters inside strings. Ingest walks these positions itself, because it must
// reject one event and keep its neighbours, see every duplicate key, and take strings and decimals
// as views of the body; the library's own second stages do neither.
// A JsonIndex belongs to one thread and is reused from request to request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace adbacus {

enum class IndexError : std::uint8_t {
  none,
  empty,              // no token at all
  unclosed_string,    // a quote is missing
  control_character,  // a byte below 0x20 inside a string
  invalid_utf8,
  too_large,  // no memory for the positions, or above 4 GiB
};

// Tokens up to a byte limit. A token is one of {}[]:, or begins a string or another scalar. Index i
// may run up to and including the number of tokens; kind() is 0 at and behind the limit.
class JsonTokens {
 public:
  static constexpr std::uint32_t kLookAhead = 4;

  JsonTokens() = default;
  JsonTokens(std::string_view text, const std::uint32_t* at, std::size_t limit)
      : text_(text.data()), at_(at), limit_(limit) {}

  char kind(std::uint32_t i) const { return at_[i] < limit_ ? text_[at_[i]] : '\0'; }
  std::size_t position(std::uint32_t i) const { return at_[i]; }
  std::size_t limit() const { return limit_; }
  const char* text() const { return text_; }
  // The first byte behind token i. Behind the last token before the limit there are only blanks.
  std::size_t end(std::uint32_t i) const {
    std::size_t end = at_[i + 1];
    while (static_cast<unsigned char>(text_[end - 1]) <= ' ' && is_space(text_[end - 1])) --end;
    return end;
  }
  std::string_view piece(std::uint32_t i) const { return {text_ + at_[i], end(i) - at_[i]}; }
  // Between the quotes of string token i, escapes as they stand.
  std::string_view raw_string(std::uint32_t i) const {
    const std::size_t begin = at_[i] + 1U;
    const std::size_t behind = end(i) - 1;
    return behind < begin ? std::string_view() : std::string_view(text_ + begin, behind - begin);
  }
  // Same tokens, another limit.
  JsonTokens until(std::size_t limit) const { return {{text_, limit}, at_, limit}; }

  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

 private:
  const char* text_ = nullptr;
  const std::uint32_t* at_ = nullptr;
  std::size_t limit_ = 0;
};

class JsonIndex {
 public:
  JsonIndex();
  ~JsonIndex();
  JsonIndex(const JsonIndex&) = delete;
  JsonIndex& operator=(const JsonIndex&) = delete;

  // `text` must outlive the use of tokens(). After an error there are no tokens.
  IndexError build(std::string_view text);
  JsonTokens tokens() const;
  // Gives the memory of an unusually large text back.
  void trim();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::string_view text_;
};

}  // namespace adbacus
