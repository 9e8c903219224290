#include "processor/attribution/attributor.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace adbacus {
namespace {

// In front of a kept conversion's text: its keys, so that a late touch that shares one of them
// finds all of its touches.
struct KeptKeys {
  UserKey user;
  UserKey link;
  std::uint8_t has_user = 0;
  std::uint8_t has_link = 0;
};

bool is_same(const Path& a, const Path& b) {
  return a.model == b.model &&
         std::equal(a.touches.begin(), a.touches.end(), b.touches.begin(), b.touches.end(),
                    [](const CreditedTouch& x, const CreditedTouch& y) {
                      return x.credit == y.credit && x.candidate.touch == y.candidate.touch;
                    });
}

}  // namespace

Attributor::Attributor(RuleOf rule_of, TimeUs longest_window_us)
    : rule_of_(std::move(rule_of)), longest_window_us_(longest_window_us) {}

void Attributor::prefetch(const AttributionEntry& entry) const {
  if (entry.user) table_.prefetch(*entry.user);
  if (entry.link) table_.prefetch(*entry.link);
}

void Attributor::keep(const AttributionEntry& entry) {
  Touch kept = entry.touch;
  std::string text;
  if (kept.kind == TouchKind::conversion) {
    KeptKeys keys;
    if (entry.user) keys.user = *entry.user;
    if (entry.link) keys.link = *entry.link;
    keys.has_user = entry.user.has_value();
    keys.has_link = entry.link.has_value();
    text.append(reinterpret_cast<const char*>(&keys), sizeof(keys));
    text.append(kept.text);
    kept.text = text;
  }
  if (entry.user) table_.add(*entry.user, kept);
  if (entry.link) table_.add(*entry.link, kept);
}

Path Attributor::path_now(const Touch& conversion, const Keys& keys) const {
  std::vector<Candidate> candidates;
  const auto collect = [&](const std::optional<UserKey>& key, bool is_link) {
    if (!key) return;
    std::vector<Touch> touches;
    table_.for_each(*key, [&](const Touch& touch) {
      if (touch.kind != TouchKind::conversion && touch.time_us <= conversion.time_us &&
          touch.time_us >= conversion.time_us - longest_window_us_ - kDayUs)
        touches.push_back(touch);
      return true;
    });
    keep_best_of_days(touches);
    for (const Touch& touch : touches) {
      // A click of the user that the conversion names too was found by its link already.
      const bool is_known = std::any_of(candidates.begin(), candidates.end(),
                                        [&](const Candidate& c) { return c.touch == touch; });
      if (!is_known) candidates.push_back({touch, &rule_of_(touch.series, conversion), is_link});
    }
  };
  collect(keys.link, true);
  collect(keys.user, false);
  return path_of(conversion.time_us, std::move(candidates));
}

std::vector<Attributor::Conversion> Attributor::conversions_near(
    const AttributionEntry& touch) const {
  std::vector<Conversion> result;
  const auto collect = [&](const std::optional<UserKey>& key) {
    if (!key) return;
    table_.for_each(*key, [&](const Touch& kept) {
      const TimeUs age_us = kept.time_us - touch.touch.time_us;
      // A touch before the window may still push another of its day out (keep_best_of_days).
      const bool is_near = age_us >= 0 && age_us <= longest_window_us_ + kDayUs;
      if (kept.kind != TouchKind::conversion || !is_near) return true;
      KeptKeys keys;
      std::memcpy(&keys, kept.text.data(), sizeof(keys));
      Conversion conversion{.touch = kept, .keys = {}};
      conversion.touch.text.remove_prefix(sizeof(keys));
      if (keys.has_user != 0) conversion.keys.user = keys.user;
      if (keys.has_link != 0) conversion.keys.link = keys.link;
      result.push_back(conversion);
      return true;
    });
  };
  collect(touch.user);
  collect(touch.link);
  std::sort(result.begin(), result.end(),
            [](const Conversion& a, const Conversion& b) { return a.touch.seq < b.touch.seq; });
  const auto same = std::unique(
      result.begin(), result.end(),
      [](const Conversion& a, const Conversion& b) { return a.touch.seq == b.touch.seq; });
  result.erase(same, result.end());
  return result;
}

void Attributor::take(const AttributionEntry& entry, const OnChange& on_change) {
  if (entry.touch.kind == TouchKind::conversion) {
    keep(entry);
    Path path = path_now(entry.touch, {entry.user, entry.link});
    return on_change(
        {.conversion = entry.touch, .version = 1, .before = {}, .after = std::move(path)});
  }
  std::vector<Conversion> conversions = conversions_near(entry);
  std::vector<Path> paths;
  for (Conversion& conversion : conversions) {
    paths.push_back(path_now(conversion.touch, conversion.keys));
    // Keeping the touch may move texts.
    for (CreditedTouch& touch : paths.back().touches) touch.candidate.touch.text = {};
  }
  keep(entry);
  if (!conversions.empty()) conversions = conversions_near(entry);
  for (std::size_t i = 0; i < conversions.size(); ++i) {
    const Conversion& conversion = conversions[i];
    Path after = path_now(conversion.touch, conversion.keys);
    if (is_same(paths[i], after)) continue;
    std::uint32_t& version = versions_.try_emplace(conversion.touch.seq, 1).first->second;
    on_change({.conversion = conversion.touch,
               .version = ++version,
               .before = std::move(paths[i]),
               .after = std::move(after)});
  }
}

void Attributor::forget_before(TimeUs horizon_us) {
  table_.forget_before(horizon_us);
}

}  // namespace adbacus
