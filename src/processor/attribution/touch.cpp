#include "processor/attribution/touch.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace adbacus {
namespace {

TimeUs day_of(const Touch& touch) {
  return floor_to(touch.time_us, kDayUs);
}

// Of equal groups at most kTouchesADay are kept.
auto group_of(const Touch& touch) {
  return std::tuple(day_of(touch), touch.kind == TouchKind::conversion);
}

bool is_better(const Touch& a, const Touch& b) {
  if (group_of(a) != group_of(b)) return group_of(a) < group_of(b);
  if (a.kind != b.kind) return a.kind > b.kind;
  return b < a;
}

}  // namespace

void keep_best_of_days(std::vector<Touch>& touches) {
  if (touches.size() <= kTouchesADay) return;
  std::sort(touches.begin(), touches.end(), is_better);
  std::vector<Touch> kept;
  for (std::size_t i = 0; i < touches.size();) {
    std::size_t end = i;
    while (end < touches.size() && group_of(touches[end]) == group_of(touches[i])) ++end;
    const std::size_t best = std::min(end, i + kTouchesADay);
    for (std::size_t k = i; k < best; ++k) {
      kept.push_back(touches[k]);
      if (best < end) kept.back().is_crowded = true;
    }
    i = end;
  }
  touches.swap(kept);
}

void keep_needed(std::vector<Touch>& touches) {
  std::vector<Touch> needed = touches;
  keep_best_of_days(needed);
  const std::vector<Touch> latest = needed;
  for (const Touch& conversion : latest) {
    if (conversion.kind != TouchKind::conversion) continue;
    std::vector<Touch> before;
    std::copy_if(touches.begin(), touches.end(), std::back_inserter(before), [&](const Touch& t) {
      return t.kind != TouchKind::conversion && t.time_us <= conversion.time_us;
    });
    keep_best_of_days(before);
    needed.insert(needed.end(), before.begin(), before.end());
  }
  // Of a touch that is there more often the marked one stays.
  std::sort(needed.begin(), needed.end(), [](const Touch& a, const Touch& b) {
    if (!(a == b)) return a < b;
    return a.is_crowded > b.is_crowded;
  });
  needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
  touches.swap(needed);
}

}  // namespace adbacus
