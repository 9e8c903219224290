#include "decision/testing/day_curve.hpp"

#include <algorithm>
#include <numeric>

namespace adbacus {

DayCurve::DayCurve(const std::array<double, 24>& hours) : hours_(hours) {
  for (double& weight : hours_) weight = std::max(weight, 0.0);
  if (std::accumulate(hours_.begin(), hours_.end(), 0.0) <= 0) hours_.fill(1);
}

double DayCurve::share(double elapsed) const {
  const double at = std::clamp(elapsed, 0.0, 1.0) * static_cast<double>(hours_.size());
  const double total = std::accumulate(hours_.begin(), hours_.end(), 0.0);
  const auto whole = std::min(static_cast<std::size_t>(at), hours_.size() - 1);
  double sum = hours_[whole] * (at - static_cast<double>(whole));
  for (std::size_t i = 0; i < whole; ++i) sum += hours_[i];
  return sum / total;
}

TrafficCurve DayCurve::week() const {
  std::array<double, kWeekHours> rates{};
  for (std::size_t i = 0; i < kWeekHours; ++i) rates[i] = hours_[i % hours_.size()];
  return TrafficCurve(rates);
}

}  // namespace adbacus
