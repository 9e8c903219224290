// Random batches and queries for property tests of a store: the same seed gives the same ones.
// For tests; one thread.
#pragma once

#include <string>
#include <vector>

#include "base/rng.hpp"
#include "store/analytics_store.hpp"

namespace adbacus {

struct RandomFactsOptions {
  TimeUs from_us = 1'792'800'000LL * kSecondUs;  // 2026-10-24T00:00Z, the clocks change on the 25th
  int hours = 60;                                // that events fall into
  std::size_t rows = 200;                        // of each cube in a batch
  int campaigns = 6;
};

class RandomFacts {
 public:
  RandomFacts(std::uint64_t seed, RandomFactsOptions options) : rng_(seed), options_(options) {}

  // Follows the shard's previous batch (`from`); events spread over the whole range of hours, log
  // time moves on through it.
  FactBatch batch(SeriesTable& series, std::uint16_t shard, Seq from);
  RollupQuery query();

 private:
  SeriesId traffic_series(SeriesTable& series);
  SeriesId breakdown_series(SeriesTable& series);
  Counters counters();
  std::string campaign();
  bool one_in(std::uint64_t n) { return rng_.below(n) == 0; }

  Rng rng_;
  const RandomFactsOptions options_;
  TimeUs log_time_us_ = 0;
};

}  // namespace adbacus
