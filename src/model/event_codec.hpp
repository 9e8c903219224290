// The binary form of an Event, as it stands in the log (docs/formats/event_record.md).
// Canonical: equal events have equal bytes, and a field's packed bytes are equal exactly when its
// text is, so hot paths may hash and compare packed fields without unpacking them.
// Encoding needs a valid Event (texts within their limits); decoding accepts any bytes and answers
// corrupt instead of reading outside them. Free of threads.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/event.hpp"

namespace adbacus {

// Appends the event's bytes to `out`.
void encode_event(const Event& event, std::string& out);

// Bump allocator for unpacked text; clear() keeps its memory.
class Arena {
 public:
  char* allocate(std::size_t size);
  std::string_view copy(std::string_view text);
  void clear();

 private:
  static constexpr std::size_t kBlockBytes = 64 * 1024;
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Block> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
};

// Full decode; texts are views into `bytes` or `arena`.
Result<Event> decode_event(std::string_view bytes, Arena& arena);

// The record's fixed part and its packed text fields, found without unpacking or allocating:
// what the fold needs for most events.
struct PackedEvent {
  EventType type = EventType::impression;
  ConversionStatus status = ConversionStatus::none;
  std::uint16_t flags = 0;
  TimeUs time_us = 0;
  TimeUs sent_time_us = 0;
  std::int16_t utc_offset_min = 0;
  bool has_value = false;
  bool has_cost = false;
  std::int64_t value_micros = 0;
  std::int64_t cost_micros = 0;
  std::array<std::string_view, kTextFields> packed;  // by index of for_each_text; empty = not sent
  std::uint64_t present = 0;                         // bit i: packed[i] is not empty
};
Result<void> scan_event(std::string_view bytes, PackedEvent& out);

// Text of one packed field.
std::string_view unpack_text(std::string_view packed, Arena& arena);
// Packed form of a text field (not of metadata and consent), as scan_event would show it.
void pack_text(std::string_view text, std::string& out);

}  // namespace adbacus
