// The endpoints that take events: POST /v1/events and its aliases (docs/api/ingest.md). Made once
// by app; handlers run on any I/O thread at the same time.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "catalog/snapshot.hpp"
#include "eventlog/event_log.hpp"
#include "http/router.hpp"
#include "ingest/admission.hpp"
#include "ingest/intake.hpp"
#include "ingest/request_facts.hpp"

namespace adbacus {

class IngestRoutes {
 public:
  // All of them must outlive the routes and every request.
  IngestRoutes(EventAppender& log, Clock& clock, TenantLookup& tenants, SnapshotSource objects,
               AdmissionControl& admission, IngestOptions options);

  void add_routes(http::Router& router);
  // For requests that come from now on. Thread-safe.
  void set_options(IngestOptions options);
  std::shared_ptr<const IngestOptions> options() const;

 private:
  struct Arrival;
  void add_route(http::Router& router, std::string path, std::optional<EventType> type,
                 std::string summary);
  void take(Arrival arrival);
  bool check(Arrival& arrival, RequestFacts& facts) const;
  bool admitted(Arrival& arrival);
  void append(Arrival arrival, IntakeResult result);

  EventAppender& log_;
  Clock& clock_;
  TenantLookup& tenants_;
  const SnapshotSource objects_;
  AdmissionControl& admission_;
  mutable std::mutex options_mutex_;  // guards the pointer only; held for a copy
  std::shared_ptr<const IngestOptions> options_;
  Counter& accepted_;
  Counter& duplicates_;
  Counter& rejected_;
  Histogram& duration_;
};

}  // namespace adbacus
