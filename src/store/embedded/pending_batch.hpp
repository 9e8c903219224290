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
  FactRuns runs;
  std::vector<ConversionFact> conversions;
  std::vector<ReachDelta> reach;
  std::size_t bytes = 0;  // of memory, about
};
using PendingBatchPtr = std::shared_ptr<const PendingBatch>;

}  // namespace adbacus
