// GET /v1/reconcile: the recount of a range as an answer (docs/api/reconcile.md). Built by the
// service; handlers run on I/O threads, the work on a small pool of its own, so that reconciling
// never takes a report's thread.
#pragma once

#include "base/clock.hpp"
#include "base/query_pool.hpp"
#include "eventlog/event_log.hpp"
#include "http/router.hpp"
#include "store/event_lake.hpp"

namespace adbacus {

struct ReconcileOptions {
  TimeUs range_max_us = 31 * kDayUs;
  int wait_ms_default = 5'000;
  int wait_ms_max = 60'000;
  QueryPoolOptions pool{.threads = 1, .queue_max = 8, .running_per_tenant_max = 1};
};

class ReconcileRoutes {
 public:
  // `lake` may be null: then the answer is 409.
  ReconcileRoutes(ReportReader& served, LakeReader* lake, const LogIdentity& log, Clock& clock,
                  const ReconcileOptions& options);
  void add_routes(http::Router& router);
  void stop() { pool_.stop(); }  // idempotent

 private:
  struct Job;
  void handle(const http::Request& request, http::Responder responder);
  void run(Job& job);

  ReportReader& served_;
  LakeReader* lake_;
  const LogIdentity log_;
  Clock& clock_;
  const ReconcileOptions options_;
  QueryPool pool_;
};

}  // namespace adbacus
