#include "report/metric.hpp"

#include <algorithm>
#include <array>

#include "model/money.hpp"

namespace adbacus {
namespace {

constexpr SliceMask kMachine = slice_bit(Slice::counted_machine);
constexpr SliceMask kGivt = slice_bit(Slice::counted_givt);
constexpr SliceMask kSivt = slice_bit(Slice::counted_sivt);
constexpr SliceMask kAttributed = slice_bit(Slice::attributed);
constexpr std::int64_t kMicrosPerMajor = kMicrosPerUnit;

struct Prefix {
  std::string_view text;
  SliceMask slices;
};
// gross = counted + repeat; the other parts are what gross - net consists of.
constexpr std::array<Prefix, 6> kPrefixes{{{"gross_", kGrossSlices},
                                           {"repeat_", kRepeatSlices},
                                           {"suspect_", slice_bit(Slice::counted_suspect)},
                                           {"machine_", kMachine},
                                           {"givt_", kGivt},
                                           {"sivt_", kSivt}}};

struct SumRow {
  std::string_view name;
  Counter64 counter;
  MetricShape shape;
  SliceMask slices = kNetSlices;
  bool takes_prefix = true;
};
constexpr std::array<SumRow, 27> kSums{{
    {"impressions", Counter64::impressions, MetricShape::count},
    {"viewable", Counter64::viewable, MetricShape::count},
    {"clicks", Counter64::clicks, MetricShape::count},
    {"conversions", Counter64::conversions, MetricShape::count},
    {"events", Counter64::events, MetricShape::count},
    {"revenue", Counter64::value_micros, MetricShape::amount},
    {"revenue_cents", Counter64::value_micros, MetricShape::cents},
    {"revenue_micros", Counter64::value_micros, MetricShape::micros},
    {"cost", Counter64::cost_micros, MetricShape::amount},
    {"cost_cents", Counter64::cost_micros, MetricShape::cents},
    {"cost_micros", Counter64::cost_micros, MetricShape::micros},
    {"views", Counter64::views, MetricShape::count, kNetSlices, false},
    {"interactions", Counter64::interactions, MetricShape::count, kNetSlices, false},
    {"page_views", Counter64::page_views, MetricShape::count, kNetSlices, false},
    {"customs", Counter64::customs, MetricShape::count, kNetSlices, false},
    {"pending", Counter64::pending, MetricShape::count, kNetSlices, false},
    {"rejected", Counter64::rejected, MetricShape::count, kNetSlices, false},
    {"rebills", Counter64::rebills, MetricShape::count, kNetSlices, false},
    {"duplicates", Counter64::events, MetricShape::count, kDuplicateSlices, false},
    {"transitions", Counter64::events, MetricShape::count, slice_bit(Slice::transition), false},
    {"attributed_conversions", Counter64::conversions, MetricShape::credits, kAttributed, false},
    {"attributed_pending", Counter64::pending, MetricShape::credits, kAttributed, false},
    {"attributed_rejected", Counter64::rejected, MetricShape::credits, kAttributed, false},
    {"attributed_rebills", Counter64::rebills, MetricShape::credits, kAttributed, false},
    {"attributed_revenue", Counter64::value_micros, MetricShape::amount, kAttributed, false},
    {"attributed_revenue_cents", Counter64::value_micros, MetricShape::cents, kAttributed, false},
    {"attributed_revenue_micros", Counter64::value_micros, MetricShape::micros, kAttributed, false},
}};

struct RatioRow {
  std::string_view name;
  MetricShape shape;
  Measure top;
  Measure bottom;
  std::int64_t times = 1;
  std::int64_t over = 1;
};
constexpr Measure net(Counter64 counter) {
  return {counter, kNetSlices};
}
constexpr Measure attributed(Counter64 counter) {
  return {counter, kAttributed};
}
constexpr std::array<RatioRow, 18> kRatios{{
    {"ctr", MetricShape::ratio, net(Counter64::clicks), net(Counter64::impressions)},
    {"cvr", MetricShape::ratio, net(Counter64::conversions), net(Counter64::clicks)},
    {"conversion_rate", MetricShape::ratio, net(Counter64::conversions), net(Counter64::clicks)},
    {"viewable_rate", MetricShape::ratio, net(Counter64::viewable), net(Counter64::impressions)},
    {"ivt_rate", MetricShape::ratio,
     Measure{Counter64::events, static_cast<SliceMask>(kMachine | kGivt | kSivt)},
     Measure{Counter64::events, kGrossSlices}},
    {"roas", MetricShape::ratio, net(Counter64::value_micros), net(Counter64::cost_micros)},
    {"roi", MetricShape::ratio, net(Counter64::value_micros), net(Counter64::cost_micros)},
    {"cpc", MetricShape::price, net(Counter64::cost_micros), net(Counter64::clicks), 1,
     kMicrosPerMajor},
    {"cpm", MetricShape::price, net(Counter64::cost_micros), net(Counter64::impressions), 1,
     kMicrosPerMajor / 1000},
    {"vcpm", MetricShape::price, net(Counter64::cost_micros), net(Counter64::viewable), 1,
     kMicrosPerMajor / 1000},
    {"cpa", MetricShape::price, net(Counter64::cost_micros), net(Counter64::conversions), 1,
     kMicrosPerMajor},
    {"aov", MetricShape::price, net(Counter64::value_micros), net(Counter64::conversions), 1,
     kMicrosPerMajor},
    {"ecpm", MetricShape::price, net(Counter64::value_micros), net(Counter64::impressions), 1,
     kMicrosPerMajor / 1000},
    {"rpc", MetricShape::price, net(Counter64::value_micros), net(Counter64::clicks), 1,
     kMicrosPerMajor},
    {"ecpc", MetricShape::price, net(Counter64::value_micros), net(Counter64::clicks), 1,
     kMicrosPerMajor},
    {"attributed_cvr", MetricShape::ratio, attributed(Counter64::conversions),
     net(Counter64::clicks), 1, kCreditParts},
    {"attributed_roas", MetricShape::ratio, attributed(Counter64::value_micros),
     net(Counter64::cost_micros)},
    // Micros over parts of a million are major units over conversions.
    {"attributed_cpa", MetricShape::price, net(Counter64::cost_micros),
     attributed(Counter64::conversions)},
}};
static_assert(kCreditParts == kMicrosPerMajor);

bool is_money(const Measure& measure) {
  return measure.counter == Counter64::value_micros || measure.counter == Counter64::cost_micros;
}

std::optional<Metric> find_sum(std::string_view name, const Prefix* prefix) {
  for (const SumRow& row : kSums) {
    if (row.name != name || (prefix != nullptr && !row.takes_prefix)) continue;
    Metric metric;
    metric.name = (prefix == nullptr ? std::string() : std::string(prefix->text)).append(name);
    metric.shape = row.shape;
    metric.top = {row.counter, prefix == nullptr ? row.slices : prefix->slices};
    return metric;
  }
  return std::nullopt;
}

}  // namespace

bool Metric::is_attributed() const {
  const auto is = [](const Measure& measure) { return (measure.slices & kAttributed) != 0; };
  return is(top) || (minus && is(*minus)) || (bottom && is(*bottom));
}

bool Metric::needs_currency() const {
  return is_money(top) || (minus && is_money(*minus)) || (bottom && is_money(*bottom));
}

std::optional<Metric> find_metric(std::string_view name) {
  if (auto sum = find_sum(name, nullptr)) return sum;
  for (const Prefix& prefix : kPrefixes) {
    if (name.starts_with(prefix.text)) return find_sum(name.substr(prefix.text.size()), &prefix);
  }
  for (const RatioRow& row : kRatios) {
    if (row.name != name) continue;
    Metric metric;
    metric.name = name;
    metric.shape = row.shape;
    metric.top = row.top;
    metric.bottom = row.bottom;
    metric.times = row.times;
    metric.over = row.over;
    if (name == "roi") metric.minus = net(Counter64::cost_micros);
    return metric;
  }
  if (name == "reach" || name == "frequency") {
    Metric metric;
    metric.name = name;
    metric.shape = name == "reach" ? MetricShape::reach : MetricShape::ratio;
    metric.top = net(Counter64::impressions);
    metric.per_reach = name == "frequency";
    return metric;
  }
  return std::nullopt;
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const SumRow& row : kSums) names.emplace_back(row.name);
  for (const RatioRow& row : kRatios) names.emplace_back(row.name);
  names.insert(names.end(), {"reach", "frequency"});
  for (const Prefix& prefix : kPrefixes) {
    for (const SumRow& row : kSums) {
      if (row.takes_prefix) names.push_back(std::string(prefix.text).append(row.name));
    }
  }
  return names;
}

