// What is in the log right now: its segments and how far the newest is durable. The commit sequence
// publishes, readers look up and wait. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "eventlog/embedded/segment_format.hpp"

namespace adbacus {

// Where groups start in a segment, one entry per MiB or so, filled by whoever passes by; and
// whether the segment holds control entries below kBulkControlMin.
class SparseIndex {
 public:
  void add(Seq seq, std::uint64_t offset);
  // A record boundary at or before the record that holds `seq`.
  std::uint64_t find(Seq seq) const;
  void note_control() { holds_controls_.store(true, std::memory_order_relaxed); }
  bool holds_controls() const { return holds_controls_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    Seq seq;
    std::uint64_t offset;
  };
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;  // guarded by mutex_; both rise
  std::atomic<bool> holds_controls_{false};
};

struct Segment {
  std::string path;
  SegmentHeader header;
  std::optional<SegmentFooter> footer;  // sealed
  std::shared_ptr<SparseIndex> index = std::make_shared<SparseIndex>();
};

class SegmentList {
 public:
  void add(Segment segment);               // newest; its records are not visible yet
  void seal(const SegmentFooter& footer);  // the newest
  // Everything of the newest segment before `end_offset` is durable.
  void publish(Seq synced_seq, TimeUs time_us, std::uint64_t end_offset);
  void note_control();  // the newest holds such a control entry; before publish()
  void stop_waiting();  // wakes all readers; later waits do not block

  // A stretch of one segment that readers may see.
  struct Place {
    std::string path;
    std::uint64_t number = 0;
    Seq first_seq = 0;
    Seq last_seq = 0;  // readable now
    std::uint64_t end_offset = 0;
    bool sealed = false;
    std::shared_ptr<SparseIndex> index;
  };
  // The segment that holds `seq`, which must be synced and not dropped: not_found below
  // first_seq().
  Result<Place> find(Seq seq) const;
  // Places of the segments that hold such control entries at or behind `from`, oldest first.
  std::vector<Place> with_controls(Seq from) const;
  // First event of the segment that holds log time `since_us`, or of the next one.
  Seq first_seq_since(TimeUs since_us) const;
  // The segment that reaches `bytes` behind the log's end, end_offset there; none if the log is not
  // that long.
  std::optional<Place> place_behind(std::uint64_t bytes) const;
  // Waits until `seq` is synced; false after wait_ms without that.
  bool wait_for(Seq seq, int wait_ms) const;

  Seq first_seq() const;
  Seq oldest_sealed_seq() const;  // last event of the oldest segment if that is not the newest; 0
  Seq synced_seq() const;
  TimeUs synced_time_us() const;
  std::uint64_t bytes() const;

  // Oldest segments that may go: sealed, wholly before `before_seq` and `before_us`, never the
  // newest.
  std::vector<Segment> droppable(Seq before_seq, TimeUs before_us) const;
  void forget_before(Seq first_seq);

 private:
  Place place_of(std::size_t index) const;  // mutex_ held

  mutable std::mutex mutex_;
  mutable std::condition_variable grown_;
  std::vector<Segment> segments_;  // guarded by mutex_, as is all below
  Seq synced_seq_ = 0;
  TimeUs synced_time_us_ = 0;
  std::uint64_t end_offset_ = 0;  // in the newest segment
  bool stopped_ = false;
};

}  // namespace adbacus
