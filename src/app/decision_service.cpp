#include "app/decision_service.hpp"

#include <fmt/format.h>
#include <utility>

#include "base/logging.hpp"
#include "base/thread_name.hpp"
#include "decision/decision_recovery.hpp"
#include "decision/traffic_recovery.hpp"

namespace adbacus {

DecisionService::DecisionService(std::function<std::shared_ptr<const CatalogSnapshot>()> catalog,
                                 ReportReader* store, EventLog& log, const CounterStores& counters,
                                 const SigningKeys& keys, Clock& clock,
                                 const DecisionOptions& options)
    : event_log_(log),
      clock_(clock),
      keeper_(std::move(catalog), store, clock, options.keeper),
      log_(log, options.log),
      ads_([this] { return keeper_.state(); }, *counters.caps, keys, &log_, clock, options.serving),
      routes_(ads_),
      auctions_(ads_),
      outcomes_(ads_, *counters.claims,
                {.reserve_s = options.keeper.reserve_s, .started_us = clock.wall_us()}) {}

Result<std::unique_ptr<DecisionService>> DecisionService::start(
    std::function<std::shared_ptr<const CatalogSnapshot>()> catalog, ReportReader* store,
    EventLog& log, const CounterStores& counters, const SigningKeys& keys, Clock& clock,
    const DecisionOptions& options) {
  DecisionOptions settled = options;
  settled.keeper.known_from = log.status().synced_seq;
  std::unique_ptr<DecisionService> service(
      new DecisionService(std::move(catalog), store, log, counters, keys, clock, settled));
  auto found = recover_decisions(log, *service->keeper_.state(), *counters.caps, clock.wall_us(),
                                 clock.mono_us(), INT64_MAX, options.keeper.reserve_s);
  if (!found) return found.error();
  if (found->blocks > 0) {
    log_info("frequency caps know the log's decisions",
             {{"decisions", fmt::format("{}", found->decisions)},
              {"blocks", fmt::format("{}", found->blocks)}});
  }
  service->keeper_.start([ads = &service->ads_] { ads->look_at_delivery(); });
  service->learning_ = std::thread(
      [&learner = *service, end = settled.keeper.known_from] { learner.learn_traffic(end); });
  name_thread(service->learning_, "traffic");
  return {std::move(service)};
}

void DecisionService::learn_traffic(Seq end) {
  const auto found =
      recover_traffic(event_log_, end, clock_.wall_us(), {}, [this] { return stopping_.load(); });
  if (found) return keeper_.learn(*found);
  log_warn("budgets are paced as if nothing was known of earlier traffic",
           {{"error", found.error().message}});
}

DecisionService::~DecisionService() {
  stop();
}

void DecisionService::stop() {
  stopping_ = true;
  if (learning_.joinable()) learning_.join();
  keeper_.stop();
  log_.close();
}

}  // namespace adbacus
