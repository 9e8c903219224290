// The HTTP service of a node: routes of every role on one server. Started once the node takes
// events in, stopped before it. start(), complete() and stop() belong to one thread.
#pragma once

#include <functional>
#include <memory>

#include "app/config.hpp"
#include "app/live_config.hpp"
#include "app/node.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace adbacus {

class Service {
 public:
  // Listens when it returns, and takes events; what needs a finished node is answered 503
  // `starting` until complete(). The port is also written to <data>/port, that of the listener for
  // operations to <data>/ops_port. `reloads` is what readyz shows of the configuration.
  static Result<std::unique_ptr<Service>> start(Node& node, const Config& config, Clock& clock,
                                                std::function<ReloadStatus()> reloads);
  virtual ~Service() = default;
  // The node is finished: all routes are served once it returns. Once; an error ends the process.
  virtual Result<void> complete() = 0;
  virtual std::uint16_t port() const = 0;
  virtual Result<void> reload_keys() = 0;  // after this process changed the catalog's keys
  // The settings of `config` that may change while the server runs; the log's are not its own.
  virtual void apply(const Config& config) = 0;
  // Reads certificate and key of TLS again if they have changed; an error changes nothing.
  virtual Result<void> reload_certificate() = 0;
  // Refuses new requests, finishes those in flight for at most grace_s. Idempotent.
  virtual void stop(int grace_s) = 0;
};

}  // namespace adbacus
