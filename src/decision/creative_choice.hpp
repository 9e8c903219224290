// In which order the creatives of a chosen line item are tried: by chance in proportion to their
// weights, all alike, or by what is known of their clicks. Pure but for the generator.
#pragma once

#include <span>
#include <vector>

#include "base/rng.hpp"
#include "decision/delivery_rates.hpp"
#include "decision/serving_plan.hpp"

namespace adbacus {

// `order` holds the places of those that may be shown; they are put into order. `counts` has an
// entry for every creative of the item if there are several. `rotation` need not be the item's own.
void order_creatives(const ServingItem& item, Rotation rotation,
                     std::span<const DeliveryCounts> counts, Rng& rng,
                     std::vector<std::size_t>& order);

// A draw from the beta distribution with both parameters at least 1, as a ratio of gamma draws
// (Marsaglia and Tsang 2000). For Thompson sampling: clicks + 1, other impressions + 1.
double draw_beta(Rng& rng, double a, double b);

}  // namespace adbacus
