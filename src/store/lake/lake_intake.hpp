// Turns batches into visible files: the part of the lake that runs on its thread, without the queue
// in front of it. Belongs to one thread, but for the atomics.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "store/event_lake.hpp"
#include "store/lake/open_hours.hpp"
#include "store/lake/visible_files.hpp"

namespace adbacus {

class LakeIntake {
 public:
  // Arguments must outlive the object. Rows that visible files hold already are skipped.
  LakeIntake(const LakeOptions& options, VisibleFiles& visible, std::uint64_t hash_seed);

  // Takes the batch's rows behind position(). After storage_full from any call: retry() until it
  // succeeds, then go on with the same batch. Other errors are final.
  Result<void> take(const LakeBatch& batch);
  // Makes everything taken visible.
  Result<void> cut_all();
  Result<void> retry();

  Seq position() const { return position_.load(); }
  TimeUs log_time_us() const { return log_time_us_.load(); }     // of the newest row
  std::uint64_t published() const { return published_.load(); }  // counts manifest changes
  std::size_t open_hours() const { return open_hours_.load(); }
  std::size_t open_bytes() const { return open_bytes_.load(); }

 private:
  Result<void> take(const LakeEvent& event);
  // Hours are sorted. What is left to do stays in cutting_ if it fails.
  Result<void> cut(std::vector<TimeUs> hours);

  VisibleFiles& visible_;
  OpenHours open_;
  // Newest visible seq of hours that are ahead of the committed position.
  std::map<TimeUs, Seq> hour_marks_;
  std::vector<TimeUs> cutting_;
  PackedEvent packed_;
  std::atomic<Seq> position_;
  std::atomic<TimeUs> log_time_us_{0};
  std::atomic<std::uint64_t> published_{0};
  std::atomic<std::size_t> open_hours_{0};
  std::atomic<std::size_t> open_bytes_{0};
};

}  // namespace adbacus
