// When a worker's requests are due. With a rate, the k-th request is due at a fixed time, whatever
// happened to those before: latency counts from then (open loop). Without one, a request is due as
// soon as a connection is free. One thread.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/clock.hpp"

namespace adbacus {

class LoadSchedule {
 public:
  // interval_us: between two of this worker's requests, 0 without a rate. events_max: 0 = no limit.
  LoadSchedule(TimeUs first_us, double interval_us, TimeUs end_us, std::uint64_t events_max)
      : first_us_(first_us),
        interval_us_(interval_us),
        end_us_(end_us),
        events_left_(events_max == 0 ? std::numeric_limits<std::uint64_t>::max() : events_max) {}

  // When the next request is due; past `now` if none is due yet.
  TimeUs next_us(TimeUs now) const { return interval_us_ > 0 ? due_us(taken_) : now; }
  bool is_over(TimeUs now) const {
    if (events_left_ == 0) return true;
    // What was due just before the end may go out just behind it.
    return interval_us_ > 0 ? next_us(now) >= end_us_ || now >= end_us_ + 100 * kMillisecondUs
                            : now >= end_us_;
  }
  // Takes the request that is due: how many events it carries.
  std::uint32_t take(std::uint32_t events_max) {
    ++taken_;
    const auto events =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(events_max, events_left_));
    events_left_ -= events;
    return events;
  }
  // Requests that were due before the end and not taken.
  std::uint64_t left_over() const {
    if (interval_us_ <= 0 || events_left_ == 0) return 0;
    const double span = static_cast<double>(end_us_ - first_us_);
    if (span <= 0) return 0;
    const auto due = static_cast<std::uint64_t>(std::ceil(span / interval_us_));
    return due > taken_ ? due - taken_ : 0;
  }

 private:
  TimeUs due_us(std::uint64_t k) const {
    return first_us_ + static_cast<TimeUs>(static_cast<double>(k) * interval_us_);
  }

  TimeUs first_us_;
  double interval_us_;
  TimeUs end_us_;
  std::uint64_t events_left_;
  std::uint64_t taken_ = 0;
};

}  // namespace adbacus
