// The events of the load: 90 % impressions, 8 % clicks, 2 % conversions over campaigns of Zipf
// popularity, some of them repeated. A stream is a function of its seed; it belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/load/load_options.hpp"
#include "base/rng.hpp"

namespace adbacus {

enum class LoadEventType : std::uint8_t { impression, click, conversion };
inline constexpr std::size_t kLoadEventTypes = 3;
std::string_view load_event_type_name(LoadEventType type);  // lower case

struct LoadEvent {
  std::uint64_t id_high = 0;
  std::uint64_t id_low = 0;
  std::int64_t time_ms = 0;  // since 1970
  std::uint32_t campaign = 1;
  std::uint32_t user = 0;
  std::uint32_t session = 0;
  std::uint32_t value_cents = 0;
  LoadEventType type = LoadEventType::impression;
  std::uint8_t placement = 1;  // 1..10
  std::uint8_t creative = 0;   // 0 or 1
  std::uint8_t country = 0, device = 0, browser = 0, conversion_type = 0;
  bool is_duplicate = false;  // repeats an earlier event of the stream, byte for byte

  bool same_id(const LoadEvent& other) const {
    return id_high == other.id_high && id_low == other.id_low;
  }
};

// Writes a lower-case UUID, 36 characters.
char* write_event_id(const LoadEvent& event, char* at);
inline constexpr std::size_t kEventIdBytes = 36;

// Draws 0..size-1 with weights 1, 1/2, 1/3, ... by Vose's alias method (1991): constant time.
class ZipfSampler {
 public:
  explicit ZipfSampler(std::uint32_t size);
  std::uint32_t draw(std::uint64_t random) const {
    const std::uint64_t scaled = (random >> 32U) * slots_.size();
    const Slot& slot = slots_[static_cast<std::size_t>(scaled >> 32U)];
    return static_cast<std::uint32_t>(random) < slot.keep ? slot.self : slot.other;
  }

 private:
  struct Slot {
    std::uint32_t keep;  // of 2^32
    std::uint32_t self;
    std::uint32_t other;
  };
  std::vector<Slot> slots_;
};

class EventStream {
 public:
  // Streams of the same seed and different `part` have nothing in common.
  EventStream(const LoadOptions& options, std::uint64_t seed, std::uint32_t part);
  LoadEvent next(std::int64_t now_ms);

 private:
  static constexpr std::size_t kRecent = 1'024;  // duplicates repeat one of so many last events

  Rng rng_;
  std::uint64_t id_state_;
  const ZipfSampler campaigns_;
  const std::uint32_t users_;
  const std::uint64_t duplicate_below_;  // of 2^32
  std::uint64_t sent_ = 0;
  std::vector<LoadEvent> recent_;
};

}  // namespace adbacus
