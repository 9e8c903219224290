#include "processor/attribution/attributor.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

#include "model/byte_fields.hpp"

namespace adbacus {
namespace {

using KeyMember = std::optional<UserKey> AttributionKeys::*;
// What names a touch comes before the user, so that it is known as named.
constexpr std::array<KeyMember, 3> kKeys{&AttributionKeys::click, &AttributionKeys::decision,
                                         &AttributionKeys::user};

constexpr std::size_t kNewestMax = std::size_t{1} << 20U;  // some 50 MB

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
  unsigned has = 0;
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    const auto& key = conversion.keys.*kKeys[i];
    if (!key) continue;
    has |= 1U << i;
    put_key(text, *key);
  }
  text[0] = static_cast<char>(has);
  return text.append(conversion.touch.text);
}

AttributionEntry conversion_of(const Touch& kept) {
  AttributionEntry conversion{.touch = kept, .keys = {}, .log_time_us = 0};
  std::string_view& text = conversion.touch.text;
  const auto has = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if ((has >> i & 1U) != 0) conversion.keys.*kKeys[i] = take_key(text);
  }
  return conversion;
}

std::vector<std::pair<Seq, std::uint32_t>> earned(const Path& path) {
  std::vector<std::pair<Seq, std::uint32_t>> result;
  for (const CreditedTouch& touch : path.touches) {
    if (touch.credit != 0) result.emplace_back(touch.candidate.touch.seq, touch.credit);
  }
  return result;
}

bool is_same(const Path& a, const Path& b) {
  return earned(a) == earned(b);
}

bool credits_the_last(AttributionModel model) {
  return model == AttributionModel::last_click || model == AttributionModel::last_touch;
}

TimeUs window_of(const AttributionRule& rule, TouchKind kind) {
  return (kind == TouchKind::click ? rule.click_window_hours : rule.view_window_hours) * kHourUs;
}

}  // namespace

Attributor::Attributor(RuleOf rule_of) : rule_of_(std::move(rule_of)) {}

void Attributor::set_bounds(TimeUs longest_window_us, bool has_last_touch) {
  longest_window_us_ = std::max(longest_window_us_, longest_window_us);
  has_last_touch_ = has_last_touch_ || has_last_touch;
}

void Attributor::prefetch(const AttributionKeys& keys) const {
  for (const KeyMember member : kKeys) {
    if (const auto& key = keys.*member) table_.prefetch(*key);
  }
}

void Attributor::prefetch_newest(const AttributionKeys& keys) const {
  for (const KeyMember member : kKeys) {
    if (const auto& key = keys.*member) table_.prefetch_newest(*key);
  }
}

void Attributor::restore(std::vector<std::shared_ptr<TouchSegment>> segments, Seq last) {
  table_.restore(std::move(segments), last);
}

// By the hour, so that what is known at a place of the log does not depend on where a restart was.
void Attributor::forget(TimeUs log_time_us) {
  table_.forget_before(floor_to(log_time_us, kHourUs) - kept_us(longest_window_us_));
}

void Attributor::keep(const AttributionEntry& entry) {
  Touch kept = entry.touch;
  std::string text;
  if (kept.kind == TouchKind::conversion) {
    text = with_keys(entry);
    kept.text = text;
  }
  for (const KeyMember member : kKeys) {
    const auto& key = entry.keys.*member;
    if (!key) continue;
    table_.add(*key, kept, entry.log_time_us);
    if (kept.kind != TouchKind::conversion) continue;
    const auto known = newest_conversions_.find(*key);
    if (known != newest_conversions_.end()) known->second = std::max(known->second, kept.time_us);
  }
}

const Attributor::Chain& Attributor::chain_of(const UserKey& key, Chains& chains) const {
  for (const Chain& chain : chains) {
    if (chain.key == key) return chain;
  }
  Chain& chain = chains.emplace_front(Chain{.key = key, .touches = {}, .conversions = {}});
  chain.is_whole = table_.for_each(key, [&](const Touch& kept) {
    (kept.kind == TouchKind::conversion ? chain.conversions : chain.touches).push_back(kept);
  });
  return chain;
}

bool Attributor::has_conversion_from(const UserKey& key, TimeUs time_us, Chains& chains) {
  if (!table_.has_conversion(key)) return false;
  auto known = newest_conversions_.find(key);
  if (known == newest_conversions_.end()) {
    if (newest_conversions_.size() >= kNewestMax) newest_conversions_.clear();
    TimeUs newest_us = std::numeric_limits<TimeUs>::min();
    for (const Touch& conversion : chain_of(key, chains).conversions)
      newest_us = std::max(newest_us, conversion.time_us);
    known = newest_conversions_.emplace(key, newest_us).first;
  }
  return known->second >= time_us;
}

