#include "http/client.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "http/chunked.hpp"
#include "http/text.hpp"

namespace adbacus::http {
namespace {

constexpr std::size_t kHeadBytesMax = 64 * 1024;
constexpr std::size_t kBodyBytesMax = 1U << 30U;
constexpr std::size_t kReadBytes = 64 * 1024;

using Deadline = TimeUs;  // of the machine's monotonic clock

Error broken(std::string what) {
  return {ErrorCode::unavailable, std::move(what)};
}

int left_ms(Deadline deadline) {
  const TimeUs left_us = deadline - system_clock().mono_us();
  return static_cast<int>(std::max<TimeUs>(0, left_us / kMillisecondUs));
}

bool wait_for(int fd, short events, Deadline deadline) {
  pollfd item{fd, events, 0};
  for (;;) {
    const int ready = ::poll(&item, 1, left_ms(deadline));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// A connected, non-blocking socket.
class Stream {
 public:
  Stream() = default;
  ~Stream() { close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool is_open() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  Result<void> connect(const std::string& host, const std::string& port, Deadline deadline) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list); error != 0) {
      return broken(host + ": " + ::gai_strerror(error));
    }
    std::string last = "no address";
    for (const addrinfo* item = list; item != nullptr && !is_open(); item = item->ai_next) {
      last = try_address(*item, deadline);
    }
    ::freeaddrinfo(list);
    if (!is_open()) return broken("cannot connect to " + host + ":" + port + ": " + last);
    return {};
  }

  Result<void> write(std::string_view bytes, Deadline deadline) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        if (!wait_for(fd_, POLLOUT, deadline)) return broken("timed out while sending");
      } else if (errno != EINTR) {
        return broken(std::string("sending: ") + std::strerror(errno));
      }
    }
    return {};
  }

  // Appends what is there, at least one byte; 0 = the peer has closed.
  Result<std::size_t> read(std::string& into, Deadline deadline) {
    const std::size_t before = into.size();
    for (;;) {
      into.resize(before + kReadBytes);
      const ssize_t got = ::recv(fd_, into.data() + before, kReadBytes, 0);
      into.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        if (!wait_for(fd_, POLLIN, deadline)) return broken("timed out while waiting");
      } else if (errno != EINTR) {
        return broken(std::string("receiving: ") + std::strerror(errno));
      }
    }
  }

  // Whether the peer has closed, or sent something nobody asked for, while we were idle.
  bool is_stale() {
    char byte = 0;
    const ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  }

 private:
  std::string try_address(const addrinfo& address, Deadline deadline) {
    fd_ = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return std::strerror(errno);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd_, address.ai_addr, address.ai_addrlen) == 0) return {};
    int error = errno;
    if (error == EINPROGRESS) {
      socklen_t size = sizeof error;
      if (!wait_for(fd_, POLLOUT, deadline)) {
        error = ETIMEDOUT;
      } else if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
      }
    }
    if (error == 0) return {};
    close();
    return std::strerror(error);
  }

  int fd_ = -1;
};

struct Address {
  std::string host;
  std::string port;
  std::string authority;
};

Result<Address> parse_url(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  const auto bad = [&] {
    return Error{ErrorCode::invalid_argument, "not an http://host:port URL: " + url};
  };
  if (!url.starts_with(kScheme)) return bad();
  std::string_view rest = std::string_view(url).substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty() || rest.find_first_of("/?#@ ") != std::string_view::npos) return bad();
  Address address;
  address.authority = rest;
  const std::size_t bracket = rest.find(']');
  const std::size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  address.port = colon == std::string_view::npos ? "80" : rest.substr(colon + 1);
  address.host = rest.substr(0, colon);
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (address.host.empty() || address.port.empty()) return bad();
  return address;
}

// Status line and fields, from the bytes before the empty line.
bool parse_response_head(std::string_view head, ClientResponse& out) {
  out = ClientResponse();
  bool is_first = true;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(head.size(), end + 2));
    if (is_first) {
      is_first = false;
      if (!line.starts_with("HTTP/1.") || line.size() < 12) return false;
      const char* digits = line.data() + 9;
      if (std::from_chars(digits, digits + 3, out.status).ptr != digits + 3) return false;
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    out.headers.emplace_back(line.substr(0, colon), trim_blanks(line.substr(colon + 1)));
  }
  return out.status >= 100;
}

class PlainClient final : public Client {
 public:
  PlainClient(Address address, int timeout_s)
      : address_(std::move(address)), timeout_us_(timeout_s * kSecondUs) {}

