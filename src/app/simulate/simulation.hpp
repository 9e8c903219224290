// The engine that chooses ads, run over logged requests with a catalog, by a clock of its own: what
// would have been shown, and by expectation what would have come of it. One thread.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "app/simulate/logged_pages.hpp"
#include "app/simulate/simulated_store.hpp"
#include "base/clock.hpp"
#include "base/sketch/hyperloglog.hpp"
#include "catalog/snapshot.hpp"
#include "counters/registry.hpp"
#include "decision/decider.hpp"
#include "decision/serving_keeper.hpp"
#include "decision/traffic_history.hpp"

namespace adbacus {

// What came of what was decided, as it was observed over the period, without invalid traffic.
struct ObservedRates {
  RateTable rates = {};
  // Impressions of a decision, 0 to 1, by line item; `mean` for one that was never decided.
  std::map<std::string, double, std::less<>> shown = {};
  double mean_shown = 1;
  double shown_of(std::string_view line_item) const {
    const auto found = shown.find(line_item);
    return found == shown.end() ? mean_shown : found->second;
  }
};

struct SimulatedDelivery {
  std::uint64_t decisions = 0;
  ExpectedDelivery expected = {};
  HyperLogLog users = {};  // who was known
};

struct SimulationTally {
  std::map<std::string, SimulatedDelivery> items = {};
  std::map<std::string, SimulatedDelivery> campaigns = {};
  SimulatedDelivery all = {};
  std::array<std::uint64_t, kEliminations> missing = {};  // of slots without an ad
  std::uint64_t slots = 0;
};

struct SimulationOptions {
  LoggedPeriod period = {};
  DeciderOptions decider = {};
  ServingKeeperOptions keeper = {};
  TimeUs settle_us = kSecondUs;  // between two looks at budgets
  std::uint64_t seed = 1;        // of requests that were logged without one
};

class Simulation {
 public:
  // Everything is borrowed and must outlive the object, `actual` and `rates` too.
  Simulation(std::shared_ptr<const CatalogSnapshot> catalog, ReportReader& actual,
             const ObservedRates& rates, const SimulationOptions& options);

  // What happened before the period: caps, reservations, traffic.
  Result<void> begin(EventLog& log, const TrafficHistory& traffic);
  // In order of time.
  Result<std::vector<SlotAnswer>> decide(const LoggedPage& page);
  // Of auctions that were lost: what the same line items used of caps at that time.
  void take_back(const LoggedPage& loss);

  const TenantState& state() { return *held_->tenant(options_.period.tenant); }
  const SimulationTally& tally() const { return tally_; }
  std::uint64_t with_rule() const { return with_rule_; }

 private:
  class ReplayClock final : public Clock {
   public:
    TimeUs wall_us() override { return now_us; }
    TimeUs mono_us() override { return now_us; }
    TimeUs now_us = 0;
  };
  struct Coming {  // what is not in the store yet
    TimeUs time_us;
    std::string campaign;
    std::string line_item;
    ExpectedDelivery expected;
  };

  void move_to(TimeUs time_us);
  Result<AdRequest> request_of(const LoggedPage& page);
  void count(const LoggedPage& page, const SlotAnswer& slot);
  ExpectedDelivery expected_of(const ServingItem& item) const;

  const SimulationOptions options_;
  const ObservedRates& rates_;
  ReplayClock clock_;
  SimulatedStore store_;
  CounterStores counters_;
  std::shared_ptr<const CatalogSnapshot> catalog_;
  std::unique_ptr<ServingKeeper> keeper_;
  Decider decider_;
  std::shared_ptr<const ServingState> held_;
  std::vector<Coming> coming_;
  SimulationTally tally_;
  std::uint64_t with_rule_ = 0;
};

}  // namespace adbacus
