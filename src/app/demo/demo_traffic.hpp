// Realistic traffic for a first look: a few campaigns of a furniture shop with their own click and
// conversion rates, a daily curve, returning users. Deterministic by seed. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/rng.hpp"

namespace adbacus {

class DemoTraffic {
 public:
  explicit DemoTraffic(std::uint64_t seed) : rng_(seed) {}

  // JSON array with about `impressions` impressions spread over [from_us, to_us) by the time of
  // day, and the clicks and conversions that follow from them (not later than to_us).
  std::string batch(TimeUs from_us, TimeUs to_us, std::size_t impressions);
  std::size_t events() const { return events_; }  // made so far

 private:
  struct Campaign;
  void add(std::string& out, const char* type, const Campaign& campaign, const std::string& user,
           TimeUs time_us, std::int64_t value_cents);

  Rng rng_;
  std::size_t events_ = 0;
};

}  // namespace adbacus
