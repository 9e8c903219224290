// Traffic of one day by its hours, for simulations. A plain value.
#pragma once

#include <array>

#include "decision/traffic_curve.hpp"

namespace adbacus {

class DayCurve {
 public:
  DayCurve() { hours_.fill(1); }  // flat
  // Weights of hours 0 to 23 of the day, not negative; all zero is flat. A day that daylight saving
  // makes longer or shorter is stretched.
  explicit DayCurve(const std::array<double, 24>& hours);
  // The share of the day's traffic that comes before `elapsed`, both 0 to 1.
  double share(double elapsed) const;
  // Seven such days.
  TrafficCurve week() const;

 private:
  std::array<double, 24> hours_{};
};

}  // namespace adbacus
