#include "decision/pacing.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace adbacus {
namespace {

constexpr double kAheadEven = 0.05;
constexpr double kAheadStart = 0.40;  // of the budget, front-loaded
constexpr double kAheadHalf = 0.25;
constexpr double kAheadEnd = 0.05;

}  // namespace

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

double pacing_bound(PacingMode mode, double share) {
  switch (mode) {
    case PacingMode::standard:
      return std::min(share * (1 + kAheadEven), 1.0);
    case PacingMode::accelerated:
      return 1.0;
    case PacingMode::frontloaded: {
      const double ahead = share < 0.5 ? std::lerp(kAheadStart, kAheadHalf, share * 2)
                                       : std::lerp(kAheadHalf, kAheadEnd, share * 2 - 1);
      return std::min(share + ahead, 1.0);
    }
  }
  return 1.0;
}

bool is_on_pace(PacingMode mode, double share, std::int64_t spent, std::int64_t cost,
                std::int64_t budget) {
  if (spent + cost > budget) return false;
  const double bound = pacing_bound(mode, share) * static_cast<double>(budget);
  return static_cast<double>(spent) < bound;
}

}  // namespace adbacus
