#include "app/simulate/simulated_store.hpp"

#include <algorithm>
#include <cmath>

namespace adbacus {
namespace {

constexpr std::size_t kAnswersMax = 256;

std::int64_t value_of(const ExpectedDelivery& sum, Counter64 counter) {
  if (counter == Counter64::impressions) return std::llround(sum.impressions);
  if (counter == Counter64::clicks) return std::llround(sum.clicks);
  if (counter == Counter64::conversions) return std::llround(sum.conversions);
  return counter == Counter64::cost_micros ? std::llround(sum.cost) : 0;
}

ExpectedDelivery minus(const ExpectedDelivery& a, const ExpectedDelivery& b) {
  return {.impressions = a.impressions - b.impressions,
          .clicks = a.clicks - b.clicks,
          .conversions = a.conversions - b.conversions,
          .cost = a.cost - b.cost};
}

}  // namespace

void SimulatedStore::add(std::vector<Sum>& sums, TimeUs time_us,
                         const ExpectedDelivery& delivered) {
  const TimeUs minute_us = floor_to(time_us, kMinuteUs);
  if (sums.empty()) {
    sums.push_back({minute_us, {}});
  } else if (sums.back().minute_us < minute_us) {
    sums.push_back({minute_us, sums.back().all});
  }
  sums.back().all.add(delivered);
}

void SimulatedStore::add(const std::string& campaign, const std::string& line_item, TimeUs time_us,
                         const ExpectedDelivery& delivered) {
  add(campaigns_[campaign], time_us, delivered);
  add(items_[line_item], time_us, delivered);
}

ExpectedDelivery SimulatedStore::before(const std::vector<Sum>& sums, TimeUs time_us) {
  const auto at =
      std::lower_bound(sums.begin(), sums.end(), time_us,
                       [](const Sum& sum, TimeUs wanted_us) { return sum.minute_us < wanted_us; });
  return at == sums.begin() ? ExpectedDelivery{} : std::prev(at)->all;
}

Result<RollupResult> SimulatedStore::ask_actual(const RollupQuery& query) {
  if (query.to_us <= query.from_us) return RollupResult{};
  const Asked asked{query.tenant, query.cube, query.from_us, query.to_us, query.dimensions};
  if (const auto known = answers_.find(asked); known != answers_.end()) return known->second;
  auto answer = actual_.query(query);
  if (!answer) return answer;
  if (answers_.size() >= kAnswersMax) answers_.clear();
  return answers_[asked] = *std::move(answer);
}

Result<RollupResult> SimulatedStore::query(const RollupQuery& query) {
  RollupQuery past = query;
  const bool is_rates = std::find(query.dimensions.begin(), query.dimensions.end(),
                                  SeriesDim::creative) != query.dimensions.end();
  if (is_rates) {
    past.to_us = std::min(query.to_us, floor_to(now_us_, kHourUs));
    return ask_actual(past);
  }
  past.to_us = std::min(query.to_us, begin_us_);
  auto result = ask_actual(past);
  if (!result) return result;
  const bool is_campaigns = query.dimensions.front() == SeriesDim::campaign;
  for (const auto& [id, sums] : is_campaigns ? campaigns_ : items_) {
    const ExpectedDelivery sum = minus(before(sums, query.to_us), before(sums, query.from_us));
    RollupResult::Row row;
    row.dims.assign(query.dimensions.size(), "");
    row.dims.front() = id;
    for (const Measure& measure : query.measures) {
      row.values.push_back(value_of(sum, measure.counter));
    }
    result->rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace adbacus
