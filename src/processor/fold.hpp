// The deterministic step from log records to facts: the same log gives the same facts, whatever the
// batch cuts. No clock, no randomness, no I/O. Owned by one thread.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "eventlog/event_log.hpp"
#include "processor/window/row_accumulator.hpp"
#include "processor/window/series_cache.hpp"
#include "store/fact_batch.hpp"

namespace adbacus {

class ReachWindow;

class Fold {
 public:
  // Starts behind `from`, for the lake; events up to `counted` are known to the store and are not
  // counted again. `series` must outlive the fold.
  Fold(SeriesTable& series, Seq from, Seq counted);
  ~Fold();

  // Folds every entry with seq > position(). Rows for the lake are appended to `lake` (may be
  // null). corrupt names the record that cannot be read: nothing of it is folded, position() stands
  // before it.
  Result<void> fold(const LogBatch& log, std::vector<LakeEvent>* lake);

  // Everything counted since the last take(), up to position(); `from` is where that take() ended.
  // Empty (from == to) as long as the store is ahead of the fold.
  FactBatch take();

  Seq position() const { return position_; }
  TimeUs log_time_us() const { return log_time_us_; }
  std::size_t pending_rows() const { return traffic_rows_.size() + breakdown_rows_.size(); }

 private:
  struct Scanned {
    PackedEvent event;
    Hash128 key;
    SeriesCache::Place place;
    std::uint64_t user_hash = 0;
    Seq seq = 0;
    TimeUs log_time_us = 0;
    Disposition disposition = Disposition::counted;
    std::string_view bytes;
  };
  bool counts_for_reach(const Scanned& scanned) const;
  void place(Scanned& scanned);
  void pass_control(const LogControl& control);
  void count(const Scanned& scanned);
  void count_all();
  void add_conversion(const Scanned& scanned, Slice slice);
  Result<void> fold_record(const LogBatch& log, const LogRecord& record,
                           std::vector<LakeEvent>* lake);

  SeriesCache series_;
  RowAccumulator traffic_rows_;
  RowAccumulator breakdown_rows_;
  std::unique_ptr<ReachWindow> reach_;
  std::vector<ConversionFact> conversions_;
  std::vector<Scanned> scanned_;  // of the record at hand
  std::string scratch_;
  Arena arena_;
  Seq taken_ = 0;
  Seq position_ = 0;
  TimeUs log_time_us_ = 0;
};

}  // namespace adbacus
