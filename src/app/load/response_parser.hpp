// Reads one HTTP/1.1 answer from the bytes received so far (RFC 9112): status, body by
// Content-Length or chunks, whether the connection stays. Pure; bytes may come in any pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace adbacus {

struct ParsedResponse {
  enum class State : std::uint8_t { incomplete, complete, broken };
  State state = State::incomplete;
  int status = 0;
  std::string_view body;       // into the received bytes; empty if it came in chunks
  std::string joined;          // the chunks
  std::size_t size_bytes = 0;  // of the whole answer
  bool keeps_connection = true;

  std::string_view text() const { return joined.empty() ? body : std::string_view(joined); }
};

inline constexpr std::size_t kResponseBytesMax = std::size_t{64} << 20U;

// Interim answers (1xx) are skipped. More than kResponseBytesMax, or an answer whose end is only
// the connection's end, is broken.
ParsedResponse parse_response(std::string_view received);

// What an answer to POST /v1/events says.
struct EventsAnswer {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::string_view position;
  std::string_view rejected;  // the array's text without brackets; empty if nothing was rejected
};
bool parse_events_answer(std::string_view body, EventsAnswer& out);

}  // namespace adbacus
