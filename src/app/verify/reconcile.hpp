// Recounts a range of one tenant out of the raw events and compares every served aggregate with it,
// while the server goes on: both sides are read at one log position. Thread-safe; blocks on disk,
// so it belongs on a pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "app/verify/recount.hpp"
#include "store/event_lake.hpp"

namespace adbacus {

struct ReconcileQuery {
  std::string tenant;
  TimeUs from_us = 0;  // half-open, whole hours
  TimeUs to_us = 0;
  Level level = Level::hour;  // of the traffic aggregates: minute or hour
  std::size_t rows_max =
      20'000;  // aggregates of one cube; more: invalid_argument "too_many_rows: …"
  std::size_t shown_max = 100;
};

struct ReconcileDifference {
  std::string key;  // as aggregate_key() writes it
  Counters served;
  Counters counted;
};
struct Reconciliation {
  Seq position = 0;  // both sides include exactly what is up to here
  std::uint64_t aggregates = 0;
  std::uint64_t differences = 0;  // all
  // Events whose keys were over the bound: served in rows `other`.
  std::uint64_t other_traffic = 0;
  std::uint64_t other_breakdown = 0;
  std::vector<ReconcileDifference> shown;
};

// unavailable: the lake lags behind what is served; try again.
Result<Reconciliation> reconcile(ReportReader& served, LakeReader& lake,
                                 const ReconcileQuery& query);

}  // namespace adbacus
