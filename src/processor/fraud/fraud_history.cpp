#include "processor/fraud/fraud_history.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace adbacus {
namespace {

using Id = FraudRuleId;

// What a key is about, so that a user's last click is not found as a click id.
enum class Subject : std::uint64_t {
  user_click = 101,
  click_id,
  user_ad_click,
  honeypot_user,
  honeypot_address,
  decision_impression,
  user_ad_impression,
  decision_use,  // and the event's type
};

// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
constexpr std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}
constexpr std::uint64_t joined(std::uint64_t a, std::uint64_t b) {
  return mixed(a + 0x9e3779b97f4a7c15ULL * (b + 1));
}
std::uint64_t key_of(Subject subject, std::uint64_t a, std::uint64_t b = 0) {
  const std::uint64_t key = joined(joined(a, b), static_cast<std::uint64_t>(subject));
  return key == 0 ? 1 : key;
}

std::uint64_t use_key(const TrafficFacts& facts) {
  return key_of(Subject::decision_use, facts.decision, static_cast<std::uint64_t>(facts.type));
}

std::uint64_t number_of(TimeUs time_us) {
  return static_cast<std::uint64_t>(std::max<TimeUs>(time_us, 0));
}

std::uint64_t milliseconds(TimeUs duration_us) {
  return static_cast<std::uint64_t>(duration_us / kMillisecondUs);
}

bool is_impression(EventType type) {
  return type == EventType::impression || type == EventType::viewable_impression;
}

bool is_of_decision(const TrafficFacts& facts) {
  return facts.decision != 0 && (facts.flags & event_flag::signed_decision) != 0;
}

constexpr std::array kWindowRules{Id::user_velocity, Id::network_velocity, Id::network_hourly,
                                  Id::click_cap,     Id::flooding,         Id::low_conversion,
                                  Id::install_farm,  Id::many_addresses};
constexpr std::array kClickRules{Id::honeypot_device, Id::honeypot_address, Id::double_click,
                                 Id::instant_install, Id::hasty_install,    Id::instant_conversion,
                                 Id::injection,       Id::flooding};
constexpr std::array kImpressionRules{Id::no_impression, Id::early_click, Id::unseen_click};

}  // namespace

FraudHistory::FraudHistory(const FraudRuleSet& rules, bool sees_whole_log)
    : rules_(rules), sees_whole_log_(sees_whole_log) {
  const auto has_any = [&](const auto& ids) {
    return std::any_of(ids.begin(), ids.end(), [&](Id id) { return has(id); });
  };
  for (const Id id : kWindowRules) {
    if (has(id)) windows(id) = KeyTable(rules.sizes.window_keys);
  }
  if (has_any(kClickRules)) clicks_ = KeyTable(rules.sizes.click_keys);
  if (has_any(kImpressionRules)) impressions_ = KeyTable(rules.sizes.impression_keys);
  if (has(Id::replayed_token)) uses_ = KeyTable(rules.sizes.impression_keys);
}

void FraudHistory::prefetch(const TrafficFacts& facts) const {
  if (is_of_decision(facts)) {
    impressions_.prefetch(key_of(Subject::decision_impression, facts.decision));
    uses_.prefetch(use_key(facts));
  }
  if (facts.user == 0) return;
  if (facts.ad != 0 && (is_impression(facts.type) || facts.type == EventType::click))
    impressions_.prefetch(key_of(Subject::user_ad_impression, facts.user, facts.ad));
  if (facts.type == EventType::click || facts.type == EventType::conversion)
    clicks_.prefetch(key_of(Subject::user_click, facts.user));
}

void FraudHistory::judge(const TrafficFacts& facts, FraudHits& hits) {
  if (known_from_us_ == 0) known_from_us_ = number_of(facts.time_us) + 1;
  judge_honeypots(facts, hits);
  judge_replay(facts, hits);
  if (is_impression(facts.type)) note_impression(facts);
  if (facts.type == EventType::click) judge_click(facts, hits);
  if (facts.type == EventType::conversion) judge_conversion(facts, hits);
}

