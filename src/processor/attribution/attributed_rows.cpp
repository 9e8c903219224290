#include "processor/attribution/attributed_rows.hpp"

#include <algorithm>

#include "processor/attribution/attribution_input.hpp"
#include "processor/attribution/credits.hpp"

namespace adbacus {

void for_each_attributed(const AttributionChange& change,
                         const std::function<void(SeriesId, const Counters&)>& on) {
  const ConversionWorth worth = ConversionWorth::unpacked(change.conversion.text);
  const auto add = [&](const Path& path, std::int64_t sign) {
    std::vector<std::uint32_t> credits;
    for (const CreditedTouch& touch : path.touches) credits.push_back(touch.credit);
    const std::vector<std::int64_t> values = split_amount(worth.value_micros, credits);
    for (std::size_t i = 0; i < credits.size(); ++i) {
      if (credits[i] == 0) continue;
      Counters counters;
      if (worth.is_counted) counters[worth.counter] = sign * std::int64_t{credits[i]};
      // The least amount has no positive counterpart.
      counters[Counter64::value_micros] = sign * std::max(values[i], -kSumMax);
      on(path.touches[i].candidate.touch.series, counters);
    }
  };
  add(change.before, -1);
  add(change.after, 1);
}

}  // namespace adbacus
