#include "http/testing/raw_connection.hpp"

#include <arpa/inet.h>
#include <array>
#include <cassert>
#include <charconv>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/text.hpp"

namespace adbacus::http {
namespace {
constexpr int kWaitMs = 20'000;
}

std::string RawResponse::field(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    std::string_view line = take_element(rest, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (equals_ignoring_case(line.substr(0, colon), name)) {
      return std::string(trim_blanks(line.substr(colon + 1)));
    }
  }
  return {};
}

RawConnection::RawConnection(std::uint16_t port, int receive_buffer_bytes) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert(fd_ >= 0);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int status = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  assert(status == 0);
  (void)status;
}

RawConnection::~RawConnection() {
  ::close(fd_);
}

bool RawConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawConnection::finish_sending() {
  ::shutdown(fd_, SHUT_WR);
}

bool RawConnection::read_some() {
  pollfd item{fd_, POLLIN, 0};
  if (::poll(&item, 1, kWaitMs) != 1) return false;
  std::array<char, 64 * 1024> bytes;
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  input_.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<RawResponse> RawConnection::read_response(bool to_head) {
  std::size_t end = 0;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_some()) return std::nullopt;
  }
  RawResponse response;
  response.head = input_.substr(0, end + 2);
  input_.erase(0, end + 4);
  if (response.head.size() < 12) return std::nullopt;
  std::from_chars(response.head.data() + 9, response.head.data() + 12, response.status);
  std::size_t length = 0;
  const std::string text = response.field("content-length");
  std::from_chars(text.data(), text.data() + text.size(), length);
  if (to_head) return response;
  while (input_.size() < length) {
    if (!read_some()) return std::nullopt;
  }
  response.body = input_.substr(0, length);
  input_.erase(0, length);
  return response;
}

bool RawConnection::is_closed() {
  if (!input_.empty()) return false;
  pollfd item{fd_, POLLIN, 0};
  if (::poll(&item, 1, kWaitMs) != 1) return false;
  char byte = 0;
  return ::recv(fd_, &byte, 1, 0) <= 0;
}

}  // namespace adbacus::http
