// The HTTP/1.1 server: one io_context and one SO_REUSEPORT acceptor per thread, keep-alive,
// pipelining, strict framing, compressed bodies with caps, slow-client limits (all of RELIABILITY 5
// and R11-R14). Handlers run on the connection's I/O thread; responses may come from any thread and
// are batched per I/O thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "http/http.hpp"
#include "http/router.hpp"

namespace adbacus::http {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0 = any; Server::port() tells
  int threads = 0;            // 0 = one per core
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t body_bytes_max = 5 * 1024 * 1024;  // as sent
  std::size_t decompressed_bytes_max = 10'000'000;
  std::size_t compression_ratio_max = 100;          // bodies up to 64 KiB are exempt
  std::size_t body_memory_bytes_max = 256U << 20U;  // of all bodies in flight; beyond it: 503
  int header_timeout_s = 10;
  int idle_timeout_s = 60;
  int write_timeout_s = 30;
  int body_grace_s = 5;              // after it, body_rate_min applies
  std::size_t body_rate_min = 1024;  // bytes/s
  int connections_per_ip_max = 256;
  int connections_max = 0;                   // 0 = 75 % of RLIMIT_NOFILE
  std::size_t drain_bytes_max = 64U << 20U;  // read and dropped after an early refusal
  std::vector<std::string> trusted_proxies;  // addresses whose X-Forwarded-For is believed
  std::string tls_certificate_file;          // PEM, with its chain; empty: no TLS
  std::string tls_key_file;
  std::int64_t hsts_s =
      30 * 86'400;  // with TLS: browsers come by TLS only for so long; 0: not said
};

class Server {
 public:
  // Listens and serves until stop(). router and authenticator must outlive the server.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, const Router& router,
                                               Authenticator* authenticator, Clock& clock);
  // Whether start() could listen there now; nothing is left open. unavailable: the port is taken;
  // invalid_argument: the host is no address.
  static Result<void> probe(const ServerOptions& options);
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  // Requests whose head comes from now on are routed by this one. It must outlive the server, as
  // the one before must. Thread-safe.
  virtual void set_router(const Router& router) = 0;
  // From now on header_timeout_s, idle_timeout_s, connections_per_ip_max and connections_max of
  // `options` hold; what is under way keeps its own. Thread-safe.
  virtual void set_limits(const ServerOptions& options) = 0;
  // Reads certificate and key again, if they have changed, for connections that begin then; an
  // error changes nothing. Without TLS it does nothing. Blocks on the disk; thread-safe.
  virtual Result<void> reload_certificate() = 0;
  // Stops accepting, lets requests in flight finish (at most `grace_s`), closes, joins. Idempotent.
  virtual void stop(int grace_s) = 0;
};

}  // namespace adbacus::http
