#include "processor/attribution/attributor.hpp"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "model/byte_fields.hpp"

namespace adbacus {
namespace {

constexpr char kHasUser = 1;
constexpr char kHasLink = 2;

void put_key(std::string& out, const UserKey& key) {
  put_u64(out, key.low);
  put_u64(out, key.high);
}

UserKey take_key(std::string_view& in) {
  UserKey key;
  std::uint64_t high = 0;
  [[maybe_unused]] const bool is_whole = take_u64(in, key.low) && take_u64(in, high);
  assert(is_whole);
  key.high = static_cast<std::uint32_t>(high);
  return key;
}

// A kept conversion's text begins with its keys, so that a late touch that shares one of them finds
// all of its touches.
std::string with_keys(const AttributionEntry& conversion) {
  std::string text(1, '\0');
  if (conversion.user) {
    text[0] = static_cast<char>(text[0] | kHasUser);
    put_key(text, *conversion.user);
  }
  if (conversion.link) {
    text[0] = static_cast<char>(text[0] | kHasLink);
    put_key(text, *conversion.link);
  }
  return text.append(conversion.touch.text);
}

AttributionEntry conversion_of(const Touch& kept) {
  AttributionEntry conversion{.touch = kept, .user = {}, .link = {}};
  std::string_view& text = conversion.touch.text;
  const char has = text.front();
  text.remove_prefix(1);
  if ((has & kHasUser) != 0) conversion.user = take_key(text);
  if ((has & kHasLink) != 0) conversion.link = take_key(text);
  return conversion;
}

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
    text = with_keys(entry);
    kept.text = text;
  }
  if (entry.user) table_.add(*entry.user, kept);
  if (entry.link) table_.add(*entry.link, kept);
}

Path Attributor::path_now(const AttributionEntry& conversion) const {
  const Touch& of = conversion.touch;
  std::vector<Candidate> candidates;
  const auto collect = [&](const std::optional<UserKey>& key, bool is_link) {
    if (!key) return;
    std::vector<Touch> touches;
    table_.for_each(*key, [&](const Touch& touch) {
      if (touch.kind != TouchKind::conversion && touch.time_us <= of.time_us &&
          touch.time_us >= of.time_us - longest_window_us_ - kDayUs)
        touches.push_back(touch);
      return true;
    });
    keep_best_of_days(touches);
    for (const Touch& touch : touches) {
      // A click of the user that the conversion names too was found by its link already.
      const bool is_known = std::any_of(candidates.begin(), candidates.end(),
                                        [&](const Candidate& c) { return c.touch == touch; });
      if (!is_known) candidates.push_back({touch, &rule_of_(touch.series, of), is_link});
    }
  };
  collect(conversion.link, true);
  collect(conversion.user, false);
  return path_of(of.time_us, std::move(candidates));
}

std::vector<AttributionEntry> Attributor::conversions_near(const AttributionEntry& touch) const {
  std::vector<AttributionEntry> result;
  const auto collect = [&](const std::optional<UserKey>& key) {
    if (!key) return;
    table_.for_each(*key, [&](const Touch& kept) {
      const TimeUs age_us = kept.time_us - touch.touch.time_us;
      // A touch before the window may still push another of its day out (keep_best_of_days).
      const bool is_near = age_us >= 0 && age_us <= longest_window_us_ + kDayUs;
      if (kept.kind == TouchKind::conversion && is_near) result.push_back(conversion_of(kept));
      return true;
    });
  };
  collect(touch.user);
  collect(touch.link);
  const auto seq = [](const AttributionEntry& entry) { return entry.touch.seq; };
  std::ranges::sort(result, {}, seq);
  const auto same = std::unique(result.begin(), result.end(),
                                [&](const auto& a, const auto& b) { return seq(a) == seq(b); });
  result.erase(same, result.end());
  return result;
}

void Attributor::take(const AttributionEntry& entry, const OnChange& on_change) {
  if (entry.touch.kind == TouchKind::conversion) {
    keep(entry);
    return on_change(
        {.conversion = entry.touch, .version = 1, .before = {}, .after = path_now(entry)});
  }
  std::vector<Path> paths;
  for (const AttributionEntry& conversion : conversions_near(entry)) {
    paths.push_back(path_now(conversion));
    // Keeping the touch may move texts.
    for (CreditedTouch& touch : paths.back().touches) touch.candidate.touch.text = {};
  }
  keep(entry);
  if (paths.empty()) return;
  const std::vector<AttributionEntry> conversions = conversions_near(entry);
  for (std::size_t i = 0; i < conversions.size(); ++i) {
    const Touch& conversion = conversions[i].touch;
    Path after = path_now(conversions[i]);
    if (is_same(paths[i], after)) continue;
    Version& version =
        versions_.try_emplace(conversion.seq, Version{1, conversion.time_us}).first->second;
    on_change({.conversion = conversion,
               .version = ++version.number,
               .before = std::move(paths[i]),
               .after = std::move(after)});
  }
}

void Attributor::forget_before(TimeUs horizon_us) {
  table_.forget_before(horizon_us);
  std::erase_if(versions_, [&](const auto& one) { return one.second.time_us < horizon_us; });
}

}  // namespace adbacus
