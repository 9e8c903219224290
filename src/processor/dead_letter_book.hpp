// Which entries of the log the fold passes over and what became of each: the control entries, taken
// in the order of the log (docs/formats/control_entries.md). The pipeline fills it, the fold and
// everybody who lists dead letters read it. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "eventlog/control_entries.hpp"
#include "eventlog/dropped_runs.hpp"

namespace adbacus {

enum class LetterState : std::uint8_t { open, fixed, replayed, dropped };
std::string_view letter_state_name(LetterState state);

struct DeadLetter {
  Seq seq = 0;
  Disposition disposition = Disposition::counted;
  std::string tenant;
  std::string event_id;
  std::uint32_t tries = 0;
  std::string reason;     // of the newest skip
  TimeUs skipped_us = 0;  // its log time
  LetterState state = LetterState::open;
  std::uint32_t failed_restores = 0;  // that were skipped in their turn
  Seq closed_seq = 0;                 // the restore or drop that took effect; 0: open
  TimeUs closed_us = 0;
  std::string closed_by;
  std::string note;  // of the drop
};

class DeadLetterBook {
 public:
  // The next control entry; what is not behind the last one is known already. corrupt: its meaning
  // is not known to this program.
  Result<void> take(const LogControl& control);
  // The entries of a log that nobody writes have been taken. A later one that drops an import run
  // is refused (conflict): what was folded before it was taken holds the run.
  void finish_loading();
  // The entry is passed over from now on; its skip is durable and will be taken in its turn.
  void skip(Seq seq);

  // The first entry in [first, last] that is passed over; last + 1 if there is none.
  Seq first_skip(Seq first, Seq last) const {
    if (first > newest_skip_.load(std::memory_order_acquire)) return last + 1;
    return find_skip(first, last);
  }
  // Of finish_loading(); does not change after it, so it is read without the lock.
  const DroppedRuns& dropped_runs() const { return dropped_runs_; }
  // The restore at `seq`, which was taken, is counted.
  bool counts(Seq seq) const;

  std::optional<DeadLetter> find(Seq seq) const;
  // Letters behind `after` by seq; those for which `wanted` holds, `max` at most.
  std::vector<DeadLetter> list(Seq after, std::size_t max,
                               const std::function<bool(const DeadLetter&)>& wanted) const;
  struct Totals {
    std::uint64_t all = 0;
    std::uint64_t open = 0;
  };
  Totals totals() const;

 private:
  Seq find_skip(Seq first, Seq last) const;
  void take_skip(const LogControl& control, SkipEntry entry);
  void take_restore(const LogControl& control, RestoreEntry entry);
  void take_drop(const LogControl& control, DropEntry entry);
  DeadLetter* open_letter(Seq seq);  // mutex_ held

  std::atomic<Seq> newest_skip_{0};
  DroppedRuns dropped_runs_;
  mutable std::mutex mutex_;
  std::set<Seq> skips_;                // guarded by mutex_, as is all below
  std::map<Seq, DeadLetter> letters_;  // by seq
  std::map<Seq, Seq> restores_;        // restore in effect -> its letter
  Seq taken_ = 0;
  std::uint64_t open_ = 0;
  bool loaded_ = false;
};

}  // namespace adbacus
