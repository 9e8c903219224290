#include "access/fetched_value.hpp"

#include <algorithm>

namespace adbacus {
namespace {

constexpr int kDoublingsMax = 20;

}  // namespace

void FetchSchedule::end(TimeUs now_us, bool is_good) {
  last_us_ = now_us;
  if (is_good) {
    failures_ = 0;
    good_us_ = now_us;
    next_us_ = now_us + times_.refresh_us;
    return;
  }
  const TimeUs rest_us = times_.retry_min_us << std::min(failures_, kDoublingsMax);
  next_us_ = now_us + std::min(rest_us, times_.refresh_us);
  ++failures_;
}

std::optional<TimeUs> FetchSchedule::age_us(TimeUs now_us) const {
  if (!good_us_) return std::nullopt;
  return now_us - *good_us_;
}

}  // namespace adbacus
