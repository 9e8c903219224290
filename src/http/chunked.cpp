#include "http/chunked.hpp"

#include <algorithm>

namespace adbacus::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_line_char(char c) {
  const auto u = static_cast<unsigned char>(c);
  return c == '\t' || (u >= 0x20 && u != 0x7f);
}

}  // namespace

ChunkedDecoder::State ChunkedDecoder::take_size(char c) {
  if (const int digit = hex_digit(c); digit >= 0) {
    if (++line_bytes_ > 15) return State::bad;  // 60 bits
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return State::size;
  }
  if (state_ == State::size_first) return State::bad;
  line_bytes_ = 0;
  if (c == ';') return State::extension;
  return c == '\r' ? State::size_lf : State::bad;
}

// The state behind one byte of framing.
ChunkedDecoder::State ChunkedDecoder::take(char c) {
  switch (state_) {
    case State::size_first:
    case State::size:
      return take_size(c);
    case State::extension:
      if (c == '\r') return State::size_lf;
      return is_line_char(c) && ++line_bytes_ <= kExtensionBytesMax ? State::extension : State::bad;
    case State::size_lf:
      line_bytes_ = 0;
      if (c != '\n') return State::bad;
      return left_ == 0 ? State::trailer_start : State::data;
    case State::data_cr:
      return c == '\r' ? State::data_lf : State::bad;
    case State::data_lf:
      return c == '\n' ? State::size_first : State::bad;
    case State::trailer_start:
      if (c == '\r') return State::end_lf;
      if (c == ' ' || c == '\t') return State::bad;
      [[fallthrough]];
    case State::trailer_line:
      if (c == '\r') return State::trailer_lf;
      return is_line_char(c) && ++line_bytes_ <= kTrailerBytesMax ? State::trailer_line
                                                                  : State::bad;
    case State::trailer_lf:
      return c == '\n' ? State::trailer_start : State::bad;
    case State::end_lf:
      return c == '\n' ? State::done : State::bad;
    case State::data:
    case State::done:
    case State::bad:
      break;
  }
  return State::bad;
}

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view input) {
  std::size_t used = 0;
  while (state_ != State::done && state_ != State::bad) {
    if (used == input.size()) return {Status::need_more, used, {}};
    if (state_ == State::data) {
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - used));
      left_ -= size;
      if (left_ == 0) state_ = State::data_cr;
      return {Status::data, used + size, input.substr(used, size)};
    }
    state_ = take(input[used++]);
    ++overhead_bytes_;
  }
  return {state_ == State::done ? Status::done : Status::bad, used, {}};
}

}  // namespace adbacus::http
