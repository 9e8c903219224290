// The closed list of what a report can count: each metric is a sum of one counter over some slices,
// or a ratio of such sums. Called by the request check, the engine and the renderers. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/report_query.hpp"

namespace adbacus {

enum class MetricShape : std::uint8_t {
  count,    // integer
  amount,   // money in major units, exact decimal
  cents,    // money in 1/100 of the major unit, half-even
  micros,   // money in micros
  price,    // money per something in major units, floating
  ratio,    // no unit
  reach,    // distinct users, approximate
  credits,  // conversions in parts of kCreditParts, exact decimal
};

// value = (top - minus) * times / (bottom * over); without bottom it is the sum `top`.
struct Metric {
  std::string name;
  MetricShape shape = MetricShape::count;
  Measure top;
  std::optional<Measure> minus;
  std::optional<Measure> bottom;
  std::int64_t times = 1;
  std::int64_t over = 1;
  bool per_reach = false;  // bottom is the number of distinct users

  // Of conversions by the touches that earned them: known to rollups alone.
  bool is_attributed() const;
  bool needs_reach() const { return per_reach || shape == MetricShape::reach; }
  // Its sums mean something only within one currency.
  bool needs_currency() const;
};

// nullopt: no metric has this name.
std::optional<Metric> find_metric(std::string_view name);
// Every name find_metric knows, for messages and documents.
std::vector<std::string> metric_names();

// One metric's value in one row. null stands for a zero denominator or for what cannot be known.
struct Value {
  enum class Kind : std::uint8_t { null, integer, amount, decimal };
  Kind kind = Kind::null;
  std::int64_t integer = 0;  // amount: micros, parts of a million
  double decimal = 0;
};

// Where a metric finds its measures in a row of sums.
struct MetricSlots {
  std::size_t top = 0;
  std::size_t minus = 0;
  std::size_t bottom = 0;
};
// Adds the metric's measures to `measures`, each once.
MetricSlots add_measures(const Metric& metric, std::vector<Measure>& measures);

// `reach` is nullopt where it is unknown (it does not add up over rows).
Value evaluate(const Metric& metric, const MetricSlots& slots,
               const std::vector<std::int64_t>& sums, std::optional<std::int64_t> reach);

// Quotient of integers as the nearest double where both fit in 53 bits, else within one unit in the
// last place.
double quotient(std::int64_t top, std::int64_t times, std::int64_t bottom, std::int64_t over);

}  // namespace adbacus
