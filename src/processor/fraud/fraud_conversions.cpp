// How conversions are judged: by their distance from the click, and by how many there are.
#include <bit>

#include "processor/fraud/fraud_history.hpp"
#include "processor/fraud/fraud_keys.hpp"

namespace adbacus {
namespace {

using Id = FraudRuleId;
using fraud_keys::is_of_decision;
using fraud_keys::key_of;
using fraud_keys::number_of;
using fraud_keys::Subject;

std::uint64_t milliseconds(TimeUs duration_us) {
  return static_cast<std::uint64_t>(duration_us / kMillisecondUs);
}

}  // namespace

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
  if (is_of_decision(facts)) judge_use(facts, hits);
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

}  // namespace adbacus
