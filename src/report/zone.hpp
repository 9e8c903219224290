// A time zone as reports use it: which bucket an instant falls in, where the next bucket starts and
// how a bucket is written. One object serves one thread; finding it costs a lookup.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "report/instant.hpp"
#include "store/report_query.hpp"

namespace date {
class time_zone;
}

namespace adbacus {

class Zone {
 public:
  // IANA name. invalid_argument: unknown here.
  static Result<Zone> find(const std::string& name);

  // Microseconds east of UTC in effect at `time`.
  TimeUs offset_us(TimeUs time) const;
  // The instant a calendar date starts (where midnight does not exist: the first instant after it).
  TimeUs start_of(DayNumber day) const;
  DayNumber day_of(TimeUs time) const;
  // Start of the bucket that holds `time`; for hour_of_day 0-23 and weekday 1 (Monday) to 7.
  TimeUs bucket(TimeUs time, TimeUnit unit) const;
  // Start of the following bucket; not for cyclic units or none.
  TimeUs next(TimeUs bucket_us, TimeUnit unit) const;
  // True if every offset in effect in [from, to) is a multiple of `unit_us`.
  bool offsets_are_multiples(TimeUs from_us, TimeUs to_us, TimeUs unit_us) const;
  // "2026-11-21T13:00:00+01:00" down to the hour, "2026-11-21" for day, week and month.
  std::string label(TimeUs bucket_us, TimeUnit unit) const;

 private:
  explicit Zone(const date::time_zone* zone) : zone_(zone) {}
  void refresh(TimeUs time) const;

  const date::time_zone* zone_;  // null: UTC
  // The last used stretch between two changes of the offset.
  mutable TimeUs begin_us_ = 0;
  mutable TimeUs end_us_ = 0;
  mutable TimeUs offset_us_ = 0;
};

}  // namespace adbacus
