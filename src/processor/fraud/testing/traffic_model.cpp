#include "processor/fraud/testing/traffic_model.hpp"

#include <algorithm>
#include <set>

namespace adbacus {
namespace {

using Id = FraudRuleId;

bool is_shown(const TrafficFacts& f) {
  return f.type == EventType::impression || f.type == EventType::viewable_impression;
}
bool is_ours(const TrafficFacts& f) {
  return f.decision != 0 && (f.flags & event_flag::signed_decision) != 0;
}

}  // namespace

template <class Fn>
std::vector<const TrafficModel::Past*> TrafficModel::those(Fn&& fn) const {
  std::vector<const Past*> found;
  for (const Past& past : past_) {
    if (fn(past.facts)) found.push_back(&past);
  }
  return found;
}

std::optional<TimeUs> TrafficModel::first_time(const std::vector<const Past*>& events) const {
  std::optional<TimeUs> time;
  for (const Past* past : events) time = std::min(time.value_or(INT64_MAX), past->facts.time_us);
  return time;
}

std::optional<TimeUs> TrafficModel::last_time(const std::vector<const Past*>& events) const {
  std::optional<TimeUs> time;
  for (const Past* past : events) time = std::max(time.value_or(0), past->facts.time_us);
  return time;
}

bool TrafficModel::is_same_window(Id id, std::size_t index, TimeUs a, TimeUs b) const {
  return a / seconds(id, index) == b / seconds(id, index);
}

void TrafficModel::hit(Id id, std::int64_t measured) {
  const FraudRule& rule = rules_[id];
  if (rule.mode == FraudMode::off) return;
  verdict_.measured[static_cast<std::size_t>(id)] = static_cast<std::uint32_t>(measured);
  if (rule.mode == FraudMode::shadow) verdict_.shadow |= fraud_reason(id);
  if (rule.mode == FraudMode::on) verdict_.reasons |= fraud_reason(id);
}

FraudVerdict TrafficModel::judge(const TrafficFacts& f) {
  verdict_ = {};
  if (f.disposition != Disposition::counted && f.disposition != Disposition::repeat) return {};
  look_at_event(f);
  look_at_honeypots(f);
  look_at_impressions(f);
  past_.push_back({f});
  look_at_counts(f);
  look_at_source(f);
  if (f.type == EventType::conversion) look_at_conversion(past_.back());

  std::set<FraudClass> classes;
  int score = 0;
  for (std::size_t i = 0; i < kFraudRules; ++i) {
    if ((verdict_.reasons >> i & 1U) == 0) continue;
    classes.insert(rules_.rules[i].hit_class);
    score += rules_.rules[i].weight;
  }
  verdict_.score = static_cast<std::uint8_t>(std::min(score, 100));
  verdict_.is_repeat = classes.contains(FraudClass::repeat);
  if (score >= rules_.suspect_from || classes.contains(FraudClass::suspect))
    verdict_.traffic_class = TrafficClass::suspect;
  if (score >= rules_.invalid_from) verdict_.traffic_class = TrafficClass::sivt;
  if (classes.contains(FraudClass::machine)) verdict_.traffic_class = TrafficClass::machine;
  if (classes.contains(FraudClass::givt)) verdict_.traffic_class = TrafficClass::givt;
  return verdict_;
}

void TrafficModel::look_at_event(const TrafficFacts& f) {
  if ((f.flags & event_flag::declared_bot) != 0) hit(Id::declared_bot);
  if (f.is_listed_agent) hit(Id::bot_agent);
  if (f.is_browser_door && f.agent == 0) hit(Id::empty_agent);
  if (f.is_browser_door && f.is_library_agent) hit(Id::library_agent);
  if (f.is_unseen_request) hit(Id::unseen_request);
  if ((f.lists & 1) != 0) hit(Id::data_centre);
  if ((f.lists & 2) != 0) hit(Id::tor_exit);
  if ((f.lists & 4) != 0) hit(Id::blocked_network);
  if ((f.lists & 8) != 0) hit(Id::vpn);
  if (f.is_elsewhere) hit(Id::geo_mismatch);
  if (f.is_honeypot) hit(Id::honeypot);
  if ((f.flags & event_flag::foreign_decision) != 0) hit(Id::foreign_token);
  if (!f.slot.width || !f.slot.height) return;
  const int smaller = std::min(*f.slot.width, *f.slot.height);
  if (smaller >= 0 && smaller <= value(Id::hidden_slot, 0)) hit(Id::hidden_slot, smaller);
  if (f.type != EventType::click || !f.slot.x || !f.slot.y) return;
  const bool is_left_or_above = *f.slot.x < 0 || *f.slot.y < 0;
  if (is_left_or_above || *f.slot.x > *f.slot.width || *f.slot.y > *f.slot.height)
    hit(Id::outside_slot);
}

void TrafficModel::look_at_honeypots(const TrafficFacts& f) {
  const auto look = [&](Id id, TrafficKey TrafficFacts::*who) {
    if (f.*who == 0) return;
    const auto caught =
        last_time(those([&](const TrafficFacts& p) { return p.is_honeypot && p.*who == f.*who; }));
    if (caught && *caught <= f.time_us && f.time_us - *caught < seconds(id, 0))
      hit(id, (f.time_us - *caught) / kMillisecondUs);
  };
  look(Id::honeypot_device, &TrafficFacts::user);
  look(Id::honeypot_address, &TrafficFacts::address);
  const bool is_use = f.type == EventType::impression || f.type == EventType::click ||
                      f.type == EventType::conversion;
  if (!is_use || f.disposition != Disposition::repeat || !is_ours(f) || f.network == 0) return;
  const auto uses = those([&](const TrafficFacts& p) {
    return is_ours(p) && p.decision == f.decision && p.type == f.type && p.network != 0 &&
           p.disposition == Disposition::counted;
  });
  if (!uses.empty() && uses.back()->facts.network != f.network) hit(Id::replayed_token);
}

void TrafficModel::look_at_impressions(const TrafficFacts& f) {
  if (f.type != EventType::click) return;
  const auto may_be_missing = [&](Id id) { return f.time_us - seconds(id, 0) >= known_from_us_; };
  if (is_ours(f)) {
    const auto first = first_time(those([&](const TrafficFacts& p) {
      return is_shown(p) && is_ours(p) && p.decision == f.decision;
    }));
    if (!first || *first > f.time_us) {
      if (may_be_missing(Id::no_impression)) hit(Id::no_impression);
      return;
    }
    if (*first < f.time_us - seconds(Id::no_impression, 0)) hit(Id::no_impression);
    if (f.time_us - *first < ms(Id::early_click, 0))
      hit(Id::early_click, (f.time_us - *first) / kMillisecondUs);
  } else if (f.user != 0 && f.ad != 0) {
    const auto last = last_time(those(
        [&](const TrafficFacts& p) { return is_shown(p) && p.user == f.user && p.ad == f.ad; }));
    if ((!last || *last < f.time_us - seconds(Id::unseen_click, 0)) &&
        may_be_missing(Id::unseen_click))
      hit(Id::unseen_click);
  }
}

// With this event among the past ones.
void TrafficModel::look_at_counts(const TrafficFacts& f) {
  const auto count = [&](Id id, auto&& fn) {
    return static_cast<std::int64_t>(those([&](const TrafficFacts& p) {
                                       return p.type == f.type && fn(p) &&
                                              is_same_window(id, 1, p.time_us, f.time_us);
                                     }).size());
  };
  const auto over = [&](Id id, std::int64_t counted) {
    if (counted > value(id, 0)) hit(id, counted);
  };
  const bool is_click = f.type == EventType::click;
  if ((is_click || f.type == EventType::conversion) && f.user != 0 && f.address != 0) {
    std::set<TrafficKey> addresses;
    for (const Past& past : past_) {
      const TrafficFacts& p = past.facts;
      const bool is_asked = p.type == EventType::click || p.type == EventType::conversion;
      if (is_asked && p.user == f.user && p.address != 0 &&
          is_same_window(Id::many_addresses, 1, p.time_us, f.time_us))
        addresses.insert(p.address);
    }
    over(Id::many_addresses, static_cast<std::int64_t>(addresses.size()));
  }
  if (f.type == EventType::conversion && f.is_install && f.network != 0)
    over(Id::install_farm, count(Id::install_farm, [&](const TrafficFacts& p) {
           return p.is_install && p.network == f.network;
         }));
  if (!is_click) return;
  if (f.user != 0)
    over(Id::user_velocity,
         count(Id::user_velocity, [&](const TrafficFacts& p) { return p.user == f.user; }));
  look_at_network(f, Id::network_velocity);
  look_at_network(f, Id::network_hourly);
  if (f.user == 0 || f.ad == 0) return;
  const auto same = [&](const TrafficFacts& p) { return p.user == f.user && p.ad == f.ad; };
  over(Id::click_cap, count(Id::click_cap, same));
  std::optional<TimeUs> last;
  for (std::size_t i = 0; i + 1 < past_.size(); ++i) {
    const TrafficFacts& p = past_[i].facts;
    if (p.type == EventType::click && same(p)) last = std::max(last.value_or(0), p.time_us);
  }
  if (last && std::abs(f.time_us - *last) <= ms(Id::double_click, 0))
    hit(Id::double_click, std::abs(f.time_us - *last) / kMillisecondUs);
}

void TrafficModel::look_at_network(const TrafficFacts& f, Id id) {
  if (f.network == 0) return;
  std::set<TrafficKey> agents;
  std::int64_t clicks = 0;
  for (const Past& past : past_) {
    const TrafficFacts& p = past.facts;
    if (p.type != EventType::click || p.network != f.network || p.campaign != f.campaign ||
        !is_same_window(id, 1, p.time_us, f.time_us))
      continue;
    ++clicks;
    agents.insert(p.agent);
  }
  if (clicks > value(id, 0) + (static_cast<std::int64_t>(agents.size()) - 1) * value(id, 2))
    hit(id, clicks);
}

void TrafficModel::look_at_source(const TrafficFacts& f) {
  if (f.source == 0 || f.type != EventType::click) return;
  const auto count = [&](EventType type) {
    return static_cast<std::int64_t>(those([&](const TrafficFacts& p) {
                                       return p.type == type && p.source == f.source &&
                                              is_same_window(Id::low_conversion, 1, p.time_us,
                                                             f.time_us);
                                     }).size());
  };
  const std::int64_t clicks = count(EventType::click);
  if (clicks > value(Id::low_conversion, 0) &&
      count(EventType::conversion) * value(Id::low_conversion, 2) < clicks)
    hit(Id::low_conversion, clicks);
}

void TrafficModel::look_at_conversion(Past& past) {
  const TrafficFacts& f = past.facts;
  std::optional<TimeUs> click;
  if (f.click != 0)
    click = first_time(those(
        [&](const TrafficFacts& p) { return p.type == EventType::click && p.click == f.click; }));
  if (!click && f.user != 0)
    click = last_time(those(
        [&](const TrafficFacts& p) { return p.type == EventType::click && p.user == f.user; }));
  if (!click || *click > f.time_us) return;
  const TimeUs delay = f.time_us - *click;
  past.delay_us = delay;
  if (!f.is_install && delay < ms(Id::instant_conversion, 0))
    hit(Id::instant_conversion, delay / kMillisecondUs);
  if (f.is_install && delay < ms(Id::instant_install, 0))
    hit(Id::instant_install, delay / kMillisecondUs);
  if (f.is_install && delay >= ms(Id::hasty_install, 0) && delay < ms(Id::hasty_install, 1))
    hit(Id::hasty_install, delay / kMillisecondUs);
  if (f.is_install && f.install_begin_us != 0 && f.install_begin_us < *click)
    hit(Id::injection, (*click - f.install_begin_us) / kMillisecondUs);
  if (f.source == 0) return;
  std::int64_t all = 0;
  std::int64_t late = 0;
  for (const Past& p : past_) {
    if (!p.delay_us || p.facts.source != f.source ||
        !is_same_window(Id::flooding, 1, p.facts.time_us, f.time_us))
      continue;
    ++all;
    if (*p.delay_us > seconds(Id::flooding, 3)) ++late;
  }
  if (all >= value(Id::flooding, 0) && late * 100 > all * value(Id::flooding, 2))
    hit(Id::flooding, all);
}

}  // namespace adbacus
