// A report as asked, after every check: what request_check.hpp produces and the engine runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/dimension.hpp"
#include "report/metric.hpp"

namespace adbacus {

// Of times only hour_of_day and weekday.
using ReportFilter = FilterNode<Dimension>;

// What a metric's column shows; all but the first only with a comparison.
enum class MetricPart : std::uint8_t { value, previous, delta, delta_pct };

struct OrderKey {
  std::size_t column = 0;  // dimensions first, then metrics
  bool descending = false;
  MetricPart part = MetricPart::value;
};

enum class Comparison : std::uint8_t { none, previous_period, previous_year };
enum class ReportFormat : std::uint8_t { json, csv, ndjson, parquet };

struct ReportRequest {
  std::string tenant;
  std::vector<Metric> metrics;
  std::vector<Dimension> dimensions;
  std::vector<ReportFilter> filters;  // all must hold
  TimeUs from_us = 0;                 // half-open
  TimeUs to_us = 0;
  std::string timezone = "UTC";
  std::string currency;  // money of this one only; empty: there must be one
  std::string default_currency = "USD";
  std::vector<OrderKey> order;  // empty: by dimensions
  std::size_t rows_max = 1'000;
  bool fill = false;        // rows for empty time buckets too
  bool with_other = false;  // rows past rows_max summed into one
  Comparison comparison = Comparison::none;
  ReportFormat format = ReportFormat::json;
  bool raw_cells = false;    // CSV without protection against formulas
  std::optional<Seq> after;  // answer only with everything up to here included
  int wait_ms = 5'000;
};

}  // namespace adbacus
