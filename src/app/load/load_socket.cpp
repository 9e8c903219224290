#include "app/load/load_socket.hpp"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>

namespace adbacus {

LoadSocket::LoadSocket(LoadSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      epoll_fd_(other.epoll_fd_),
      number_(other.number_),
      watches_writable_(other.watches_writable_) {}

LoadSocket& LoadSocket::operator=(LoadSocket&& other) noexcept {
  if (this == &other) return *this;
  close();
  fd_ = std::exchange(other.fd_, -1);
  epoll_fd_ = other.epoll_fd_;
  number_ = other.number_;
  watches_writable_ = other.watches_writable_;
  return *this;
}

bool LoadSocket::connect(const LoadTarget& target, int epoll_fd, std::uint32_t number) {
  close();
  fd_ = ::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  epoll_fd_ = epoll_fd;
  number_ = number;
  watches_writable_ = true;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* address = reinterpret_cast<const sockaddr*>(&target.address);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.u32 = number;
  const bool is_under_way =
      ::connect(fd_, address, target.address_bytes) == 0 || errno == EINPROGRESS;
  if (is_under_way && ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd_, &event) == 0) return true;
  close();
  return false;
}

bool LoadSocket::is_connected() {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

void LoadSocket::close() {
  if (fd_ >= 0) ::close(fd_);  // leaves the epoll set by itself
  fd_ = -1;
}

LoadSocket::Io LoadSocket::send(std::string_view bytes, std::size_t& sent) {
  while (sent < bytes.size()) {
    const ssize_t went = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (went < 0 && errno == EINTR) continue;
    if (went < 0) return errno == EAGAIN ? Io::blocked : Io::failed;
    sent += static_cast<std::size_t>(went);
  }
  return Io::done;
}

LoadSocket::Io LoadSocket::receive(std::span<char> room, std::size_t& size) {
  for (;;) {
    const ssize_t came = ::recv(fd_, room.data(), room.size(), 0);
    if (came < 0 && errno == EINTR) continue;
    if (came < 0 && errno == EAGAIN) return Io::blocked;
    if (came <= 0) return Io::failed;
    size = static_cast<std::size_t>(came);
    return Io::done;
  }
}

void LoadSocket::watch_writable(bool wanted) {
  if (wanted == watches_writable_) return;
  watches_writable_ = wanted;
  epoll_event event{};
  event.events = EPOLLIN | (wanted ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  event.data.u32 = number_;
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd_, &event);
}

}  // namespace adbacus