  Result<ClientResponse> call(const std::string& method, const std::string& target,
                              const std::vector<std::pair<std::string, std::string>>& headers,
                              const std::string& body) override {
    const Deadline deadline = system_clock().mono_us() + timeout_us_;
    if (stream_.is_open() && stream_.is_stale()) stream_.close();
    if (!stream_.is_open()) {
      input_.clear();
      auto connected = stream_.connect(address_.host, address_.port, deadline);
      if (!connected) return connected.error();
    }
    auto response = exchange(method, target, headers, body, deadline);
    const bool stays = response && keeps_alive_ && input_.empty();
    if (!stays) stream_.close();
    return response;
  }

 private:
  Result<ClientResponse> exchange(const std::string& method, const std::string& target,
                                  const std::vector<std::pair<std::string, std::string>>& headers,
                                  const std::string& body, Deadline deadline) {
    std::string out = method + " " + target + " HTTP/1.1\r\nHost: " + address_.authority + "\r\n";
    for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    out += "\r\n";
    if (out.find('\0') != std::string::npos) {
      return Error{ErrorCode::invalid_argument, "NUL in the request head"};
    }
    out += body;
    // A server may refuse and close before it has read everything: its answer counts, not the
    // broken pipe.
    const auto sent = stream_.write(out, deadline);
    auto response = read_response(method, deadline);
    if (!response && !sent) return sent.error();
    if (!sent) keeps_alive_ = false;
    return response;
  }

  Result<ClientResponse> read_response(const std::string& method, Deadline deadline) {
    ClientResponse response;
    do {  // steps over 1xx
      std::size_t end = 0;
      while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
        if (input_.size() > kHeadBytesMax) return broken("the answer's header is too large");
        auto more = read_some(deadline);
        if (!more) return more.error();
      }
      if (!parse_response_head(std::string_view(input_).substr(0, end), response)) {
        return broken("the answer is not HTTP");
      }
      input_.erase(0, end + 4);
    } while (response.status < 200);
    keeps_alive_ = !equals_ignoring_case(response.header("connection"), "close");
    if (method == "HEAD" || response.status == 204 || response.status == 304) return response;
    auto read = read_body(response, deadline);
    if (!read) return read.error();
    return response;
  }

  Result<void> read_body(ClientResponse& response, Deadline deadline) {
    if (equals_ignoring_case(response.header("transfer-encoding"), "chunked")) {
      return read_chunks(response.body, deadline);
    }
    const std::string_view length = response.header("content-length");
    if (length.empty()) return read_to_end(response.body, deadline);
    std::size_t size = 0;
    const auto parsed = std::from_chars(length.data(), length.data() + length.size(), size);
    if (parsed.ec != std::errc() || size > kBodyBytesMax) return broken("bad Content-Length");
    while (input_.size() < size) {
      if (auto more = read_some(deadline); !more) return more;
    }
    response.body = input_.substr(0, size);
    input_.erase(0, size);
    return {};
  }

  Result<void> read_to_end(std::string& body, Deadline deadline) {
    keeps_alive_ = false;
    for (;;) {
      auto got = stream_.read(input_, deadline);
      if (!got) return got.error();
      if (input_.size() > kBodyBytesMax) return broken("the answer is too large");
      if (*got != 0) continue;
      body = std::exchange(input_, {});
      return {};
    }
  }

  Result<void> read_chunks(std::string& body, Deadline deadline) {
    ChunkedDecoder decoder;
    for (;;) {
      const auto step = decoder.next(input_);
      body += step.payload;
      input_.erase(0, step.used);
      if (step.status == ChunkedDecoder::Status::done) return {};
      if (step.status == ChunkedDecoder::Status::bad) return broken("bad chunk in the answer");
      if (body.size() > kBodyBytesMax) return broken("the answer is too large");
      if (step.status == ChunkedDecoder::Status::data) continue;
      if (auto more = read_some(deadline); !more) return more;
    }
  }

  Result<void> read_some(Deadline deadline) {
    auto got = stream_.read(input_, deadline);
    if (!got) return got.error();
    if (*got == 0) return broken("the server closed the connection");
    return {};
  }

  const Address address_;
  const TimeUs timeout_us_;
  Stream stream_;
  std::string input_;
  bool keeps_alive_ = true;
};

}  // namespace

std::string_view ClientResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return {};
}

Result<std::unique_ptr<Client>> Client::open(const std::string& url, int timeout_s) {
  auto address = parse_url(url);
  if (!address) return address.error();
  return std::unique_ptr<Client>(std::make_unique<PlainClient>(*std::move(address), timeout_s));
}

}  // namespace adbacus::http
