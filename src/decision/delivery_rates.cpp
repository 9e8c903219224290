#include "decision/delivery_rates.hpp"

#include <algorithm>

namespace adbacus {
namespace {

constexpr double kPriorImpressions = 1'000;
constexpr double kPriorClicks = 100;
constexpr double kFirstCtr = 0.01;
constexpr double kFirstCvr = 0.02;

// Of `hits` in `tries`, pulled towards `prior` as if it had been seen `weight` times.
double rate(std::int64_t hits, std::int64_t tries, double prior, double weight) {
  // Clicks without impressions happen: other systems count those.
  const double all = static_cast<double>(std::max({tries, hits, std::int64_t{0}}));
  return (static_cast<double>(std::max(hits, std::int64_t{0})) + prior * weight) / (all + weight);
}

ItemRates rates_of(const DeliveryCounts& counts, const ItemRates& prior) {
  return {.ctr = rate(counts.clicks, counts.impressions, prior.ctr, kPriorImpressions),
          .cvr = rate(counts.conversions, counts.clicks, prior.cvr, kPriorClicks)};
}

}  // namespace

void RateTable::add(const std::string& line_item_id, const std::string& creative_id,
                    const DeliveryCounts& counts) {
  items_[line_item_id].add(counts);
  creatives_[creative_id].add(counts);
  all_.add(counts);
}

ItemRates RateTable::mean() const {
  return rates_of(all_, {.ctr = kFirstCtr, .cvr = kFirstCvr});
}

ItemRates RateTable::of_item(std::string_view line_item_id) const {
  return rates_of(find(items_, line_item_id), mean());
}

DeliveryCounts RateTable::of_creative(std::string_view creative_id) const {
  return find(creatives_, creative_id);
}

const DeliveryCounts& RateTable::find(const Counts& counts, std::string_view id) {
  static const DeliveryCounts kNone;
  const auto found = counts.find(id);
  return found == counts.end() ? kNone : found->second;
}

}  // namespace adbacus
