// So many touches of a TouchTable as they lie in memory, and in a file
// (docs/formats/touch_segment.md). A file is derived from the log and may be lost: it is written
// without waiting for the disk, and one that is damaged is taken for none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/huge_block.hpp"
#include "base/result.hpp"
#include "eventlog/event_log.hpp"
#include "processor/attribution/touch.hpp"

namespace adbacus {

struct TouchRecord {
  std::uint64_t user_low;
  std::uint32_t user_high;
  std::uint32_t before;  // number of the user's touch before, modulo 2^32; its own: there is none
  TimeUs time_us;
  std::uint64_t seq_bits;  // TouchBits
  SeriesId series;
  std::uint32_t text;  // where its text begins in the segment's texts, length first; ~0: none
};
static_assert(sizeof(TouchRecord) == 40);

// The parts of TouchRecord::seq_bits, from the top.
struct TouchBits {
  static constexpr std::uint64_t kAddedMax = (1U << 11U) - 1;
  Seq seq = 0;  // 48 bits
  // Touches of the user since its chain was written anew, at most kAddedMax.
  std::uint64_t added = 0;
  bool is_copy = false;  // written anew, behind records of newer events
  bool is_crowded = false;
  bool has_conversion = false;  // it or one before it in its chain is a conversion
  TouchKind kind = TouchKind::impression;

  std::uint64_t packed() const {
    return seq << 16U | added << 5U | std::uint64_t{is_copy} << 4U |
           std::uint64_t{is_crowded} << 3U | std::uint64_t{has_conversion} << 2U |
           static_cast<std::uint64_t>(kind);
  }
  static TouchBits of(std::uint64_t bits) {
    return {bits >> 16U,
            bits >> 5U & kAddedMax,
            (bits >> 4U & 1U) != 0,
            (bits >> 3U & 1U) != 0,
            (bits >> 2U & 1U) != 0,
            static_cast<TouchKind>(bits & 3U)};
  }
};

inline constexpr std::uint64_t kSegmentTouches = std::uint64_t{1} << 18U;
inline constexpr std::uint32_t kNoTouchText = ~std::uint32_t{0};

// What is known of all records before a segment's.
struct EarlierTouches {
  TimeUs newest_us = std::numeric_limits<TimeUs>::min();      // event time
  TimeUs newest_log_us = std::numeric_limits<TimeUs>::min();  // of the newest event
};

class TouchSegment {
 public:
  // `first_number` is that of its first record, a multiple of kSegmentTouches.
  explicit TouchSegment(std::uint64_t first_number, EarlierTouches earlier = {});

  std::uint64_t first_number() const { return first_number_; }
  std::uint64_t size() const { return size_; }
  bool is_full() const { return size_ == kSegmentTouches; }
  TouchRecord& record(std::uint64_t index) { return records()[index]; }
  const TouchRecord& record(std::uint64_t index) const { return records()[index]; }
  // At most 65,535 bytes.
  std::string_view text_of(const TouchRecord& record) const;
  const EarlierTouches& earlier() const { return earlier_; }
  // The same for what comes behind it.
  EarlierTouches earlier_for_next() const {
    return {std::max(earlier_.newest_us, newest_us_), newest_log_us()};
  }
  TimeUs newest_log_us() const { return std::max(earlier_.newest_log_us, newest_log_us_); }
  Seq last_seq() const;  // of its last record that is no copy; 0 without one
  std::size_t text_capacity() const { return texts_.capacity(); }

  // `log_us`: log time of the event that brings it; never less than before.
  void add(const TouchRecord& record, std::string_view text, TimeUs log_us);
  // Leaves out the records from `size` on.
  void cut(std::uint64_t size);

  // The file appears under its name when it is whole; after a power cut it may be damaged.
  Result<void> write(FileSystem& files, const std::string& path) const;
  // corrupt: not a whole segment.
  static Result<std::unique_ptr<TouchSegment>> read(FileSystem& files, const std::string& path);

 private:
  TouchRecord* records() const { return static_cast<TouchRecord*>(memory_.data()); }

  std::uint64_t first_number_;
  EarlierTouches earlier_;
  std::uint64_t size_ = 0;
  TimeUs newest_us_ = std::numeric_limits<TimeUs>::min();
  TimeUs newest_log_us_ = std::numeric_limits<TimeUs>::min();
  HugeBlock memory_;
  std::string texts_;
};

}  // namespace adbacus
