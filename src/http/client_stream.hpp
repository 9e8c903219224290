// The bytes of our client's connection: looked up, checked against the rules, connected, and inside
// TLS where the URL says so. Blocking, with a deadline on the machine's monotonic clock for every
// step. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "http/http_url.hpp"
#include "http/outbound_rules.hpp"
#include "http/tls.hpp"

struct addrinfo;

namespace adbacus::http {

class ClientStream {
 public:
  using Deadline = TimeUs;
  ClientStream() = default;
  ~ClientStream() { close(); }
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  bool is_open() const { return fd_ >= 0; }
  void close();
  // The name is looked up once; every address it has must pass the rules, and one of those that
  // were checked is connected to. `trust` is for https, and must outlive the connection. forbidden:
  // the rules; unavailable: all else.
  Result<void> connect(const HttpUrl& url, const OutboundRules& rules, const TlsTrust* trust,
                       Deadline deadline);
  Result<void> write(std::string_view bytes, Deadline deadline);
  // Appends what is there, at least one byte; 0: the peer has closed, in order.
  Result<std::size_t> read(std::string& into, Deadline deadline);
  // Whether the peer has closed, or sent something nobody asked for, while we were idle.
  bool is_stale() const;

 private:
  std::string try_address(const addrinfo& address, Deadline deadline);
  Result<void> wait_for(TlsSession::Wait wait, Deadline deadline) const;
  Result<std::size_t> send_some(std::string_view bytes, Deadline deadline);
  Result<std::size_t> receive_some(char* room, std::size_t size, Deadline deadline);

  int fd_ = -1;
  std::unique_ptr<TlsSession> tls_;  // null: plain
};

}  // namespace adbacus::http
