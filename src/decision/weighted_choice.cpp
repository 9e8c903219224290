#include "decision/weighted_choice.hpp"

#include <cassert>
#include <numeric>

namespace adbacus {
namespace {

// With one item in sixteen allowed, two of three draws end within so many; then a scan is cheaper.
constexpr int kTriesMax = 16;

}  // namespace

WeightedChoice::WeightedChoice(std::span<const std::uint64_t> weights)
    : weights_(weights.begin(), weights.end()),
      total_(std::accumulate(weights.begin(), weights.end(), std::uint64_t{0})),
      columns_(weights.size()) {
  const auto count = static_cast<std::uint64_t>(weights.size());
  assert(count == 0 || total_ <= ~std::uint64_t{0} / count);
  // Each column holds total_; an item's share of all columns is its weight times their number.
  std::vector<std::uint64_t> left(weights.size());
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < weights.size(); ++i) {
    left[i] = weights[i] * count;
    (left[i] < total_ ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const std::uint32_t low = small.back();
    const std::uint32_t high = large.back();
    small.pop_back();
    columns_[low] = {left[low], high};
    left[high] -= total_ - left[low];
    if (left[high] >= total_) continue;
    large.pop_back();
    small.push_back(high);
  }
  for (const std::uint32_t full : large) columns_[full] = {total_, full};
  for (const std::uint32_t full : small) columns_[full] = {total_, full};
}

std::size_t WeightedChoice::draw_any(Rng& rng) const {
  const auto at = static_cast<std::size_t>(rng.below(columns_.size()));
  const Column& column = columns_[at];
  return rng.below(total_) < column.own ? at : column.other;
}

std::optional<std::size_t> WeightedChoice::draw_by_scan(Rng& rng, const ItemBits& allowed) const {
  std::uint64_t sum = 0;
  allowed.for_each([&](std::size_t item) { sum += weights_[item]; });
  if (sum == 0) return std::nullopt;
  std::uint64_t at = rng.below(sum);
  std::optional<std::size_t> chosen;
  allowed.for_each([&](std::size_t item) {
    if (chosen) return;
    if (at < weights_[item]) chosen = item;
    at -= weights_[item];
  });
  return chosen;
}

std::optional<std::size_t> WeightedChoice::draw(Rng& rng, const ItemBits& allowed) const {
  if (total_ == 0) return std::nullopt;
  for (int i = 0; i < kTriesMax; ++i) {
    const std::size_t item = draw_any(rng);
    if (allowed.test(item)) return item;
  }
  return draw_by_scan(rng, allowed);
}

}  // namespace adbacus
