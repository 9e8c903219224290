// Ad decisions as a part of a running process: frequency caps, the state that decisions are made
// from, their log and their routes. start(), refresh() and stop() may be called from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "app/data_folder.hpp"
#include "base/signing_keys.hpp"
#include "catalog/snapshot.hpp"
#include "counters/counters.hpp"
#include "decision/ad_server.hpp"
#include "decision/decision_log.hpp"
#include "decision/decision_routes.hpp"
#include "decision/openrtb/auction_routes.hpp"
#include "decision/openrtb/outcome_routes.hpp"
#include "decision/serving_keeper.hpp"
#include "eventlog/event_log.hpp"
#include "store/analytics_store.hpp"

namespace adbacus {

struct DecisionOptions {
  ServingKeeperOptions keeper = {};
  DecisionLogOptions log = {};
  AdServerOptions serving = {};
};

class DecisionService {
 public:
  // Reads what the log knows of earlier decisions before it returns. `store` may be null: nothing
  // is known to be delivered. Everything is borrowed and must outlive the object, `keys` too.
  static Result<std::unique_ptr<DecisionService>> start(
      std::function<std::shared_ptr<const CatalogSnapshot>()> catalog, ReportReader* store,
      EventLog& log, const CounterStores& counters, const SigningKeys& keys, Clock& clock,
      const DecisionOptions& options);
  ~DecisionService();

  void add_routes(http::Router& router) {
    routes_.add_routes(router);
    auctions_.add_routes(router);
    outcomes_.add_routes(router);
  }
  void refresh() { keeper_.refresh(); }  // the catalog has changed
  // Writes the last decisions to the log; requests have ended. Idempotent.
  void stop();

 private:
  DecisionService(std::function<std::shared_ptr<const CatalogSnapshot>()> catalog,
                  ReportReader* store, EventLog& log, const CounterStores& counters,
                  const SigningKeys& keys, Clock& clock, const DecisionOptions& options);

  void learn_traffic(Seq end);

  EventLog& event_log_;
  Clock& clock_;
  std::atomic<bool> stopping_{false};
  ServingKeeper keeper_;
  DecisionLog log_;
  AdServer ads_;
  DecisionRoutes routes_;
  AuctionRoutes auctions_;
  OutcomeRoutes outcomes_;
  std::thread learning_;  // reads the traffic of the last weeks while decisions are served
};

}  // namespace adbacus
