#include "processor/attribution/credits.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>

namespace adbacus {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr unsigned kFraction = 32;           // bits of an age in half-lives behind the point
constexpr std::uint64_t kOne = 1ULL << 62U;  // a weight of 1
constexpr std::uint32_t kEnds = 400'000;     // position_based: first and last touch
constexpr std::uint32_t kMiddle = 200'000;   // and all between them

// 2^(-2^-k) in units of kOne for k = 1 to 32, each the square root of the one before.
constexpr std::array<std::uint64_t, kFraction> halvings() {
  std::array<std::uint64_t, kFraction> table{};
  Wide value = kOne / 2;
  for (std::uint64_t& entry : table) {
    const Wide square = value * kOne;  // below 2^124
    Wide root = 0;
    for (int bit = 62; bit >= 0; --bit) {
      const Wide tried = root | Wide{1} << bit;
      if (tried * tried <= square) root = tried;
    }
    value = root;
    entry = static_cast<std::uint64_t>(root);
  }
  return table;
}
constexpr auto kHalvings = halvings();

// 2^(-age / half_life) in units of kOne.
std::uint64_t weight_of(TimeUs age_us, TimeUs half_life_us) {
  const Wide halves = (static_cast<Wide>(age_us) << kFraction) / static_cast<Wide>(half_life_us);
  const Wide whole = halves >> kFraction;
  if (whole >= 62) return 0;
  Wide weight = kOne;
  for (unsigned k = 0; k < kFraction; ++k) {
    if ((halves >> (kFraction - 1 - k) & 1U) != 0) weight = weight * kHalvings[k] / kOne;
  }
  return static_cast<std::uint64_t>(weight >> static_cast<unsigned>(whole));
}

// `total` in the shares of `weights`, whose sum is above 0.
template <class Part, class Weight>
std::vector<Part> by_largest_remainder(std::uint64_t total, std::span<const Weight> weights) {
  Wide sum = 0;
  for (const Weight weight : weights) sum += weight;
  std::vector<Part> parts;
  std::vector<Wide> remainders;
  std::uint64_t given = 0;
  for (const Weight weight : weights) {
    // A weight has at most 62 bits and an amount 63, so nothing overflows.
    const Wide share = static_cast<Wide>(total) * weight;
    parts.push_back(static_cast<Part>(share / sum));
    remainders.push_back(share % sum);
    given += static_cast<std::uint64_t>(share / sum);
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return remainders[a] != remainders[b] ? remainders[a] > remainders[b] : a > b;
  });
  assert(total - given < order.size() || total == given);
  for (std::size_t i = 0; i < total - given; ++i) ++parts[order[i]];
  return parts;
}

std::vector<std::uint64_t> decayed(std::span<const TimeUs> ages_us, TimeUs half_life_us) {
  // Only the distances matter; from the newest touch on, one weight at least is not 0.
  const TimeUs newest_us = ages_us.back();
  std::vector<std::uint64_t> weights;
  for (const TimeUs age_us : ages_us)
    weights.push_back(weight_of(age_us - newest_us, half_life_us));
  return weights;
}

std::vector<std::uint64_t> by_position(std::size_t count) {
  if (count <= 2) return std::vector<std::uint64_t>(count, 1);
  // In units that divide evenly: each of the middle ones gets kMiddle / (count - 2).
  const std::size_t between = count - 2;
  std::vector<std::uint64_t> weights(count, kMiddle);
  weights.front() = weights.back() = kEnds * std::uint64_t{between};
  return weights;
}

}  // namespace

std::vector<std::uint32_t> credits_of(AttributionModel model, std::span<const TimeUs> ages_us,
                                      TimeUs half_life_us) {
  if (ages_us.empty()) return {};
  assert(std::is_sorted(ages_us.rbegin(), ages_us.rend()) && ages_us.back() >= 0);
  std::vector<std::uint64_t> weights(ages_us.size(), 0);
  switch (model) {
    case AttributionModel::last_click:
    case AttributionModel::last_touch:
      weights.back() = 1;
      break;
    case AttributionModel::first_click:
      weights.front() = 1;
      break;
    case AttributionModel::linear:
      weights.assign(ages_us.size(), 1);
      break;
    case AttributionModel::time_decay:
      weights = decayed(ages_us, std::max<TimeUs>(half_life_us, 1));
      break;
    case AttributionModel::position_based:
      weights = by_position(ages_us.size());
      break;
  }
  return by_largest_remainder<std::uint32_t>(kCreditParts, std::span<const std::uint64_t>(weights));
}

std::vector<std::int64_t> split_amount(std::int64_t amount,
                                       std::span<const std::uint32_t> credits) {
  if (credits.empty()) return {};
  // The magnitude of the smallest number has no positive counterpart of its own type.
  const std::uint64_t size =
      amount < 0 ? 0 - static_cast<std::uint64_t>(amount) : static_cast<std::uint64_t>(amount);
  std::vector<std::uint64_t> parts = by_largest_remainder<std::uint64_t>(size, credits);
  std::vector<std::int64_t> result;
  for (const std::uint64_t part : parts)
    result.push_back(static_cast<std::int64_t>(amount < 0 ? 0 - part : part));
  return result;
}

}  // namespace adbacus
