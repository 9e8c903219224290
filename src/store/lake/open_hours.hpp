// The files being built, one per event hour. What is cut when depends on the rows and their log
// times only. Belongs to the lake's thread.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "store/event_lake.hpp"
#include "store/lake/event_file.hpp"

namespace adbacus {

class OpenHours {
 public:
  OpenHours(const LakeOptions& options, std::uint64_t hash_seed);

  // `packed` is the scan of event.bytes.
  Result<void> append(const LakeEvent& event, const PackedEvent& packed);

  // Hours that must be cut now: those whose file is full, or the largest ones if all together need
  // too much memory. Sorted; empty mostly.
  std::vector<TimeUs> due() const;
  bool any_due() const {
    return memory_bytes_ > options_.open_bytes_max || files_.size() > options_.open_hours_max ||
           (last_ != nullptr && is_full(*last_->file));
  }
  // Whether everything open must be cut before a row of this log time comes in.
  bool interval_over(TimeUs log_time_us) const;

  std::vector<TimeUs> hours() const;  // sorted
  EventFile& file(TimeUs hour_us) { return *files_.at(hour_us).file; }
  void close(TimeUs hour_us);
  bool empty() const { return files_.empty(); }
  std::size_t size() const { return files_.size(); }
  std::size_t memory_bytes() const { return memory_bytes_; }
  // Smallest seq of the hours that are not in `cut`, which is sorted; `none` if there are no
  // others.
  Seq first_open_seq(const std::vector<TimeUs>& cut, Seq none) const;

 private:
  struct Open {
    std::unique_ptr<EventFile> file;
    std::size_t counted_bytes = 0;  // its part of memory_bytes_: finish() changes what it needs
  };
  bool is_full(const EventFile& file) const {
    return file.rows() >= options_.rows_max || file.finished_bytes() >= options_.file_bytes_max;
  }
  std::vector<TimeUs> largest() const;

  const LakeOptions& options_;
  const std::uint64_t hash_seed_;
  parquet::EncodeScratch scratch_;
  std::map<TimeUs, Open> files_;
  std::unique_ptr<EventFile> spare_;  // its memory is used again
  std::size_t memory_bytes_ = 0;
  TimeUs opened_log_us_ = 0;  // log time of the oldest row since all was cut
  TimeUs last_hour_us_ = 0;   // of the newest row
  Open* last_ = nullptr;
};

}  // namespace adbacus
