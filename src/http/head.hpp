// The request line and header fields, read strictly (RFC 9112): where servers and proxies could
// disagree about where a request ends, the request is refused, never repaired. Called by the
// connection on its I/O thread; free of sockets, so that it can be fuzzed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/http.hpp"
#include "http/refusal.hpp"

namespace adbacus::http {

// Finds the end of a head in a buffer that grows; remembers what it has seen, so that a sender who
// drips single bytes costs linear work.
class HeadScanner {
 public:
  enum class State { incomplete, complete, bad };
  // `buffer` starts at the first byte of the request and only grows between calls.
  State scan(std::string_view buffer);
  std::size_t begin() const { return begin_; }  // behind the tolerated empty lines
  std::size_t end() const { return end_; }      // behind the empty line that ends the head
  void reset() { *this = HeadScanner(); }

 private:
  std::size_t begin_ = 0;
  std::size_t line_ = 0;     // start of the line being scanned
  std::size_t scanned_ = 0;  // bytes known to hold no '\n' behind line_
  std::size_t end_ = 0;
  int empty_lines_ = 0;  // before the request line
};

enum class Framing : std::uint8_t { none, length, chunked };

// What the head says about the rest of the message.
struct HeadFacts {
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool http_1_0 = false;
  bool keep_alive = true;
  bool expects_continue = false;
  std::string_view accept_encoding;
  std::string_view content_encoding;  // "" if absent; elements joined by the sender stay joined
  int content_encoding_fields = 0;
};

inline constexpr std::size_t kHeaderFieldsMax = 100;
inline constexpr std::size_t kTargetBytesMax = 8 * 1024;
// Before the request line, where some clients end the body before it with a line of its own
// (RFC 9112, 2.2). They hold nothing, so no two readers can disagree about them.
inline constexpr int kEmptyLinesMax = 4;

// `head` is [begin, end) of the scanner. Fills method, method_text, target and headers of `request`
// with views into `head`, and `facts`. A refusal means: answer, close, read nothing more.
std::optional<Refusal> parse_head(std::string_view head, Request& request, HeadFacts& facts);

}  // namespace adbacus::http
