#include "decision/creative_choice.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace adbacus {
namespace {

double draw_normal(Rng& rng) {  // Box and Muller 1958
  const double u = 1.0 - rng.unit();
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * rng.unit());
}

double draw_gamma(Rng& rng, double shape) {
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = draw_normal(rng);
    const double v = std::pow(1 + c * x, 3);
    if (v <= 0) continue;
    const double u = 1.0 - rng.unit();
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

// The key by which creatives are sorted, the highest first. With exponential keys the order is that
// of draws without putting back (Efraimidis and Spirakis 2006).
double key_of(const ServingItem& item, Rotation rotation, std::span<const DeliveryCounts> counts,
              std::size_t at, Rng& rng) {
  switch (rotation) {
    case Rotation::weighted: {
      const auto weight = static_cast<double>(item.creatives[at].facts->weight);
      return std::log(1.0 - rng.unit()) / weight;
    }
    case Rotation::even:
      return rng.unit();
    case Rotation::optimised: {
      const DeliveryCounts& seen = counts[at];
      const auto clicks = static_cast<double>(std::max<std::int64_t>(seen.clicks, 0));
      const auto rest = static_cast<double>(
          std::max<std::int64_t>(seen.impressions - std::max<std::int64_t>(seen.clicks, 0), 0));
      return draw_beta(rng, clicks + 1, rest + 1);
    }
  }
  return 0;
}

}  // namespace

double draw_beta(Rng& rng, double a, double b) {
  const double x = draw_gamma(rng, a);
  return x / (x + draw_gamma(rng, b));
}

void order_creatives(const ServingItem& item, Rotation rotation,
                     std::span<const DeliveryCounts> counts, Rng& rng,
                     std::vector<std::size_t>& order) {
  if (order.size() < 2) return;
  thread_local std::vector<std::pair<double, std::size_t>> keyed;
  keyed.clear();
  for (const std::size_t at : order)
    keyed.emplace_back(key_of(item, rotation, counts, at, rng), at);
  std::sort(keyed.begin(), keyed.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = keyed[i].second;
}

}  // namespace adbacus
