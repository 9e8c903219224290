#include "processor/fraud/fraud_history.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "processor/fraud/fraud_keys.hpp"

namespace adbacus {
namespace {

using Id = FraudRuleId;
using fraud_keys::is_of_decision;
using fraud_keys::joined;
using fraud_keys::key_of;
using fraud_keys::number_of;
using fraud_keys::Subject;
using fraud_keys::use_key;

bool is_impression(EventType type) {
  return type == EventType::impression || type == EventType::viewable_impression;
}

// The number of an impression: its time, and of a decision's in the last bits where it was seen
// from; numbers of later times are greater. Times behind the year 2112 count as then.
constexpr unsigned kPlaceBits = 12;
constexpr std::uint64_t kPlaceMask = (1U << kPlaceBits) - 1;
std::uint64_t impression_number(std::uint64_t time_us) {
  return std::min(time_us, ~std::uint64_t{0} >> kPlaceBits) << kPlaceBits;
}
std::uint64_t place_of(TrafficKey network) {
  return std::max<std::uint64_t>(network >> (64U - kPlaceBits), 1);
}

constexpr std::array kWindowRules{Id::user_velocity, Id::network_velocity, Id::network_hourly,
                                  Id::click_cap,     Id::flooding,         Id::low_conversion,
                                  Id::install_farm,  Id::many_addresses};
constexpr std::array kHoneypotRules{Id::honeypot_device, Id::honeypot_address};
constexpr std::array kClickRules{Id::double_click,       Id::instant_install, Id::hasty_install,
                                 Id::instant_conversion, Id::injection,       Id::flooding};
constexpr std::array kImpressionRules{Id::no_impression, Id::early_click, Id::unseen_click,
                                      Id::replayed_token};

}  // namespace

FraudHistory::FraudHistory(const FraudRuleSet& rules, TimeUs known_from_us)
    : rules_(rules), known_from_us_(number_of(known_from_us)) {
  const auto has_any = [&](const auto& ids) {
    return std::any_of(ids.begin(), ids.end(), [&](Id id) { return has(id); });
  };
  for (const Id id : kWindowRules) {
    if (has(id)) windows(id) = KeyTable(rules.sizes.window_keys);
  }
  if (has_any(kClickRules)) clicks_ = KeyTable(rules.sizes.click_keys);
  if (has_any(kImpressionRules)) impressions_ = KeyTable(rules.sizes.impression_keys);
  if (has(Id::replayed_token)) uses_ = KeyTable(rules.sizes.click_keys);
  if (has_any(kHoneypotRules)) honeypots_ = KeyTable(rules.sizes.window_keys);
}

// A window of another length, or one that counts something else, is another window.
bool FraudHistory::counts_as(const FraudHistory& other, Id id) const {
  const auto& a = rules_[id].values;
  const auto& b = other.rules_[id].values;
  return std::equal(a.begin() + 1, a.end(), b.begin() + 1);
}

FraudHistory::FraudHistory(const FraudRuleSet& rules, FraudHistory&& before)
    : FraudHistory(rules, static_cast<TimeUs>(before.newest_us_) + 1) {
  const auto take = [](KeyTable& to, KeyTable& from) {
    const bool is_same = to.is_there() && from.is_there() && to.keys_max() == from.keys_max();
    if (is_same) to = std::move(from);
    return is_same;
  };
  for (const Id id : kWindowRules) {
    if (counts_as(before, id)) take(windows(id), before.windows(id));
  }
  take(clicks_, before.clicks_);
  take(uses_, before.uses_);
  if (take(honeypots_, before.honeypots_)) newest_catch_us_ = before.newest_catch_us_;
  // What a rule that was off would have noted is not known.
  const bool is_known = std::all_of(kImpressionRules.begin(), kImpressionRules.end(),
                                    [&](Id id) { return !has(id) || before.has(id); });
  if (take(impressions_, before.impressions_) && is_known) known_from_us_ = before.known_from_us_;
  newest_us_ = before.newest_us_;
}

void FraudHistory::prefetch(const TrafficFacts& facts) const {
  const bool is_click = facts.type == EventType::click;
  if (is_of_decision(facts) && (is_click || is_impression(facts.type)))
    impressions_.prefetch(key_of(Subject::decision_impression, facts.decision));
  if (facts.user == 0) return;
  if (facts.ad != 0 && (is_click || is_impression(facts.type)))
    impressions_.prefetch(key_of(Subject::user_ad_impression, facts.user, facts.ad));
  if (is_click || facts.type == EventType::conversion)
    clicks_.prefetch(key_of(Subject::user_click, facts.user));
}

void FraudHistory::judge(const TrafficFacts& facts, FraudHits& hits) {
  newest_us_ = std::max(newest_us_, number_of(facts.time_us));
  if (facts.is_honeypot || newest_catch_us_ != 0) judge_honeypots(facts, hits);
  if (is_impression(facts.type)) note_impression(facts, hits);
  if (facts.type == EventType::click) judge_click(facts, hits);
  if (facts.type == EventType::conversion) judge_conversion(facts, hits);
}

std::uint64_t FraudHistory::window_key(Id id, TrafficKey subject, TimeUs time_us,
                                       std::size_t window_index) const {
  const TimeUs length_us = value(id, window_index) * kSecondUs;
  const auto number = static_cast<std::uint64_t>(floor_to(time_us, length_us) / length_us);
  const std::uint64_t key = joined(joined(subject, number), static_cast<std::uint64_t>(id));
  return std::max<std::uint64_t>(key, 1);
}

std::uint64_t& FraudHistory::window(Id id, TrafficKey subject, TimeUs time_us,
                                    std::size_t window_index) {
  return windows(id).write(window_key(id, subject, time_us, window_index));
}

// The memory is of what was caught before: the catch itself has a rule of its own.
void FraudHistory::judge_honeypots(const TrafficFacts& facts, FraudHits& hits) {
  const auto look = [&](Id id, Subject subject, TrafficKey who) {
    if (!has(id) || who == 0) return;
    const std::uint64_t key = key_of(subject, who);
    const std::uint64_t now = number_of(facts.time_us);
    if (const std::uint64_t* caught = honeypots_.find(key);
        caught != nullptr && *caught <= now && now - *caught < number_of(value(id, 0) * kSecondUs))
      hits.add(id, (now - *caught) / kMillisecondUs);
    if (!facts.is_honeypot) return;
    std::uint64_t& caught = honeypots_.write(key);
    caught = std::max(caught, now);
    newest_catch_us_ = std::max(newest_catch_us_, now);
  };
  look(Id::honeypot_device, Subject::honeypot_user, facts.user);
  look(Id::honeypot_address, Subject::honeypot_address, facts.address);
}

// Of a decision the first impression is kept, of a user and an ad the last one.
void FraudHistory::note_impression(const TrafficFacts& facts, FraudHits& hits) {
  const std::uint64_t number = impression_number(number_of(facts.time_us));
  const bool is_asked = has(Id::no_impression) || has(Id::early_click) || has(Id::replayed_token);
  if (is_asked && is_of_decision(facts)) {
    std::uint64_t& first = impressions_.write(key_of(Subject::decision_impression, facts.decision));
    const std::uint64_t place = judge_replay(facts, first & kPlaceMask, hits);
    const std::uint64_t time = first & ~kPlaceMask;
    first = (time == 0 ? number : std::min(time, number)) | place;
  }
  if (facts.user != 0 && facts.ad != 0 && has(Id::unseen_click)) {
    std::uint64_t& last =
        impressions_.write(key_of(Subject::user_ad_impression, facts.user, facts.ad));
    last = std::max(last, number);
  }
}

// `place`: where the decision was used for such an event, 0 if that is not known; answers what is
// known from now on. Only the use that counted is remembered: were it forgotten, no later one could
// stand for it.
std::uint64_t FraudHistory::judge_replay(const TrafficFacts& facts, std::uint64_t place,
                                         FraudHits& hits) {
  const bool is_asked = facts.type != EventType::viewable_impression && has(Id::replayed_token);
  if (!is_asked || facts.network == 0) return place;
  const std::uint64_t here = place_of(facts.network);
  if (facts.disposition != Disposition::repeat) return here;
  if (place != 0 && place != here) hits.add(Id::replayed_token);
  return place;
}

void FraudHistory::judge_use(const TrafficFacts& facts, FraudHits& hits) {
  if (!has(Id::replayed_token) || facts.network == 0) return;
  const std::uint64_t key = use_key(facts);
  const std::uint64_t* const known = uses_.find(key);
  const std::uint64_t place = known == nullptr ? 0 : *known;
  if (const std::uint64_t now = judge_replay(facts, place, hits); now != place)
    uses_.write(key) = now;
}

// 64 bits for addresses: two that share one count as one.
void FraudHistory::judge_addresses(const TrafficFacts& facts, FraudHits& hits) {
  if (!has(Id::many_addresses) || facts.user == 0 || facts.address == 0) return;
  std::uint64_t& seen = window(Id::many_addresses, facts.user, facts.time_us);
  seen |= std::uint64_t{1} << (facts.address >> 58U);
  const int count = std::popcount(seen);
  if (count > value(Id::many_addresses, 0))
    hits.add(Id::many_addresses, static_cast<std::uint64_t>(count));
}

void FraudHistory::judge_click(const TrafficFacts& facts, FraudHits& hits) {
  judge_addresses(facts, hits);
  judge_velocity(facts, hits);
  judge_doubles(facts, hits);
  if (is_of_decision(facts)) {
    judge_use(facts, hits);
    judge_decision_click(facts, hits);
  } else {
    judge_other_click(facts, hits);
  }
  judge_source(facts, hits);
  note_click(facts);
}

void FraudHistory::judge_velocity(const TrafficFacts& facts, FraudHits& hits) {
  if (has(Id::user_velocity) && facts.user != 0) {
    const std::uint64_t count = ++window(Id::user_velocity, facts.user, facts.time_us);
    if (count > number_of(value(Id::user_velocity, 0))) hits.add(Id::user_velocity, count);
  }
  judge_network_velocity(Id::network_velocity, facts, hits);
  judge_network_velocity(Id::network_hourly, facts, hits);
}

// Behind one address of an office or a mobile network there are many people with many devices.
void FraudHistory::judge_network_velocity(Id id, const TrafficFacts& facts, FraudHits& hits) {
  if (!has(id) || facts.network == 0) return;
  std::uint64_t& packed = window(id, joined(facts.network, facts.campaign), facts.time_us);
  auto seen = std::bit_cast<WindowCount>(packed);
  if (seen.count != UINT32_MAX) ++seen.count;
  seen.other |= std::uint32_t{1} << (facts.agent >> 59U);
  packed = std::bit_cast<std::uint64_t>(seen);
  const auto agents = static_cast<std::uint64_t>(std::popcount(seen.other));
  if (seen.count > number_of(value(id, 0)) + (agents - 1) * number_of(value(id, 2)))
    hits.add(id, seen.count);
}

void FraudHistory::judge_doubles(const TrafficFacts& facts, FraudHits& hits) {
  if (facts.user == 0 || facts.ad == 0) return;
  if (has(Id::double_click)) {
    const std::uint64_t now = number_of(facts.time_us);
    std::uint64_t& last = clicks_.write(key_of(Subject::user_ad_click, facts.user, facts.ad));
    const std::uint64_t apart = now > last ? now - last : last - now;
    if (last != 0 && apart <= number_of(value(Id::double_click, 0) * kMillisecondUs))
      hits.add(Id::double_click, apart / kMillisecondUs);
    last = std::max(last, now);
  }
  if (has(Id::click_cap)) {
    const std::uint64_t count =
        ++window(Id::click_cap, joined(facts.user, facts.ad), facts.time_us);
    if (count > number_of(value(Id::click_cap, 0))) hits.add(Id::click_cap, count);
  }
}

// What may have been forgotten, or was before this history began, may have been there.
bool FraudHistory::is_surely_absent(std::uint64_t key, Id id, TimeUs time_us) const {
  const std::uint64_t from = number_of(time_us - value(id, 0) * kSecondUs);
  return impressions_.lost(key) < std::max<std::uint64_t>(impression_number(from), 1) &&
         from >= known_from_us_;
}

void FraudHistory::judge_decision_click(const TrafficFacts& facts, FraudHits& hits) {
  if (!has(Id::no_impression) && !has(Id::early_click)) return;
  const std::uint64_t key = key_of(Subject::decision_impression, facts.decision);
  const std::uint64_t now = number_of(facts.time_us);
  const std::uint64_t from = number_of(facts.time_us - value(Id::no_impression, 0) * kSecondUs);
  const std::uint64_t* const found = impressions_.find(key);
  const std::uint64_t first = found == nullptr ? 0 : *found >> kPlaceBits;
  const bool is_known = found != nullptr && first <= now;
  if (is_known ? first < from : is_surely_absent(key, Id::no_impression, facts.time_us))
    hits.add(Id::no_impression);
  if (!is_known) return;
  const std::uint64_t behind_us = now - first;
  if (behind_us < number_of(value(Id::early_click, 0) * kMillisecondUs))
    hits.add(Id::early_click, behind_us / kMillisecondUs);
}

void FraudHistory::judge_other_click(const TrafficFacts& facts, FraudHits& hits) {
  if (!has(Id::unseen_click) || facts.user == 0 || facts.ad == 0) return;
  const std::uint64_t key = key_of(Subject::user_ad_impression, facts.user, facts.ad);
  const std::uint64_t* const last = impressions_.find(key);
  const std::uint64_t from = number_of(facts.time_us - value(Id::unseen_click, 0) * kSecondUs);
  // A later one is no proof that there was none before; and a newer one may have been forgotten.
  if ((last == nullptr || *last >> kPlaceBits < from) &&
      is_surely_absent(key, Id::unseen_click, facts.time_us))
    hits.add(Id::unseen_click);
}

void FraudHistory::note_click(const TrafficFacts& facts) {
  if (!clicks_.is_there()) return;
  const std::uint64_t now = number_of(facts.time_us);
  if (facts.user != 0) {
    std::uint64_t& last = clicks_.write(key_of(Subject::user_click, facts.user));
    last = std::max(last, now);
  }
  if (facts.click != 0) {
    std::uint64_t& first = clicks_.write(key_of(Subject::click_id, facts.click));
    if (first == 0 || now < first) first = now;
  }
}

// Clicks are flagged, conversions only counted.
void FraudHistory::judge_source(const TrafficFacts& facts, FraudHits& hits) {
  if (!has(Id::low_conversion) || facts.source == 0) return;
  std::uint64_t& packed = window(Id::low_conversion, facts.source, facts.time_us);
  auto seen = std::bit_cast<WindowCount>(packed);
  const bool is_click = facts.type == EventType::click;
  std::uint32_t& count = is_click ? seen.count : seen.other;
  if (count != UINT32_MAX) ++count;
  packed = std::bit_cast<std::uint64_t>(seen);
  if (is_click && seen.count > number_of(value(Id::low_conversion, 0)) &&
      std::uint64_t{seen.other} * number_of(value(Id::low_conversion, 2)) < seen.count)
    hits.add(Id::low_conversion, seen.count);
}

std::size_t FraudHistory::memory_bytes() const {
  std::size_t sum = clicks_.memory_bytes() + impressions_.memory_bytes() + uses_.memory_bytes() +
                    honeypots_.memory_bytes();
  for (const KeyTable& table : windows_) sum += table.memory_bytes();
  return sum;
}

template <class Fn>
void FraudHistory::for_each_table(Fn&& fn) {
  for (KeyTable& table : windows_) fn(table);
  fn(clicks_);
  fn(impressions_);
  fn(uses_);
  fn(honeypots_);
}

void FraudHistory::save(std::string& out) const {
  for (const std::uint64_t number : {known_from_us_, newest_us_, newest_catch_us_})
    out.append(reinterpret_cast<const char*>(&number), sizeof(number));
  for (const KeyTable& table : windows_) table.save(out);
  clicks_.save(out);
  impressions_.save(out);
  uses_.save(out);
  honeypots_.save(out);
}

bool FraudHistory::load(std::string_view in) {
  for (std::uint64_t* const number : {&known_from_us_, &newest_us_, &newest_catch_us_}) {
    if (in.size() < sizeof(*number)) return false;
    std::memcpy(number, in.data(), sizeof(*number));
    in.remove_prefix(sizeof(*number));
  }
  bool is_good = true;
  for_each_table([&](KeyTable& table) { is_good = is_good && table.load(in); });
  return is_good && in.empty();
}

}  // namespace adbacus
