// What the engine found: groups of integer sums, and how fresh they are. Metrics are computed from
// the sums when the answer is ordered and rendered. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/metric.hpp"

namespace adbacus {

struct ReportGroup {
  std::vector<TimeUs> times;       // one per time dimension, in the request's order
  std::vector<std::string> texts;  // one per other dimension; empty: the events have none
  std::vector<std::int64_t> sums;  // one per measure
  std::optional<std::int64_t> reach;
  // With a comparison: the same group in the earlier range.
  std::vector<std::int64_t> previous_sums;
  std::optional<std::int64_t> previous_reach;
};

struct Freshness {
  TimeUs data_as_of_us = 0;  // log time of the newest event included; 0: there is none
  Seq position = 0;
  bool provisional = false;  // events of the range may still arrive in the ordinary way
  bool exact = true;         // false: sketches, or the range was widened to whole minutes
  std::string source;        // "index", "store", "raw" or several joined by '+'
};

struct ReportAnswer {
  std::vector<ReportGroup> groups;   // shaped: filled, ordered, cut
  ReportGroup totals;                // of all groups, those cut off included
  std::optional<ReportGroup> other;  // of the groups cut off
  std::size_t other_groups = 0;
  bool truncated = false;
  std::vector<Measure> measures;
  std::vector<MetricSlots> slots;  // one per metric of the request
  std::string currency;            // of every amount; empty: amounts of several, told apart by rows
  bool has_money = false;          // some amount is not zero
  TimeUs from_us = 0;              // what the rows cover
  TimeUs to_us = 0;
  Freshness freshness;
};

// Place of a request's dimension in ReportGroup.
struct DimensionPlace {
  bool is_time = false;
  std::size_t index = 0;
};

}  // namespace adbacus
