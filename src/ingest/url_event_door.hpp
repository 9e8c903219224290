// Where events come in that a URL carries: one at a time, from the device itself. Used by the pixel
// and the click links; thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "catalog/snapshot.hpp"
#include "enrich/agent/request_signs.hpp"
#include "eventlog/event_log.hpp"
#include "http/http.hpp"
#include "ingest/admission.hpp"
#include "ingest/request_facts.hpp"

namespace adbacus {

struct UrlEvent {
  std::string tenant;
  std::string json;       // the event as intake reads it
  std::string bare_json;  // taken in its place if that is refused; empty: nothing is
  std::string device_ip;  // of the connection, or of whom a trusted proxy speaks for
  KeptAgentSigns device_agent;
  SmallText<3> language;
  bool gpc = false;
  // The server wrote `json` itself, out of what it signed: costs in it are believed.
  bool is_own = false;
  TimeUs received_us = 0;
};

using IngestOptionsSource = std::function<std::shared_ptr<const IngestOptions>()>;

class UrlEventDoor {
 public:
  // `source` is the metrics' label: "pixel". All must outlive the door and every event.
  UrlEventDoor(EventAppender& log, Clock& clock, TenantLookup& tenants, SnapshotSource objects,
               AdmissionControl& admission, IngestOptionsSource options, std::string_view source);

  // What every event of this request has: device, time, privacy signal.
  UrlEvent event_of(const http::Request& request, std::string tenant) const;

  // Called once, on any thread, perhaps before take() returns: empty when the event is durable,
  // else the code of the refusal.
  using Done = std::function<void(std::string_view code)>;
  void take(UrlEvent event, Done done);

 private:
  void append(const UrlEvent& event, Done done);

  EventAppender& log_;
  Clock& clock_;
  TenantLookup& tenants_;
  const SnapshotSource objects_;
  AdmissionControl& admission_;
  const IngestOptionsSource options_;
  Counter& accepted_;
  Counter& duplicates_;
  Counter& rejected_;
};

// HTTP's own words for "nobody has seen this yet": Sec-Purpose, Purpose, X-Purpose and X-Moz.
bool is_prefetch(const http::Request& request);

}  // namespace adbacus
