// Operations over HTTP: /healthz, /readyz, /metrics, /version, /openapi.json. healthz never looks
// at a dependency; readyz says whether events and reports are accepted and what is wrong. Built by
// the service, on its main listener and on the one for operations; handlers run on I/O threads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/live_config.hpp"
#include "base/metrics.hpp"
#include "enrich/geo/geo_tables.hpp"
#include "eventlog/event_log.hpp"
#include "http/json_writer.hpp"
#include "http/router.hpp"
#include "processor/pipeline.hpp"
#include "store/analytics_store.hpp"
#include "store/event_lake.hpp"

namespace adbacus {

// Derived data that could not be read at the start, or holds what the log holds no more, and is
// rebuilt from the log.
struct Mending {
  std::string part;  // "store" or "lake"
  std::string why;
  Seq until = 0;  // the log's end then: complete again once the part has come so far
};

// What readyz and the gauges show. A snapshot.
struct NodeHealth {
  LogStatus log;
  StoreStatus store;
  LakeStatus lake;
  PipelineStatus pipeline;
  bool draining = false;
  bool signing_keys_lost = false;  // made anew at this start beside a log that holds events
  bool starting = false;           // events are taken, reports are not answered yet
  std::vector<GeoFileStatus> geo;  // of the files that are configured
  std::vector<Mending> mendings;
  std::vector<SeqRange> losses;  // that were accepted
};

// Who may see readyz and metrics.
enum class OpsAccess : bool {
  guarded,  // callers from loopback, others with an admin key: beside the routes for everybody
  open,     // whoever reaches the listener
};

// What every path answers that is not served yet.
http::Response answer_starting(const http::Request& request);

class OpsRoutes {
 public:
  // All three functions are called from I/O threads and must be quick. `described` is the router
  // that openapi.json shows, or null while it is not complete. authenticator must outlive this.
  OpsRoutes(std::function<const http::Router*()> described, http::Authenticator& authenticator,
            std::function<NodeHealth()> health, std::function<ReloadStatus()> reloads);
  void add_routes(http::Router& router, OpsAccess access);

 private:
  void readyz(const http::Request& request, http::Responder responder) const;
  // True if the caller may see operational data; otherwise the refusal was sent.
  bool allowed(const http::Request& request, http::Responder& responder) const;
  void write_configuration(http::JsonWriter& json) const;
  void add_gauge(const char* name, const char* help, std::function<double()> read);

  std::function<const http::Router*()> described_;
  http::Authenticator& authenticator_;
  std::function<NodeHealth()> health_;
  std::function<ReloadStatus()> reloads_;
  std::vector<std::unique_ptr<GaugeFn>> gauges_;
};

}  // namespace adbacus
