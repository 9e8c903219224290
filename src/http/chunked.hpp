// Takes the chunked transfer coding off a body (RFC 9112, 7.1), strictly: every line ends in CRLF,
// sizes are plain hex, extensions and trailers are bounded and dropped. Belongs to one connection.
#pragma once

#include <cstdint>
#include <string_view>

namespace adbacus::http {

class ChunkedDecoder {
 public:
  enum class Status { need_more, data, done, bad };
  struct Step {
    Status status;
    std::size_t used;          // bytes taken off the front of the input
    std::string_view payload;  // for data: a view into the input
  };
  // One step; call again with the rest of the input while the status is data.
  Step next(std::string_view input);
  // Bytes so far that were framing and not payload.
  std::uint64_t overhead_bytes() const { return overhead_bytes_; }
  void reset() { *this = ChunkedDecoder(); }

  static constexpr std::uint32_t kExtensionBytesMax = 256;  // per chunk
  static constexpr std::uint32_t kTrailerBytesMax = 8 * 1024;

 private:
  enum class State : std::uint8_t {
    size_first,  // needs a hex digit
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_line,
    trailer_lf,
    end_lf,
    done,
    bad,
  };
  State take(char c);
  State take_size(char c);

  State state_ = State::size_first;
  std::uint64_t left_ = 0;  // size so far, then payload bytes left of this chunk
  std::uint32_t line_bytes_ = 0;
  std::uint64_t overhead_bytes_ = 0;
};

}  // namespace adbacus::http
