#include "decision/testing/delivery_ledger.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace adbacus {

void DeliveryLedger::add(const Delivered& delivered) {
  const std::lock_guard lock(mutex_);
  const SeriesKey key{delivered.tenant, delivered.campaign, delivered.line_item, delivered.creative,
                      delivered.currency};
  series_[key][delivered.slice][floor_to(delivered.time_us, kMinuteUs)].add(delivered.counters);
}

bool DeliveryLedger::is_answerable(const RollupQuery& query) {
  const TimeUs grain = query.cube == Cube::traffic ? kMinuteUs : kHourUs;
  if (query.from_us % grain != 0 || query.to_us % grain != 0) return false;
  if (query.unit != TimeUnit::none || query.with_reach || query.tenant.empty()) return false;
  return query.cube == Cube::breakdown || std::ranges::all_of(query.dimensions, [](SeriesDim dim) {
           return static_cast<std::size_t>(dim) < kTrafficDims;
         });
}

const std::string& DeliveryLedger::dim(const SeriesKey& series, SeriesDim of) {
  static const std::string kNone;
  constexpr std::array kDims{SeriesDim::tenant, SeriesDim::campaign, SeriesDim::line_item,
                             SeriesDim::creative, SeriesDim::currency};
  const auto* const at = std::ranges::find(kDims, of);
  return at == kDims.end() ? kNone : series[static_cast<std::size_t>(at - kDims.begin())];
}

bool DeliveryLedger::passes(const SeriesKey& series, const Filter& filter) {
  EXPECT_TRUE(filter.kind == FilterKind::leaf &&
              (filter.op == FilterOp::eq || filter.op == FilterOp::in))
      << "a filter that this store does not know";
  return std::ranges::find(filter.values, dim(series, filter.field)) != filter.values.end();
}

Result<RollupResult> DeliveryLedger::query(const RollupQuery& query) {
  if (is_away) return Error{ErrorCode::unavailable, "away"};
  if (!is_answerable(query)) {
    ADD_FAILURE() << "not a query of this cube: " << query.from_us << " to " << query.to_us;
    return Error{ErrorCode::invalid_argument, "not a query of this cube"};
  }
  const std::lock_guard lock(mutex_);
  std::map<std::vector<std::string>, std::vector<std::int64_t>> groups;
  for (const auto& [series, slices] : series_) {
    const auto& key = series;  // lambdas do not capture a part of a pair
    if (key[0] != query.tenant) continue;
    if (!std::ranges::all_of(query.filters, [&](const Filter& f) { return passes(key, f); })) {
      continue;
    }
    std::vector<std::int64_t> sums(query.measures.size());
    for (const auto& [slice, minutes] : slices) {
      const auto end = minutes.lower_bound(query.to_us);
      for (auto at = minutes.lower_bound(query.from_us); at != end; ++at) {
        for (std::size_t i = 0; i < sums.size(); ++i) {
          if ((query.measures[i].slices & slice_bit(slice)) == 0) continue;
          sums[i] += at->second[query.measures[i].counter];
        }
      }
    }
    std::vector<std::string> dims;
    for (const SeriesDim of : query.dimensions) dims.push_back(dim(key, of));
    std::vector<std::int64_t>& group = groups[dims];
    group.resize(sums.size());
    for (std::size_t i = 0; i < sums.size(); ++i) group[i] += sums[i];
  }
  RollupResult result;
  for (auto& [dims, values] : groups) {
    if (std::ranges::all_of(values, [](std::int64_t value) { return value == 0; })) continue;
    result.rows.push_back({.dims = dims, .values = std::move(values)});
  }
  return result;
}

}  // namespace adbacus
