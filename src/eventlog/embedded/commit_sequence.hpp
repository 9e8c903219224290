// The one place where events get their order, their verdict and their durability: takes the next
// group of slices, decides duplicates, writes, syncs. Driven step by step by one thread (the log's
// commit thread, or a test), so that a simulated crash between any two steps can be replayed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "eventlog/embedded/deduplication.hpp"
#include "eventlog/embedded/embedded_log.hpp"
#include "eventlog/embedded/group_builder.hpp"
#include "eventlog/embedded/segment_list.hpp"
#include "eventlog/embedded/segment_writer.hpp"
#include "eventlog/embedded/spare_segment.hpp"

namespace adbacus {

inline constexpr std::size_t kGroupEntriesMax = 65'536;

class CommitSequence {
 public:
  // Locks and recovers the folder, starts a segment if there is none to go on with.
  static Result<std::unique_ptr<CommitSequence>> open(FileSystem& fs, Clock& clock,
                                                      const EmbeddedLogOptions& options);

  // Commits the slices as one group: at most group_bytes_max of events (one larger event may stand
  // alone) and kGroupEntriesMax entries. Success: all are durable, dispositions and last_seq are
  // set. storage_full: nothing happened, the same ids may come again. Any other error is final and
  // every later call repeats it.
  Result<void> commit(std::span<AppendSlice> slices);

  // Commits a control entry as a group of its own; answers its seq. Fails as commit() does.
  Result<Seq> commit_control(const ControlEntry& entry);

  // For the log's second thread, or a test: makes the spare segment ready in step with the active
  // one, looks at the free space. storage_full while the disk is (too) full.
  Result<void> prepare_space();
  // After storage_full: success when a group could be written again. From the commit thread.
  Result<void> probe();

  const std::vector<SeqRange>& losses() const { return losses_; }  // rising
  void stop_preparing() { spare_.stop_filling(); }  // ends a prepare_space() of another thread

  // After the last commit: notes where the log ends, so the next open need not doubt it.
  Result<void> close();

  Result<Seq> drop_before(Seq before_seq, TimeUs before_us);  // from any thread

  const LogIdentity& identity() const { return identity_; }
  SegmentList& segments() { return list_; }
  std::uint64_t active_bytes() const { return active_bytes_.load(std::memory_order_relaxed); }
  std::size_t id_count() const { return id_count_.load(std::memory_order_relaxed); }
  std::size_t id_bytes() const { return id_bytes_.load(std::memory_order_relaxed); }
  bool clock_stepped() const { return clock_stepped_.load(std::memory_order_relaxed); }

 private:
  CommitSequence(FileSystem& fs, Clock& clock, const EmbeddedLogOptions& options);
  Result<void> recover();
  Result<std::vector<Segment>> droppable(Seq before_seq, TimeUs before_us);  // drop_mutex_ held
  Result<void> write_group(std::span<AppendSlice> slices);
  GroupPlace next_place(TimeUs time_us) const;
  TimeUs next_time_us();
  void note_sizes();
  Result<void> fail(const Error& error);
  Result<std::uint64_t> free_bytes_min();
  Result<void> fill_spare(std::uint64_t room_bytes);
  bool outruns_filling(TimeUs now);  // space_mutex_ held

  FileSystem& fs_;
  Clock& clock_;
  const EmbeddedLogOptions options_;
  LogIdentity identity_;
  std::unique_ptr<FileLock> lock_;
  SegmentList list_;
  SpareSegment spare_;
  Deduplication ids_;
  GroupBuilder builder_;
  std::unique_ptr<SegmentWriter> writer_;
  std::vector<SeqRange> losses_;
  Result<void> failure_;  // final
  TimeUs seen_wall_us_;   // at the last group, as is the next
  TimeUs seen_mono_us_;
  TimeUs stepped_until_us_ = 0;  // monotonic
  std::atomic<std::uint64_t> active_bytes_{0};
  std::atomic<std::size_t> id_count_{0};
  std::atomic<std::size_t> id_bytes_{0};
  std::atomic<bool> clock_stepped_{false};
  std::mutex drop_mutex_;  // one drop at a time
  std::mutex space_mutex_;
  std::uint64_t fill_budget_bytes_;  // guarded by space_mutex_
  TimeUs fill_budget_us_;            // when it was last topped up; space_mutex_, as all below
  TimeUs grown_us_;                  // when the log's growth was last looked at
  std::uint64_t grown_bytes_ = 0;    // active_bytes_ then
  bool outruns_filling_ = false;
};

}  // namespace adbacus
