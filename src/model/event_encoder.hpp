// Encodes one event after the other with the bytes of encode_event(), and keeps the packed form of
// metadata seen lately, because senders repeat few texts. Used by ingest; belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/event.hpp"

namespace adbacus {

class EventEncoder {
 public:
  EventEncoder() : kept_(1U << kKeptBits) {}
  // Appends the event's bytes to `out`.
  void encode(const Event& event, std::string& out);

 private:
  static constexpr unsigned kKeptBits = 8;
  static constexpr std::size_t kKeptBytesMax = 120;  // longer texts seldom repeat
  struct Kept {
    std::uint8_t text_bytes = 0;  // 0: free
    std::uint8_t packed_bytes = 0;
    std::array<char, kKeptBytesMax> text;
    std::array<char, kKeptBytesMax + 6> packed;
  };
  char* pack_metadata(std::string_view text, char* out);

  std::vector<Kept> kept_;  // by hash of the text
};

}  // namespace adbacus
