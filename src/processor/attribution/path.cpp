#include "processor/attribution/path.hpp"

#include <algorithm>
#include <iterator>

#include "processor/attribution/credits.hpp"

namespace adbacus {
namespace {

bool is_eligible(const Candidate& candidate, TimeUs conversion_us) {
  const AttributionRule& rule = *candidate.rule;
  const bool is_click = candidate.touch.kind == TouchKind::click;
  const TimeUs window_us = (is_click ? rule.click_window_hours : rule.view_window_hours) * kHourUs;
  const TimeUs age_us = conversion_us - candidate.touch.time_us;
  return age_us >= 0 && age_us <= window_us;
}

// Clicks before viewable impressions before others.
int level_of(const Touch& touch) {
  switch (touch.kind) {
    case TouchKind::click:
      return 2;
    case TouchKind::viewable:
      return 1;
    case TouchKind::impression:
    case TouchKind::conversion:
      return 0;
  }
  return 0;
}

bool takes_last(AttributionModel model) {
  return model == AttributionModel::last_click || model == AttributionModel::last_touch;
}

// The linked one of the greatest level, the newest of several.
const Candidate* linked_of(const std::vector<Candidate>& sorted) {
  const Candidate* best = nullptr;
  for (const Candidate& c : sorted) {
    if (!c.is_linked) continue;
    if (best == nullptr || level_of(c.touch) >= level_of(best->touch)) best = &c;
  }
  return best;
}

// The candidates that make the path of any model but last_touch: those of the greatest level.
std::vector<Candidate> greatest_level(const std::vector<Candidate>& sorted) {
  int level = 0;
  for (const Candidate& c : sorted) level = std::max(level, level_of(c.touch));
  std::vector<Candidate> result;
  std::copy_if(sorted.begin(), sorted.end(), std::back_inserter(result),
               [&](const Candidate& c) { return level_of(c.touch) == level; });
  return result;
}

bool comes_before(const Candidate& a, const Candidate& b) {
  return a.touch < b.touch;
}

}  // namespace

const CreditedTouch* Path::greatest() const {
  const CreditedTouch* result = nullptr;
  for (const CreditedTouch& touch : touches) {
    if (result == nullptr || touch.credit >= result->credit) result = &touch;
  }
  return result;
}

Path path_of(TimeUs conversion_us, std::vector<Candidate> candidates) {
  std::erase_if(candidates, [&](const Candidate& c) { return !is_eligible(c, conversion_us); });
  if (candidates.empty()) return {};
  std::sort(candidates.begin(), candidates.end(), comes_before);
  const bool takes_any = candidates.back().rule->model == AttributionModel::last_touch;
  std::vector<Candidate> members = takes_any ? candidates : greatest_level(candidates);
  const AttributionRule& rule = *members.back().rule;
  Path path{.model = rule.model, .touches = {}};
  if (takes_last(rule.model)) {
    const Candidate* const linked = linked_of(candidates);
    const Touch winner = linked != nullptr ? linked->touch : members.back().touch;
    const auto at =
        std::lower_bound(members.begin(), members.end(), winner,
                         [](const Candidate& a, const Touch& b) { return a.touch < b; });
    if (linked != nullptr && (at == members.end() || !(at->touch == winner)))
      members.insert(at, *linked);
    for (const Candidate& c : members)
      path.touches.push_back({c, c.touch == winner ? kCreditParts : 0});
    return path;
  }
  std::vector<TimeUs> ages_us;
  for (const Candidate& c : members) ages_us.push_back(conversion_us - c.touch.time_us);
  const std::vector<std::uint32_t> credits =
      credits_of(rule.model, ages_us, rule.half_life_hours * kHourUs);
  for (std::size_t i = 0; i < members.size(); ++i) path.touches.push_back({members[i], credits[i]});
  return path;
}

}  // namespace adbacus
