// A catalog, a clock, what was delivered, caps in memory, and the engine over them: what tests of
// decisions set up. Belongs to one thread but for decider(), which any may use.
#pragma once

#include <memory>
#include <string>

#include "base/testing/sim_clock.hpp"
#include "counters/registry.hpp"
#include "decision/decider.hpp"
#include "decision/serving_keeper.hpp"
#include "decision/testing/delivery_ledger.hpp"
#include "decision/testing/plain_catalog.hpp"

namespace adbacus {

// 2026-03-11T06:00:00Z, a Wednesday: a quarter of the day has gone in UTC.
inline constexpr TimeUs kBenchTime = 1'773'208'800 * kSecondUs;

class ServingBench {
 public:
  explicit ServingBench(TimeUs now_us = kBenchTime)
      : clock(now_us), counters_(*open_counters({})) {}

  PlainCatalog catalog = {};
  SimClock clock;
  DeliveryLedger ledger = {};

  // With the catalog as it is now. Later changes of it are seen after publish().
  ServingKeeper& open(const ServingKeeperOptions& options) {
    snapshot_ = catalog.snapshot();
    keeper_ =
        std::make_unique<ServingKeeper>([this] { return snapshot_; }, &ledger, clock, options);
    keeper_->settle();
    return *keeper_;
  }
  ServingKeeper& open() { return open({}); }
  void publish() {
    snapshot_ = catalog.snapshot();
    keeper_->refresh();
  }
  ServingKeeper& keeper() { return *keeper_; }
  FrequencyCaps& caps() { return *counters_.caps; }

  // Holds the state that the answers refer to.
  std::shared_ptr<const ServingState> hold() {
    held_ = keeper_->state();
    return held_;
  }
  const TenantState& state() { return *hold()->tenant(catalog.tenant.id); }
  const PlacementState& placement_state(const std::string& id) {
    const TenantState& tenant = state();
    return tenant.of(*tenant.plan->by_id(id));
  }

 private:
  CounterStores counters_;
  std::shared_ptr<const CatalogSnapshot> snapshot_;
  std::unique_ptr<ServingKeeper> keeper_;
  std::shared_ptr<const ServingState> held_;
};

// One slot of the placement "p".
inline AdRequest one_slot(TimeUs now_us, std::string_view user, std::uint64_t seed) {
  AdRequest request;
  request.now_us = now_us;
  request.user_id = user;
  request.seed = seed;
  request.slots.push_back({.name = "a", .placement_key = "key-p"});
  return request;
}

// The ids of what a slot got.
inline std::string item_of(const SlotAnswer& answer) {
  return answer.decisions.empty() ? "" : answer.decisions[0].item->id;
}

}  // namespace adbacus
