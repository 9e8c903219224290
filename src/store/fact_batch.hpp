// One step of the fold's output. Batches of a shard come in order and without gaps: `from` is the
// previous batch's `to`. Deltas and offset become visible together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eventlog/control_entries.hpp"
#include "eventlog/event_log.hpp"
#include "store/rollup.hpp"

namespace adbacus {

// A conversion as a row of its own (facts): what the compatibility statistics and exports need.
struct ConversionFact {
  Seq seq = 0;
  TimeUs time_us = 0;
  std::string tenant, event_id, user_id, campaign_id, ad_id, source, conversion_type;
  std::string transaction_id, currency;
  ConversionStatus status = ConversionStatus::none;
  Slice slice = Slice::counted_valid;
  std::int64_t value_micros = 0;
};

// HyperLogLog registers that rose: series (cube traffic) x UTC hour.
struct ReachDelta {
  SeriesId series = 0;
  Period hour = 0;
  std::vector<std::uint32_t> registers;  // index << 8 | rank, sorted by index
};

struct FactBatch {
  std::uint16_t shard = 0;
  Seq from = 0;            // exclusive: everything up to it was in earlier batches
  Seq to = 0;              // inclusive
  TimeUs log_time_us = 0;  // of the newest event in it
  // The bound of new keys in force behind it (BoundEntry).
  std::uint64_t keys_max = kKeysMaxDefault;
  std::vector<RollupRow> minute_rows;  // deltas, cube traffic
  std::vector<RollupRow> hour_rows;    // deltas, cube breakdown
  std::vector<ConversionFact> conversions;
  std::vector<ReachDelta> reach;
};

// One event with its verdicts, for the lake. Views are into the log batch that holds them.
struct LakeEvent {
  Seq seq = 0;
  TimeUs log_time_us = 0;
  std::string_view bytes;  // encoded event
  Disposition disposition = Disposition::counted;
  TrafficClass traffic_class = TrafficClass::valid;
};
struct LakeBatch {
  Seq from = 0;                         // exclusive
  Seq to = 0;                           // inclusive
  std::shared_ptr<const LogBatch> log;  // owns the bytes
  std::vector<LakeEvent> events;
};

}  // namespace adbacus
