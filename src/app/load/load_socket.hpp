// One non-blocking TCP connection, registered with a worker's epoll set under a number. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "app/load/load_target.hpp"

namespace adbacus {

class LoadSocket {
 public:
  enum class Io : std::uint8_t { done, blocked, failed };

  LoadSocket() = default;
  ~LoadSocket() { close(); }
  LoadSocket(LoadSocket&& other) noexcept;
  LoadSocket& operator=(LoadSocket&& other) noexcept;

  // Starts to connect; the set reports it writable when that is over. False: failed at once.
  bool connect(const LoadTarget& target, int epoll_fd, std::uint32_t number);
  bool is_connected();  // once it was reported writable
  void close();
  bool is_open() const { return fd_ >= 0; }

  // done: all of `bytes` went; `sent` counts on.
  Io send(std::string_view bytes, std::size_t& sent);
  // done: `size` bytes came, at least one.
  Io receive(std::span<char> room, std::size_t& size);
  // Whether the set shall report it when it is writable, besides when it is readable.
  void watch_writable(bool wanted);

 private:
  int fd_ = -1;
  int epoll_fd_ = -1;
  std::uint32_t number_ = 0;
  bool watches_writable_ = false;
};

}  // namespace adbacus
