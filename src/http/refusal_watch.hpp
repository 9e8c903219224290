// Told by the server of every request that is refused for who asks or how often: so that refusals
// can be written down (access/refusal_audit.hpp).
#pragma once

#include <string_view>

#include "http/http.hpp"

namespace adbacus::http {

constexpr bool is_refusal(int status) {
  return status == 401 || status == 403 || status == 429;
}

class RefusalWatch {
 public:
  virtual ~RefusalWatch() = default;
  // `path` is that of the route table, empty where it has none. `request` has a principal if the
  // caller is known. Called on I/O threads, thread-safe, never blocks.
  virtual void refused(const Request& request, std::string_view path, const Response& answer) = 0;
};

}  // namespace adbacus::http
