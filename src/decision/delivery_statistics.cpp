#include "decision/delivery_statistics.hpp"

#include <algorithm>

#include "base/clamped_sum.hpp"
#include "decision/local_time.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kBeginUs = 946'684'800 * kSecondUs;  // 2000: no event is older
constexpr TimeUs kRatesSpanUs = 7 * kDayUs;
// Late events change closed days; those are read again this often.
constexpr TimeUs kBeforeAgeMaxUs = 5 * kMinuteUs;

// From where the cube's minute or hour of `from` begins to where that of `to` begins.
RollupQuery query_of(const std::string& tenant, Cube cube, TimeUs from_us, TimeUs to_us) {
  const TimeUs grain = cube == Cube::traffic ? kMinuteUs : kHourUs;
  RollupQuery query;
  query.tenant = tenant;
  query.cube = cube;
  query.from_us = floor_to(from_us, grain);
  query.to_us = floor_to(to_us, grain);
  query.measures = {{Counter64::impressions, kNetSlices},
                    {Counter64::clicks, kNetSlices},
                    {Counter64::conversions, kNetSlices},
                    {Counter64::value_micros, kNetSlices},
                    {Counter64::cost_micros, kNetSlices}};
  return query;
}

std::int64_t in_micros(std::int64_t count) {
  return std::min(std::max<std::int64_t>(count, 0), INT64_MAX / kOneCount) * kOneCount;
}

}  // namespace

void DeliveryStatistics::Amounts::add(const Amounts& other) {
  counts.add(other.counts);
  value_micros = clamped_sum(value_micros, other.value_micros);
  cost_micros = clamped_sum(cost_micros, other.cost_micros);
}

Result<DeliveryStatistics::Sums> DeliveryStatistics::read(const std::string& tenant, Cube cube,
                                                          SeriesDim of, TimeUs from_us,
                                                          TimeUs to_us) {
  RollupQuery query = query_of(tenant, cube, from_us, to_us);
  query.dimensions = {of, SeriesDim::currency};
  auto result = reader_.query(query);
  if (!result) return result.error();
  Sums sums;
  for (const auto& row : result->rows) {
    if (row.dims[0].empty()) continue;
    const Amounts amounts{.counts = {.impressions = row.values[0],
                                     .clicks = row.values[1],
                                     .conversions = row.values[2]},
                          .value_micros = row.values[3],
                          .cost_micros = row.values[4]};
    sums[{row.dims[0], row.dims[1]}].add(amounts);
  }
  return sums;
}

Result<DeliveryStatistics::Period> DeliveryStatistics::read(const std::string& tenant,
                                                            const Needs& needs, TimeUs from_us,
                                                            TimeUs to_us) {
  Period period;
  if (needs.campaigns) {
    auto sums = read(tenant, Cube::traffic, SeriesDim::campaign, from_us, to_us);
    if (!sums) return sums.error();
    period.campaigns = *std::move(sums);
  }
  if (needs.items) {
    auto sums = read(tenant, Cube::breakdown, SeriesDim::line_item, from_us, to_us);
    if (!sums) return sums.error();
    period.items = *std::move(sums);
  }
  return period;
}

std::int64_t DeliveryStatistics::used(const ServingBudget& budget, const Period& period,
                                      const std::string& currency) {
  const Sums& sums = budget.is_campaigns ? period.campaigns : period.items;
  Amounts all;
  for (auto at = sums.lower_bound({budget.owner_id, ""});
       at != sums.end() && at->first.first == budget.owner_id; ++at) {
    Amounts amounts = at->second;
    if (!at->first.second.empty() && at->first.second != currency) {
      amounts.value_micros = 0;
      amounts.cost_micros = 0;
    }
    all.add(amounts);
  }
  if (budget.is_cost) return all.cost_micros;
  switch (budget.metric) {
    case GoalMetric::impressions:
      return in_micros(all.counts.impressions);
    case GoalMetric::clicks:
      return in_micros(all.counts.clicks);
    case GoalMetric::conversions:
      return in_micros(all.counts.conversions);
    case GoalMetric::revenue:
      return all.value_micros;
  }
  return 0;
}

Result<std::vector<std::int64_t>> DeliveryStatistics::delivered(const TenantPlan& plan,
                                                                TimeUs now_us) {
  std::map<std::string, Needs> zones;
  for (const ServingBudget& budget : plan.budgets) {
    Needs& needs = zones[budget.timezone];
    needs.campaigns = needs.campaigns || budget.is_campaigns;
    needs.items = needs.items || !budget.is_campaigns;
    needs.lifetime = needs.lifetime || budget.period == GoalPeriod::lifetime;
  }
  std::map<std::string, Period> today;
  for (const auto& [zone, needs] : zones) {
    const LocalDay day = local_day(zone, now_us);
    // An hour more: where days do not begin with one, the last one is in it.
    auto period = read(plan.id, needs, day.begin_us, day.end_us + kHourUs);
    if (!period) return period.error();
    today[zone] = *std::move(period);
    Before& before = before_[{plan.id, zone}];
    const bool is_old = !needs.are_met_by(before.needs) || before.day_begin_us != day.begin_us ||
                        now_us - before.read_us > kBeforeAgeMaxUs || now_us < before.read_us;
    if (!needs.lifetime || !is_old) continue;
    auto earlier = read(plan.id, needs, kBeginUs, day.begin_us);
    if (!earlier) return earlier.error();
    before = {.needs = needs,
              .day_begin_us = day.begin_us,
              .read_us = now_us,
              .sums = *std::move(earlier)};
  }
  std::vector<std::int64_t> used_amounts;
  for (const ServingBudget& budget : plan.budgets) {
    std::int64_t amount = used(budget, today[budget.timezone], budget.currency);
    if (budget.period == GoalPeriod::lifetime) {
      const Period& earlier = before_[{plan.id, budget.timezone}].sums;
      amount = clamped_sum(amount, used(budget, earlier, budget.currency));
    }
    used_amounts.push_back(amount);
  }
  return used_amounts;
}

Result<RateTable> DeliveryStatistics::rates(const std::string& tenant, TimeUs now_us) {
  RollupQuery query = query_of(tenant, Cube::breakdown, now_us - kRatesSpanUs, now_us + kDayUs);
  query.dimensions = {SeriesDim::line_item, SeriesDim::creative};
  auto result = reader_.query(query);
  if (!result) return result.error();
  RateTable table;
  for (const auto& row : result->rows) {
    table.add(
        row.dims[0], row.dims[1],
        {.impressions = row.values[0], .clicks = row.values[1], .conversions = row.values[2]});
  }
  return table;
}

}  // namespace adbacus
