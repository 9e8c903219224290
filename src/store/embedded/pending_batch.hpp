// A batch between write() and its commit, in the form the commit and queries of older ranges read.
// Immutable, so any thread may hold one.
#pragma once

#include <memory>
#include <vector>

#include "store/embedded/fact_runs.hpp"
#include "store/fact_batch.hpp"

namespace adbacus {

struct PendingBatch {
  std::uint16_t shard = 0;
  Seq from = 0;
  Seq to = 0;
  TimeUs log_time_us = 0;
  std::uint64_t keys_max = kKeysMaxDefault;
  FactRuns runs;
  std::vector<ConversionFact> conversions;
  std::vector<ReachDelta> reach;
  // Series known when it was written: the store holds exactly those of its position, so that after
  // a crash a series is new to the fold again where it was new before.
  std::size_t series_end = 0;
  std::size_t bytes = 0;  // bytes_of()
};
using PendingBatchPtr = std::shared_ptr<const PendingBatch>;
std::size_t bytes_of(const PendingBatch& batch);  // of memory, about

}  // namespace adbacus
