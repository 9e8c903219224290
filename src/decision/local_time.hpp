// Days and hours of a time zone, as budgets and dayparts need them. Pure functions over the
// system's time zone database, thread-safe; an unknown zone is UTC.
#pragma once

#include <string>

#include "base/clock.hpp"

namespace adbacus {

struct LocalDay {
  TimeUs begin_us = 0;
  TimeUs end_us = 0;  // excluded; 23 or 25 hours later when the clocks change
};

LocalDay local_day(const std::string& timezone, TimeUs now_us);
// How far local clocks are ahead of UTC, and from when to when they are.
struct ZoneOffset {
  TimeUs begin_us = 0;
  TimeUs end_us = 0;  // excluded
  TimeUs offset_us = 0;
};
ZoneOffset offset_at(const std::string& timezone, TimeUs now_us);
// 0 to 167, Monday 00:00 to 01:00 is 0.
int local_hour_of_week(const std::string& timezone, TimeUs now_us);

}  // namespace adbacus
