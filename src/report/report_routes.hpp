// The report API: GET|POST /v1/report, GET /api/report/summary, GET /api/v1/stats and /stats.
// Created once by app; handlers are called from the server's I/O threads. Quick answers are given
// there, the rest by a bounded pool; requests that wait for a position occupy no thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/query_pool.hpp"
#include "catalog/tenant_directory.hpp"
#include "eventlog/event_log.hpp"
#include "http/router.hpp"
#include "report/engine.hpp"
#include "report/request_check.hpp"
#include "report/visibility_gate.hpp"

namespace adbacus {

class CatalogSnapshot;

// Data that leaves in bulk: rows of a report as CSV, NDJSON or Parquet.
struct ReportExport {
  const http::Request& request;
  const std::string& tenant;
  std::string_view format;
  std::size_t rows = 0;
};

struct ReportOptions {
  QueryPoolOptions pool;
  EngineOptions engine;
  ReportLimits limits;
  std::size_t waiters_max = 1'024;  // requests that wait for a position
  // Told before an export of so many rows or more is sent, on a thread of the pool; may block.
  std::function<void(const ReportExport&)> exported = {};
  std::size_t export_rows_min = 1'000;
  // What callers with a limit are held to; empty: they get nothing.
  std::function<std::shared_ptr<const CatalogSnapshot>()> objects = {};
};

class ReportRoutes {
 public:
  // Everything is borrowed and must outlive the routes; `raw` may be null.
  ReportRoutes(ReportReader& reader, RawReader* raw, const LogIdentity& log,
               const TenantDirectory& tenants, Clock& clock, const ReportOptions& options);
  ~ReportRoutes();
  ReportRoutes(const ReportRoutes&) = delete;
  ReportRoutes& operator=(const ReportRoutes&) = delete;

  void add_routes(http::Router& router);
  // Answers what waits with 503 and joins the threads; requests after it get 503. Idempotent.
  void stop();

 private:
  using Render = std::function<http::Response(const ReportEngine::Prepared&, const ReportAnswer&)>;
  struct Pending;

  void handle_report(const http::Request& request, http::Responder responder);
  void handle_summary(const http::Request& request, http::Responder responder);
  void handle_stats(const http::Request& request, http::Responder responder);
  ReportCaller caller_of(const http::Request& request) const;
  // Answers the request's problems, or starts it on its way to an answer.
  void start(const http::Request& request, http::Responder responder, CheckedReport checked,
             Render render);
  void wait(std::shared_ptr<Pending> pending, TimeUs not_before_us);
  void enqueue(std::shared_ptr<Pending> pending);
  void run(const std::shared_ptr<Pending>& pending);
  void tell_export(const Pending& pending, std::size_t rows) const;

  ReportEngine engine_;
  const LogIdentity& log_;
  const TenantDirectory& tenants_;
  Clock& clock_;
  const ReportOptions options_;
  QueryPool pool_;
  VisibilityGate gate_;  // after pool_: stops first, it feeds the pool
};

}  // namespace adbacus