std::uint64_t FraudHistory::window_key(Id id, TrafficKey subject, TimeUs time_us,
                                       std::size_t window_index) const {
  const TimeUs length_us = value(id, window_index) * kSecondUs;
  const auto number = static_cast<std::uint64_t>(floor_to(time_us, length_us) / length_us);
  const std::uint64_t key = joined(joined(subject, number), static_cast<std::uint64_t>(id));
  return key == 0 ? 1 : key;
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
    if (const std::uint64_t* caught = clicks_.find(key);
        caught != nullptr && *caught <= now && now - *caught < number_of(value(id, 0) * kSecondUs))
      hits.add(id, (now - *caught) / kMillisecondUs);
    if (!facts.is_honeypot) return;
    std::uint64_t& caught = clicks_.write(key);
    caught = std::max(caught, now);
  };
  look(Id::honeypot_device, Subject::honeypot_user, facts.user);
  look(Id::honeypot_address, Subject::honeypot_address, facts.address);
}

// Only the use that counted is remembered: were it forgotten, no later one could stand for it.
void FraudHistory::judge_replay(const TrafficFacts& facts, FraudHits& hits) {
  if (!has(Id::replayed_token) || !is_of_decision(facts) || facts.network == 0) return;
  const std::uint64_t key = use_key(facts);
  if (facts.disposition == Disposition::repeat) {
    const std::uint64_t* const used_from = uses_.find(key);
    if (used_from != nullptr && *used_from != facts.network) hits.add(Id::replayed_token);
  } else {
    uses_.write(key) = facts.network;
  }
}

// Of a decision the first impression is kept, of a user and an ad the last one.
void FraudHistory::note_impression(const TrafficFacts& facts) {
  const std::uint64_t now = number_of(facts.time_us);
  if (is_of_decision(facts) && (has(Id::no_impression) || has(Id::early_click))) {
    std::uint64_t& first = impressions_.write(key_of(Subject::decision_impression, facts.decision));
    if (first == 0 || now < first) first = now;
  }
  if (facts.user != 0 && facts.ad != 0 && has(Id::unseen_click)) {
    std::uint64_t& last =
        impressions_.write(key_of(Subject::user_ad_impression, facts.user, facts.ad));
    last = std::max(last, now);
  }
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
  return impressions_.lost(key) < std::max<std::uint64_t>(from, 1) &&
         (sees_whole_log_ || from >= known_from_us_);
}

void FraudHistory::judge_decision_click(const TrafficFacts& facts, FraudHits& hits) {
  if (!has(Id::no_impression) && !has(Id::early_click)) return;
  const std::uint64_t key = key_of(Subject::decision_impression, facts.decision);
  const std::uint64_t now = number_of(facts.time_us);
  const std::uint64_t from = number_of(facts.time_us - value(Id::no_impression, 0) * kSecondUs);
  const std::uint64_t* const first = impressions_.find(key);
  const bool is_known = first != nullptr && *first <= now;
  if (is_known ? *first < from : is_surely_absent(key, Id::no_impression, facts.time_us))
    hits.add(Id::no_impression);
  if (!is_known) return;
  const std::uint64_t behind_us = now - *first;
  if (behind_us < number_of(value(Id::early_click, 0) * kMillisecondUs))
    hits.add(Id::early_click, behind_us / kMillisecondUs);
}

