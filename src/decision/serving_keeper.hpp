// Keeps the ServingState current: a thread of its own settles budgets with what the statistics say,
// and makes a new state, about once a second; a change of the catalog is in it at once after
// refresh(). While the statistics cannot be read, budgets go on with what was last known and what
// is reserved. state() is thread-safe and waits for no I/O.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/periodic_thread.hpp"
#include "catalog/snapshot.hpp"
#include "decision/delivery_statistics.hpp"
#include "decision/serving_state.hpp"
#include "decision/traffic_history.hpp"

namespace adbacus {

struct ServingKeeperOptions {
  int interval_ms = 1'000;
  int rates_interval_ms = 30'000;
  // Reading the statistics takes at most this share of the time, whatever the interval.
  double load_max = 0.1;
  std::uint32_t reserve_s = 60;  // how long a decision keeps its share of a budget
  // What was delivered is known once the store shows everything up to here: the log's end at start.
  // Until then nothing of a budget may be used.
  Seq known_from = 0;
};

class ServingKeeper {
 public:
  using Catalog = std::function<std::shared_ptr<const CatalogSnapshot>()>;
  // `reader` may be null: nothing is known to be delivered. Both and the clock must outlive the
  // object. The first state is there when it returns.
  ServingKeeper(Catalog catalog, ReportReader* reader, Clock& clock,
                const ServingKeeperOptions& options);
  ~ServingKeeper();
  ServingKeeper(const ServingKeeper&) = delete;
  ServingKeeper& operator=(const ServingKeeper&) = delete;

  std::shared_ptr<const ServingState> state() const;
  // Takes the catalog's snapshot as it is now; for whoever has just changed it.
  void refresh();
  // Reads the statistics as well. One pass at a time.
  void settle();
  // What was asked for before the start, once it is known.
  void learn(const TrafficHistory& before);
  // The thread, which calls `after_pass` behind each state that it made; before it only refresh()
  // and settle() make states.
  void start(std::function<void()> after_pass);
  void stop();  // idempotent

 private:
  struct Known {                             // of one tenant
    const TenantObjects* objects = nullptr;  // of catalog_: what the plan was made of
    std::shared_ptr<const TenantPlan> plan = {};
    std::vector<std::int64_t> delivered = {};
    RateTable rates = {};
    TimeUs rates_read_us = INT64_MIN;  // monotonic
    // Of the plan's budgets; made anew every hour, empty if the plan is new.
    std::vector<std::shared_ptr<const LearnedCurve>> curves = {};
    std::int64_t curves_hour = 0;
  };

  void make_plans();
  void read_statistics();
  void read_delivered(Known& known);
  void count_requests(const TenantPlan& plan, std::int64_t hour);
  void make_curves(Known& known, std::int64_t hour) const;
  void publish();

  const Catalog source_;
  ReportReader* const reader_;  // may be null
  Clock& clock_;
  const ServingKeeperOptions options_;
  std::mutex pass_mutex_;  // guards what follows, but state_
  std::shared_ptr<const CatalogSnapshot> catalog_;
  std::optional<DeliveryStatistics> statistics_;
  BudgetAccounts accounts_;
  // Whose delivery was read; nothing of the others may be used yet.
  std::unordered_set<const BudgetAccount*> known_accounts_;
  std::map<std::string, Known> tenants_;
  TrafficHistory traffic_;
  std::int64_t forgot_hour_ = 0;  // when placements without traffic were last looked for

  mutable std::mutex state_mutex_;  // guards the pointer only; held for a copy
  std::shared_ptr<const ServingState> state_;
  GaugeFn age_gauge_;

  PeriodicThread thread_;
};

}  // namespace adbacus