MetricSlots add_measures(const Metric& metric, std::vector<Measure>& measures) {
  const auto slot_of = [&measures](const Measure& measure) {
    const auto found = std::find(measures.begin(), measures.end(), measure);
    const auto slot = static_cast<std::size_t>(found - measures.begin());
    if (found == measures.end()) measures.push_back(measure);
    return slot;
  };
  MetricSlots slots;
  slots.top = slot_of(metric.top);
  if (metric.minus) slots.minus = slot_of(*metric.minus);
  if (metric.bottom) slots.bottom = slot_of(*metric.bottom);
  return slots;
}

double quotient(std::int64_t top, std::int64_t times, std::int64_t bottom, std::int64_t over) {
  constexpr std::int64_t kExactMax = std::int64_t{1} << 53;
  std::int64_t numerator = 0;
  std::int64_t denominator = 0;
  if (!__builtin_mul_overflow(top, times, &numerator) &&
      !__builtin_mul_overflow(bottom, over, &denominator) && numerator <= kExactMax &&
      numerator >= -kExactMax && denominator <= kExactMax && denominator >= -kExactMax) {
    return static_cast<double>(numerator) / static_cast<double>(denominator);
  }
  return static_cast<double>(static_cast<long double>(top) * static_cast<long double>(times) /
                             (static_cast<long double>(bottom) * static_cast<long double>(over)));
}

Value evaluate(const Metric& metric, const MetricSlots& slots,
               const std::vector<std::int64_t>& sums, std::optional<std::int64_t> reach) {
  const auto integer = [](std::int64_t v) { return Value{Value::Kind::integer, v, 0}; };
  const std::int64_t top = sums[slots.top];
  switch (metric.shape) {
    case MetricShape::count:
    case MetricShape::micros:
      return integer(top);
    case MetricShape::cents:
      return integer(cents_from_micros(top));
    case MetricShape::amount:
    case MetricShape::credits:
      return {Value::Kind::amount, top, 0};
    case MetricShape::reach:
      return reach ? integer(*reach) : Value{};
    case MetricShape::price:
    case MetricShape::ratio:
      break;
  }
  if (metric.per_reach && !reach) return {};
  const std::int64_t bottom = metric.per_reach ? *reach : sums[slots.bottom];
  if (bottom == 0) return {};
  std::int64_t difference = top;
  if (metric.minus && __builtin_sub_overflow(top, sums[slots.minus], &difference)) return {};
  return {Value::Kind::decimal, 0, quotient(difference, metric.times, bottom, metric.over)};
}

}  // namespace adbacus
