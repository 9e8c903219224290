#include "http/client_stream.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/name_lookup.hpp"

namespace adbacus::http {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

Error broken(std::string what) {
  return {ErrorCode::unavailable, std::move(what)};
}

bool poll_until(int fd, short events, ClientStream::Deadline deadline) {
  pollfd item{fd, events, 0};
  for (;;) {
    const TimeUs left_us = deadline - system_clock().mono_us();
    const int ready =
        ::poll(&item, 1, static_cast<int>(std::max<TimeUs>(0, left_us / kMillisecondUs)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

std::optional<PeerAddress> address_of(const addrinfo& item) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (item.ai_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in*>(item.ai_addr)->sin_addr;
  } else if (item.ai_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6*>(item.ai_addr)->sin6_addr;
  }
  if (bytes == nullptr || ::inet_ntop(item.ai_family, bytes, text.data(),
                                      static_cast<socklen_t>(text.size())) == nullptr) {
    return std::nullopt;
  }
  return PeerAddress::parse(text.data());
}

// One forbidden address among several forbids all: whoever answers for the name chose them.
Result<Addresses> look_up(const HttpUrl& url, const OutboundRules& rules, TimeUs deadline) {
  auto list = NameLookup::of_system().find(url.host, url.port, deadline);
  if (!list) return list;
  for (const addrinfo* item = list->get(); item != nullptr; item = item->ai_next) {
    const auto address = address_of(*item);
    if (!address) return broken(url.host + ": has an address of another kind");
    if (auto allowed = rules.check(url, *address); !allowed) return allowed.error();
  }
  return list;
}

}  // namespace

void ClientStream::close() {
  if (tls_) tls_->say_goodbye();
  tls_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<void> ClientStream::connect(const HttpUrl& url, const OutboundRules& rules,
                                   const TlsTrust* trust, Deadline deadline) {
  if (auto allowed = rules.check(url); !allowed) return allowed;
  const auto list = look_up(url, rules, deadline);
  if (!list) return list.error();
  std::string last = "no address";
  for (const addrinfo* item = list->get(); item != nullptr && !is_open(); item = item->ai_next) {
    last = try_address(*item, deadline);
  }
  if (!is_open()) return broken("cannot connect to " + url.authority() + ": " + last);
  if (url.is_tls) tls_ = trust->connect(fd_, url.host);
  return {};
}

std::string ClientStream::try_address(const addrinfo& address, Deadline deadline) {
  fd_ = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return std::strerror(errno);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, address.ai_addr, address.ai_addrlen) == 0) return {};
  int error = errno;
  if (error == EINPROGRESS) {
    socklen_t size = sizeof error;
    if (!poll_until(fd_, POLLOUT, deadline)) {
      error = ETIMEDOUT;
    } else if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
      error = errno;
    }
  }
  if (error == 0) return {};
  close();
  return std::strerror(error);
}

Result<void> ClientStream::wait_for(TlsSession::Wait wait, Deadline deadline) const {
  const bool is_reading = wait == TlsSession::Wait::readable;
  if (poll_until(fd_, is_reading ? POLLIN : POLLOUT, deadline)) return {};
  return broken(is_reading ? "timed out while waiting" : "timed out while sending");
}

Result<std::size_t> ClientStream::send_some(std::string_view bytes, Deadline deadline) {
  for (;;) {
    TlsSession::Wait wait = TlsSession::Wait::writable;
    if (tls_) {
      const std::size_t sent = tls_->write_some(bytes, wait);
      if (sent > 0) return sent;
      if (wait == TlsSession::Wait::over) return broken("TLS: " + tls_->failure());
    } else {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) return static_cast<std::size_t>(sent);
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return broken(std::string("sending: ") + std::strerror(errno));
    }
    if (auto ready = wait_for(wait, deadline); !ready) return ready.error();
  }
}

Result<std::size_t> ClientStream::receive_some(char* room, std::size_t size, Deadline deadline) {
  for (;;) {
    TlsSession::Wait wait = TlsSession::Wait::readable;
    if (tls_) {
      const std::size_t got = tls_->read_some({room, size}, wait);
      if (got > 0) return got;
      if (wait == TlsSession::Wait::over && tls_->failure().empty()) return std::size_t{0};
      if (wait == TlsSession::Wait::over) return broken("TLS: " + tls_->failure());
    } else {
      const ssize_t got = ::recv(fd_, room, size, 0);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return broken(std::string("receiving: ") + std::strerror(errno));
    }
    if (auto ready = wait_for(wait, deadline); !ready) return ready.error();
  }
}

Result<void> ClientStream::write(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const auto sent = send_some(bytes, deadline);
    if (!sent) return sent.error();
    bytes.remove_prefix(*sent);
  }
  return {};
}

Result<std::size_t> ClientStream::read(std::string& into, Deadline deadline) {
  // Also where bytes never stop coming: a wait alone would not notice.
  if (system_clock().mono_us() >= deadline) return broken("timed out while waiting");
  const std::size_t before = into.size();
  into.resize(before + kReadBytes);
  auto got = receive_some(into.data() + before, kReadBytes, deadline);
  into.resize(before + (got ? *got : 0));
  return got;
}

bool ClientStream::is_stale() const {
  char byte = 0;
  const ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || errno != EAGAIN;
}

}  // namespace adbacus::http
