// The touches of every user within the attribution windows: 40 bytes each, in the order of the log,
// chained by user from the newest to the oldest entry. The chain of a user with very many is
// written anew now and then, without what keep_needed() leaves out: only the end of the table
// is ever written, so that its parts can lie in files. A table of 8-byte places finds the chain of
// a user. Numbers, not pointers, so that the same bytes can lie in a file (touch_segment.hpp).
// Owned by one thread (the fold). At most 2^32 touches at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/huge_block.hpp"
#include "processor/attribution/touch.hpp"
#include "processor/attribution/touch_segment.hpp"

namespace adbacus {

class TouchTable {
 public:
  TouchTable();

  // Starts the memory accesses of add() and for_each(): the place in the table, later the newest
  // touch of the user.
  void prefetch(const UserKey& user) const { __builtin_prefetch(&heads_[user.low & mask_], 1); }
  void prefetch_newest(const UserKey& user) const;

  // Behind all others; `touch.text` is copied. Event times may come in any order; `log_us`, log
  // time of the event, never goes back.
  void add(const UserKey& user, const Touch& touch, TimeUs log_us);

  // False: none of the user's touches is a conversion.
  bool has_conversion(const UserKey& user) const;
  // fn(const Touch&) for every touch of the user, the newest entry first. False: there were older
  // ones, which are forgotten. (Of a user of whom nothing is left nothing is known.)
  template <class Fn>
  bool for_each(const UserKey& user, Fn&& fn) const {
    for (std::uint64_t number = find(user); number != kNone;) {
      const Record& record = record_of(number);
      fn(touch_of(record, number));
      if (is_first(record, number)) return true;
      number = full(record.before);
      if (number == kNone) return false;
    }
    return true;
  }

  // Forgets the oldest entries as far as all of a segment's came before log time `horizon_us`: some
  // entries before it stay for a while.
  void forget_before(TimeUs horizon_us);
  // No forgotten touch has a later event time; the least number if none is forgotten.
  TimeUs forgotten_newest_us() const;

  // The number of the first touch that is not forgotten, and the one behind the last full segment.
  std::uint64_t first_number() const { return first_; }
  std::uint64_t full_until() const { return next_ / kSegmentTouches * kSegmentTouches; }
  // Those that are full and will not change any more and begin at that number or behind, the oldest
  // first. To be written by another thread.
  std::vector<std::shared_ptr<const TouchSegment>> full_segments(std::uint64_t from_number) const;
  // Into an empty table: what full_segments() gave, without gaps. Touches behind log place `last`
  // are left out, and those of the last event that is left: they may not be all of it. The caller
  // goes on behind last_seq().
  void restore(std::vector<std::shared_ptr<TouchSegment>> segments, Seq last);

  // Log place of the newest touch; 0: none.
  Seq last_seq() const;
  std::size_t size() const { return static_cast<std::size_t>(next_ - first_); }  // touches held
  std::size_t memory_bytes() const;

 private:
  using Record = TouchRecord;
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  // The newest touch of a user; open addressing by `low`, compared by `high` before the record is
  // looked at. Of a forgotten touch: may be used again.
  struct Head {
    std::uint32_t number;  // modulo 2^32; 0: never used, no touch has such a number
    std::uint32_t user_high;
  };

  TouchSegment& segment_of(std::uint64_t number) const {
    return *segments_[static_cast<std::size_t>((number - first_) / kSegmentTouches)];
  }
  Record& record_of(std::uint64_t number) const {
    return segment_of(number).record(number % kSegmentTouches);
  }
  // The full number of one of the last 2^32 touches; kNone if it is forgotten.
  std::uint64_t full(std::uint32_t number) const {
    const std::uint64_t result = next_ - static_cast<std::uint32_t>(next_ - number);
    return result >= first_ && result < next_ ? result : kNone;
  }
  static bool is_first(const Record& record, std::uint64_t number) {
    return record.before == static_cast<std::uint32_t>(number);
  }
  Touch touch_of(const Record& record, std::uint64_t number) const;
  std::uint64_t find(const UserKey& user) const;
  Head& head_for(const UserKey& user);
  TouchSegment& segment_with_room(TimeUs log_us);
  std::uint64_t append(const UserKey& user, const Touch& touch, TouchBits bits,
                       std::uint64_t before, TimeUs log_us);
  void write_chain_anew(const UserKey& user, Head& head, TimeUs log_us);
  void take_heads(const TouchSegment& segment);
  void make_room();
  void resize(std::size_t places);

  std::deque<std::shared_ptr<TouchSegment>> segments_;  // of the numbers [first_, next_)
  std::uint64_t first_ = 0;                             // begins a segment
  std::uint64_t next_ = 0;
  HugeBlock memory_;
  Head* heads_ = nullptr;
  std::size_t mask_ = 0;
  std::size_t used_ = 0;  // heads, those of forgotten touches included; at most half of the places
  std::size_t text_bytes_ = 0;
};

}  // namespace adbacus