void FraudHistory::judge_other_click(const TrafficFacts& facts, FraudHits& hits) {
  if (!has(Id::unseen_click) || facts.user == 0 || facts.ad == 0) return;
  const std::uint64_t key = key_of(Subject::user_ad_impression, facts.user, facts.ad);
  const std::uint64_t* const last = impressions_.find(key);
  const std::uint64_t from = number_of(facts.time_us - value(Id::unseen_click, 0) * kSecondUs);
  // A later one is no proof that there was none before; and a newer one may have been forgotten.
  if ((last == nullptr || *last < from) && is_surely_absent(key, Id::unseen_click, facts.time_us))
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

// The click that a conversion names, else its user's last one; none where that one is later.
std::optional<TimeUs> FraudHistory::click_before(const TrafficFacts& facts) const {
  if (!clicks_.is_there()) return std::nullopt;
  const std::uint64_t* at = nullptr;
  if (facts.click != 0) at = clicks_.find(key_of(Subject::click_id, facts.click));
  if (at == nullptr && facts.user != 0) at = clicks_.find(key_of(Subject::user_click, facts.user));
  if (at == nullptr || *at > number_of(facts.time_us)) return std::nullopt;
  return static_cast<TimeUs>(*at);
}

void FraudHistory::judge_conversion(const TrafficFacts& facts, FraudHits& hits) {
  judge_addresses(facts, hits);
  if (has(Id::install_farm) && facts.is_install && facts.network != 0) {
    const std::uint64_t count = ++window(Id::install_farm, facts.network, facts.time_us);
    if (count > number_of(value(Id::install_farm, 0))) hits.add(Id::install_farm, count);
  }
  judge_source(facts, hits);
  if (const auto click_us = click_before(facts)) judge_delay(facts, *click_us, hits);
}

void FraudHistory::judge_delay(const TrafficFacts& facts, TimeUs click_us, FraudHits& hits) {
  const TimeUs delay_us = facts.time_us - click_us;
  const auto is_within = [&](Id id, std::size_t index) {
    return delay_us < value(id, index) * kMillisecondUs;
  };
  if (facts.is_install) {
    if (is_within(Id::instant_install, 0)) hits.add(Id::instant_install, milliseconds(delay_us));
    if (!is_within(Id::hasty_install, 0) && is_within(Id::hasty_install, 1))
      hits.add(Id::hasty_install, milliseconds(delay_us));
    if (facts.install_begin_us != 0 && facts.install_begin_us < click_us)
      hits.add(Id::injection, milliseconds(click_us - facts.install_begin_us));
  } else if (is_within(Id::instant_conversion, 0)) {
    hits.add(Id::instant_conversion, milliseconds(delay_us));
  }
  if (!has(Id::flooding) || facts.source == 0) return;
  std::uint64_t& packed = window(Id::flooding, facts.source, facts.time_us);
  auto seen = std::bit_cast<WindowCount>(packed);
  if (seen.count == UINT32_MAX) return;
  ++seen.count;
  if (delay_us > value(Id::flooding, 3) * kSecondUs) ++seen.other;
  packed = std::bit_cast<std::uint64_t>(seen);
  if (seen.count >= number_of(value(Id::flooding, 0)) &&
      std::uint64_t{seen.other} * 100 >
          std::uint64_t{seen.count} * number_of(value(Id::flooding, 2)))
    hits.add(Id::flooding, seen.count);
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
  std::size_t sum = clicks_.memory_bytes() + impressions_.memory_bytes() + uses_.memory_bytes();
  for (const KeyTable& table : windows_) sum += table.memory_bytes();
  return sum;
}

template <class Fn>
void FraudHistory::for_each_table(Fn&& fn) {
  for (KeyTable& table : windows_) fn(table);
  fn(clicks_);
  fn(impressions_);
  fn(uses_);
}

void FraudHistory::save(std::string& out) const {
  out.append(reinterpret_cast<const char*>(&known_from_us_), sizeof(known_from_us_));
  out += static_cast<char>(sees_whole_log_ ? 1 : 0);
  for (const KeyTable& table : windows_) table.save(out);
  clicks_.save(out);
  impressions_.save(out);
  uses_.save(out);
}

bool FraudHistory::load(std::string_view in) {
  if (in.size() < sizeof(known_from_us_) + 1) return false;
  std::memcpy(&known_from_us_, in.data(), sizeof(known_from_us_));
  in.remove_prefix(sizeof(known_from_us_));
  if (in.front() != 0 && in.front() != 1) return false;
  sees_whole_log_ = in.front() == 1;
  in.remove_prefix(1);
  bool is_good = true;
  for_each_table([&](KeyTable& table) { is_good = is_good && table.load(in); });
  return is_good && in.empty();
}

}  // namespace adbacus
