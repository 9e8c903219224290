// What a store must answer, computed the slow and obvious way: a list of rows that every query
// walks. For tests; one thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/analytics_store.hpp"

namespace adbacus {

class ReferenceModel {
 public:
  void add(const FactBatch& batch, const SeriesTable& series);
  std::vector<RollupResult::Row> query(const RollupQuery& query) const;

 private:
  struct Row {
    Series series;
    TimeUs time_us = 0;  // start of its minute or hour
    Slice slice = Slice::counted_valid;
    Counters counters;
  };
  struct Reach {
    Series series;
    TimeUs time_us = 0;
    std::vector<std::uint32_t> registers;
  };
  std::vector<Row> rows_;
  std::vector<Reach> reach_;
};

// The bucket an instant falls in, by civil arithmetic on that instant alone.
TimeUs reference_bucket(TimeUs time, TimeUnit unit, const std::string& timezone);

// One row a line, for comparing and for failure messages.
std::string describe(const std::vector<RollupResult::Row>& rows);
std::string describe(const RollupQuery& query);

}  // namespace adbacus
