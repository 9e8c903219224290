// Keys and numbers in the tables of FraudHistory. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"
#include "processor/fraud/traffic_facts.hpp"

namespace adbacus::fraud_keys {

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
constexpr std::uint64_t key_of(Subject subject, std::uint64_t a, std::uint64_t b = 0) {
  return std::max<std::uint64_t>(joined(joined(a, b), static_cast<std::uint64_t>(subject)), 1);
}
inline std::uint64_t use_key(const TrafficFacts& facts) {
  return key_of(Subject::decision_use, facts.decision, static_cast<std::uint64_t>(facts.type));
}

// The decision id is one of ours, and valid.
inline bool is_of_decision(const TrafficFacts& facts) {
  return facts.decision != 0 && (facts.flags & event_flag::signed_decision) != 0;
}

// Times and limits are not negative, but are signed where they come from.
constexpr std::uint64_t number_of(std::int64_t value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
}

}  // namespace adbacus::fraud_keys
