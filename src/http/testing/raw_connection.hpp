// A loopback connection that sends exactly the bytes a test says and reads answers back, for tests
// of what well-behaved clients never do. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace adbacus::http {

struct RawResponse {
  int status = 0;
  std::string head;  // status line and fields
  std::string body;
  std::string field(std::string_view name) const;  // "" if absent
};

class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port, int receive_buffer_bytes = 0);
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool send(std::string_view bytes);  // false: the peer has closed or reset
  void finish_sending();
  // The next answer, with the body its Content-Length says (none for `to_head`). nullopt: closed,
  // broken or 20 s without it.
  std::optional<RawResponse> read_response(bool to_head = false);
  // True once the peer has closed and nothing was left to read; false after 20 s or on other bytes.
  bool is_closed();

 private:
  bool read_some();

  int fd_ = -1;
  std::string input_;
};

}  // namespace adbacus::http
