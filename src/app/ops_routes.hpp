// Operations over HTTP: /healthz, /readyz, /metrics, /version, /openapi.json. healthz never looks
// at a dependency; readyz says whether events and reports are accepted and what is wrong; readyz
// and metrics answer loopback callers and otherwise ask for an admin key.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "eventlog/event_log.hpp"
#include "http/router.hpp"
#include "processor/pipeline.hpp"
#include "store/analytics_store.hpp"
#include "store/event_lake.hpp"

namespace adbacus {

// What readyz and the gauges show. A snapshot.
struct NodeHealth {
  LogStatus log;
  StoreStatus store;
  LakeStatus lake;
  PipelineStatus pipeline;
  bool draining = false;
};

class OpsRoutes {
 public:
  // `health` is called from I/O threads and must be quick. router and authenticator must outlive
  // this.
  OpsRoutes(const http::Router& router, http::Authenticator& authenticator,
            std::function<NodeHealth()> health);
  void add_routes(http::Router& router);

 private:
  void readyz(const http::Request& request, http::Responder responder) const;
  // True if the caller may see operational data; otherwise the refusal was sent.
  bool allowed(const http::Request& request, http::Responder& responder) const;
  void add_gauge(const char* name, const char* help, std::function<double()> read);

  const http::Router& router_;
  http::Authenticator& authenticator_;
  std::function<NodeHealth()> health_;
  std::vector<std::unique_ptr<GaugeFn>> gauges_;
};

}  // namespace adbacus
