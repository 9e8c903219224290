#include "decision/pacing.hpp"

#include <algorithm>
#include <cmath>

namespace adbacus {
namespace {

constexpr double kAheadEven = 0.05;
constexpr double kAheadStart = 0.40;  // of the budget, front-loaded
constexpr double kAheadHalf = 0.25;
constexpr double kAheadEnd = 0.05;

}  // namespace

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
