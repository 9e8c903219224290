// The deterministic step from log records to facts: the same log gives the same facts, whatever the
// batch cuts. No clock, no randomness, no I/O. Owned by one thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/crash_mark.hpp"
#include "eventlog/event_log.hpp"
#include "processor/attribution/attribution_input.hpp"
#include "processor/attribution/rule_history.hpp"
#include "processor/dead_letter_book.hpp"
#include "processor/window/row_accumulator.hpp"
#include "processor/window/series_cache.hpp"
#include "store/fact_batch.hpp"

namespace adbacus {

class ReachWindow;

class Fold {
 public:
  // Starts behind `from`, for the lake and for attribution; events up to `counted` are known to the
  // store and are not counted again. `series` must outlive the fold.
  Fold(SeriesTable& series, Seq from, Seq counted);
  ~Fold();

  // Control entries go to `book`, which says what is passed over and what is counted again; `mark`
  // (may be null) says what the fold is busy with. Both outlive the fold. Without a book a control
  // entry is corrupt.
  void attach(DeadLetterBook* book, CrashMark* mark);
  // The bound of new keys (KeyBound) in force behind what is counted.
  void set_keys_max(std::uint64_t keys_max) { series_.set_keys_max(keys_max); }
  // Before the first fold(): the rules of the log up to `from`.
  void set_rules(RuleHistory rules);
  // Conversions up to `seq` get no attributed rows (FactWriter::attributed_from).
  void attribute_from(Seq seq) { attributed_from_ = seq; }
  // Before the first fold(): touches that were kept when the log was folded up to `counted`, as
  // TouchTable::restore(). The fold then starts behind the last of them at the latest; else `from`
  // must be where the log begins, or what attribution looks back to.
  void restore_touches(std::vector<std::shared_ptr<TouchSegment>> segments);
  const TouchTable& touches() const { return attributor_.touches(); }
  // Entries in [first, last] are taken one by one, so that the mark names the one that kills.
  void suspect(Seq first, Seq last);

  // Folds every entry with seq > position(). Rows for the lake are appended to `lake` (may be
  // null). After an error failed_seq() names the entry that cannot be folded, or is 0 if it is not
  // one entry's fault; nothing of it is folded, position() stands before it.
  Result<void> fold(const LogBatch& log, std::vector<LakeEvent>* lake);

  // Everything counted since the last take(), up to position(); `from` is where that take() ended.
  // Empty (from == to) as long as the store is ahead of the fold.
  FactBatch take();

  Seq position() const { return position_; }
  Seq failed_seq() const { return failed_seq_; }
  TimeUs log_time_us() const { return log_time_us_; }
  std::size_t pending_rows() const { return traffic_rows_.size() + breakdown_rows_.size(); }

 private:
  struct Scanned {
    PackedEvent event;
    Hash128 key;
    SeriesCache::Place place;
    AttributionKeys attribution;
    std::optional<TouchKind> touch_kind;  // none: attribution has nothing to do with it
    std::uint64_t user_hash = 0;
    Seq seq = 0;
    TimeUs log_time_us = 0;
    Disposition disposition = Disposition::counted;
    std::string_view bytes;
  };
  bool counts_for_reach(const Scanned& scanned) const;
  void place(Scanned& scanned);
  Result<void> fold_control(const LogControl& control, std::vector<LakeEvent>* lake);
  void count(const Scanned& scanned);
  void count_all();
  void add_conversion(const Scanned& scanned, Slice slice);
  // In fold_attribution.cpp.
  void prepare_attribution(Scanned& scanned);
  void attribute(const Scanned& scanned);
  const AttributionRule& rule_for(SeriesId touched, const Touch& conversion) const;
  void count_attributed(const AttributionChange& change, TimeUs log_time_us);
  // Entries with consecutive seqs.
  struct Run {
    std::span<const LogEntry> entries;
    Seq first_seq = 0;
    TimeUs log_time_us = 0;
    Seq last_seq() const { return first_seq + entries.size() - 1; }
  };
  Result<void> fold_record(const Run& record, std::vector<LakeEvent>* lake);
  Result<void> fold_run(const Run& run, std::vector<LakeEvent>* lake);
  Result<void> scan_run(const Run& run);
  void leave_out_dropped_runs();
  Error failed(Seq seq, const Error& error);
  void pass(Seq seq, TimeUs log_time_us);
  Seq run_end(Seq first, Seq last) const;

  const SeriesTable& table_;
  SeriesCache series_;
  RowAccumulator traffic_rows_;
  RowAccumulator breakdown_rows_;
  std::unique_ptr<ReachWindow> reach_;
  std::vector<ConversionFact> conversions_;
  RuleHistory rules_;
  AttributionKeyMaker attribution_keys_;
  Attributor attributor_;
  Seq attributed_from_ = 0;
  Seq attributed_ = 0;            // whatever stands before is known to the attributor
  std::vector<Scanned> scanned_;  // of the record at hand
  std::string scratch_;
  Arena arena_;
  Seq taken_ = 0;
  Seq position_ = 0;
  TimeUs log_time_us_ = 0;
  Seq failed_seq_ = 0;
  Seq suspect_first_ = 0;
  Seq suspect_last_ = 0;
  DeadLetterBook* book_ = nullptr;
  CrashMark* mark_ = nullptr;
};

}  // namespace adbacus
