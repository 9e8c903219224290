// How a placement's requests are spread over the hours of a week, learned from those of the last
// weeks, so that a budget can be spent as its traffic comes. Plain values and pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace adbacus {

inline constexpr std::size_t kWeekHours = 168;

class TrafficCurve {
 public:
  TrafficCurve();  // flat
  // Requests per hour in each hour of the local week, Monday 00:00 to 01:00 first; above 0.
  explicit TrafficCurve(const std::array<double, kWeekHours>& rates);

  // What is expected to come within [from, to), 0 if that is empty, in an unit of the curve's own.
  // Hours that the clocks pass over have no traffic, hours that are lived twice have it twice.
  double between(const std::string& timezone, TimeUs from_us, TimeUs to_us) const;
  double rate(std::size_t hour) const { return before_[hour + 1] - before_[hour]; }

 private:
  double until(TimeUs local_us) const;  // from a Monday long ago

  std::array<double, kWeekHours + 1> before_{};  // what comes before each hour of the week
};

// Requests in consecutive hours of UTC.
struct RequestHours {
  std::int64_t first = 0;  // hours since 1970
  std::vector<double> counts = {};
};

struct LearnedCurve {
  TrafficCurve curve = {};
  double hours = 0;  // that were seen
  double requests = 0;
};

// The rate of an hour of the week is the mean of what was seen in it, pulled towards that of its
// hour of the day as if this had been seen for half an hour and 20 requests more; that of an hour
// of the day likewise towards the mean of all hours, by a quarter of an hour and 20 requests. This
// is the posterior mean of a Poisson rate under a gamma prior (Gelman et al., Bayesian Data
// Analysis, 3rd edition, 2.6), in two levels: flat while nothing is known, all its own in the end.
//
// A stretch of 24 hours and more without any request counts as not seen: nobody served then.
LearnedCurve learn_curve(const RequestHours& seen, const std::string& timezone);

}  // namespace adbacus
