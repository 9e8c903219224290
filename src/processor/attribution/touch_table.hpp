// The touches of every user within the attribution windows: 40 bytes each, in the order of the log,
// chained by user from the newest to the oldest entry; a table of 8-byte places finds the chain of
// a user. Numbers, not pointers, so that the same bytes can lie in a file. Owned by one thread (the
// fold). At most 2^32 touches at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/huge_block.hpp"
#include "processor/attribution/touch.hpp"

namespace adbacus {

class TouchTable {
 public:
  TouchTable();

  // Starts the memory accesses of add() and for_each(): the place in the table, later the newest
  // touch of the user.
  void prefetch(const UserKey& user) const { __builtin_prefetch(&heads_[user.low & mask_], 1); }
  void prefetch_newest(const UserKey& user) const;

  // Behind all others; `touch.text` is copied. Event times may come in any order.
  void add(const UserKey& user, const Touch& touch);

  // fn(const Touch&) for every touch of the user, the newest entry first; ends early when it
  // answers false.
  template <class Fn>
  void for_each(const UserKey& user, Fn&& fn) const {
    std::uint64_t number = find(user);
    while (number != kNone) {
      const Record& record = record_of(number);
      if (!fn(touch_of(record, number))) return;
      number = before(record, number);
    }
  }

  // Forgets the oldest entries as far as none of a segment's lies at or behind `horizon_us`: some
  // entries before it stay for a while.
  void forget_before(TimeUs horizon_us);

  std::size_t size() const { return static_cast<std::size_t>(next_ - first_); }  // touches held
  std::size_t memory_bytes() const;

 private:
  struct Record {
    std::uint64_t user_low;
    std::uint32_t user_high;
    std::uint32_t before;  // number of the user's touch before, modulo 2^32; its own: there is none
    TimeUs time_us;
    std::uint64_t seq_kind;  // seq << 8 | kind
    SeriesId series;
    std::uint32_t text;  // where its text begins in the segment's texts, length first
  };
  static_assert(sizeof(Record) == 40);
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  static constexpr unsigned kSegmentBits = 16;
  static constexpr std::uint64_t kSegmentTouches = 1U << kSegmentBits;
  struct Segment {
    HugeBlock records;
    std::string texts;
    TimeUs newest_us;
  };

  // The newest touch of a user; open addressing by `low`, compared by `high` before the record is
  // looked at. Of a forgotten touch: may be used again.
  struct Head {
    std::uint32_t number;  // modulo 2^32; 0: never used, no touch has such a number
    std::uint32_t user_high;
  };

  Segment& segment_of(std::uint64_t number) const {
    return const_cast<Segment&>(segments_[(number - first_) >> kSegmentBits]);
  }
  Record& record_of(std::uint64_t number) const {
    auto* const records = static_cast<Record*>(segment_of(number).records.data());
    return records[number & (kSegmentTouches - 1)];
  }
  // The full number of one of the last 2^32 touches; kNone if it is forgotten.
  std::uint64_t full(std::uint32_t number) const {
    const std::uint64_t result = next_ - static_cast<std::uint32_t>(next_ - number);
    return result >= first_ && result < next_ ? result : kNone;
  }
  std::uint64_t before(const Record& record, std::uint64_t number) const {
    return record.before == static_cast<std::uint32_t>(number) ? kNone : full(record.before);
  }
  Touch touch_of(const Record& record, std::uint64_t number) const;
  std::uint64_t find(const UserKey& user) const;
  Head& head_for(const UserKey& user);
  Record& next_record();
  void make_room();
  void resize(std::size_t places);

  std::deque<Segment> segments_;  // of the numbers [first_, next_); first_ begins one
  std::uint64_t first_ = 0;
  std::uint64_t next_ = 0;
  HugeBlock memory_;
  Head* heads_ = nullptr;
  std::size_t mask_ = 0;
  std::size_t used_ = 0;  // heads, those of forgotten touches included; at most half of the places
  std::size_t text_bytes_ = 0;
};

}  // namespace adbacus