Attributor::Judged Attributor::judge(const AttributionEntry& conversion,
                                     const AttributionEntry* late, Chains& chains) const {
  const Touch& of = conversion.touch;
  // A touch before the window may still push another of its day out (keep_best_of_days).
  const TimeUs oldest_us = of.time_us - longest_window_us_ - kDayUs;
  const auto is_near = [&](const Touch& touch) {
    return touch.time_us <= of.time_us && touch.time_us >= oldest_us;
  };
  std::vector<Candidate> candidates;
  bool is_whole = true;
  bool is_kept = true;  // under each of its keys: what came before it is known there or marked
  for (const KeyMember member : kKeys) {
    const auto& key = conversion.keys.*member;
    if (!key) continue;
    const Chain& chain = chain_of(*key, chains);
    is_whole = is_whole && chain.is_whole;
    is_kept = is_kept && std::ranges::any_of(chain.conversions,
                                             [&](const Touch& kept) { return kept.seq == of.seq; });
    std::vector<Touch> touches;
    std::ranges::copy_if(chain.touches, std::back_inserter(touches), is_near);
    if (late != nullptr && late->keys.*member == key && is_near(late->touch))
      touches.push_back(late->touch);
    keep_best_of_days(touches);
    const bool is_linked = member != &AttributionKeys::user;
    const std::size_t named = candidates.size();
    for (const Touch& touch : touches) {
      // A click of the user that the conversion names too was found by its id already.
      const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(named);
      const bool is_known = std::any_of(candidates.begin(), end,
                                        [&](const Candidate& c) { return c.touch == touch; });
      if (!is_known) candidates.push_back({touch, &rule_of_(touch.series, of), is_linked});
    }
  }
  return {.path = path_of(of.time_us, std::move(candidates)),
          .is_open = is_kept && (is_whole || oldest_us > table_.forgotten_newest_us())};
}

bool Attributor::is_newest(const Touch& newest, const AttributionEntry& conversion,
                           Chains& chains) const {
  return std::ranges::all_of(kKeys, [&](KeyMember member) {
    const auto& key = conversion.keys.*member;
    if (!key || member == &AttributionKeys::user) return true;
    return std::ranges::none_of(chain_of(*key, chains).touches, [&](const Touch& other) {
      return newest < other && other.time_us <= conversion.touch.time_us;
    });
  });
}

// A touch earns nothing where a newer one of its kind or a better one is eligible and its rule
// credits the last. On days of many touches it may push out views, which decide something if they
// earn nothing themselves only by last_touch.
void Attributor::add_changeable(const AttributionEntry& touch, const Chain& chain, Chains& chains,
                                std::vector<AttributionEntry>& result) const {
  const TimeUs from_us = touch.touch.time_us;
  std::vector<Touch> near;
  std::ranges::copy_if(chain.conversions, std::back_inserter(near), [&](const Touch& conversion) {
    const TimeUs age_us = conversion.time_us - from_us;
    return age_us >= 0 && age_us <= longest_window_us_ + kDayUs;
  });
  std::ranges::sort(near, {}, &Touch::time_us);
  // Of each kind the newest touch in front of the n-th conversion and behind the one before it.
  constexpr std::size_t kKinds = 3;
  std::vector<std::array<const Touch*, kKinds>> newest(near.size());
  const bool is_crowded = chain.touches.size() >= kTouchesADay;
  for (const Touch& other : chain.touches) {
    if (other.kind < touch.touch.kind || other < touch.touch) continue;
    if (is_crowded && other.kind != TouchKind::click) continue;
    const auto at = std::ranges::lower_bound(near, other.time_us, {}, &Touch::time_us);
    if (at == near.end()) continue;
    const Touch*& known =
        newest[static_cast<std::size_t>(at - near.begin())][static_cast<std::size_t>(other.kind)];
    if (known == nullptr || *known < other) known = &other;
  }
  std::array<const Touch*, kKinds> so_far{};
  for (std::size_t i = 0; i < near.size(); ++i) {
    AttributionEntry conversion = conversion_of(near[i]);
    const auto shares = [&](KeyMember member) {
      return touch.keys.*member && touch.keys.*member == conversion.keys.*member;
    };
    bool is_sure = !shares(&AttributionKeys::click) && !shares(&AttributionKeys::decision) &&
                   !(is_crowded && has_last_touch_);
    bool is_behind = false;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      if (newest[i][kind] != nullptr) so_far[kind] = newest[i][kind];
      if (so_far[kind] == nullptr || !is_sure || is_behind) continue;
      const AttributionRule& rule = rule_of_(so_far[kind]->series, near[i]);
      is_behind = credits_the_last(rule.model) &&
                  near[i].time_us - so_far[kind]->time_us <= window_of(rule, so_far[kind]->kind) &&
                  is_newest(*so_far[kind], conversion, chains);
    }
    is_sure = is_sure && is_behind;
    if (!is_sure) result.push_back(std::move(conversion));
  }
}

std::vector<AttributionEntry> Attributor::conversions_near(const AttributionEntry& touch,
                                                           Chains& chains) {
  std::vector<AttributionEntry> result;
  const TimeUs from_us = touch.touch.time_us;
  for (const KeyMember member : kKeys) {
    const auto& key = touch.keys.*member;
    if (!key || !has_conversion_from(*key, from_us, chains)) continue;
    add_changeable(touch, chain_of(*key, chains), chains, result);
  }
  const auto seq = [](const AttributionEntry& entry) { return entry.touch.seq; };
  std::ranges::sort(result, {}, seq);
  const auto same = std::unique(result.begin(), result.end(),
                                [&](const auto& a, const auto& b) { return seq(a) == seq(b); });
  result.erase(same, result.end());
  return result;
}

void Attributor::take(const AttributionEntry& entry, const OnChange& on_change) {
  forget(entry.log_time_us);
  Chains chains;
  if (entry.touch.kind == TouchKind::conversion) {
    on_change({.conversion = entry.touch,
               .version = entry.touch.seq,
               .before = {},
               .after = judge(entry, nullptr, chains).path});
    return keep(entry);
  }
  for (const AttributionEntry& conversion : conversions_near(entry, chains)) {
    Judged before = judge(conversion, nullptr, chains);
    if (!before.is_open) continue;
    Path after = judge(conversion, &entry, chains).path;
    if (is_same(before.path, after)) continue;
    on_change({.conversion = conversion.touch,
               .version = entry.touch.seq,
               .before = std::move(before.path),
               .after = std::move(after)});
  }
  keep(entry);
}

}  // namespace adbacus
