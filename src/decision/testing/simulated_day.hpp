// Traffic of one day against a bench: requests come as a curve says, the keeper settles every few
// seconds, impressions cost their price a moment later. Belongs to one thread.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/rng.hpp"
#include "decision/testing/day_curve.hpp"
#include "decision/testing/serving_bench.hpp"

namespace adbacus {

struct Traffic {
  DayCurve curve = {};
  int requests = 20'000;  // between begin and end
  TimeUs begin_us = 0;
  TimeUs end_us = 0;
  TimeUs delay_max_us = 20 * kSecondUs;  // of an impression; less than reservations last
  TimeUs settle_every_us = 10 * kSecondUs;
};

class SimulatedDay {
 public:
  // Called for each request after it was decided; `spent` is what was decided so far, all of which
  // costs.
  using Look = std::function<void(TimeUs now_us, std::int64_t spent)>;

  SimulatedDay(ServingBench& bench, Rng& rng) : bench_(bench), rng_(rng) {}

  // The bench is open and its clock at `begin`.
  void run(const Traffic& traffic, const Look& look);
  // Micros that were decided, of all or of one line item.
  std::int64_t spent() const { return spent_; }
  std::int64_t spent(const std::string& item) const;
  // Of impressions that came within [from, to).
  std::int64_t cost(TimeUs from_us, TimeUs to_us) const;

 private:
  void pass_time(TimeUs to_us, const Traffic& traffic);
  void deliver(TimeUs up_to_us);

  struct Impression {
    TimeUs time_us;
    std::string campaign;
    std::string item;
    std::int64_t price;
  };
  ServingBench& bench_;
  Rng& rng_;
  std::multimap<TimeUs, Impression> coming_;
  std::map<std::string, std::int64_t> by_item_;
  std::map<TimeUs, std::int64_t> by_minute_;
  std::int64_t spent_ = 0;
};

}  // namespace adbacus
