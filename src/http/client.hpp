// A small blocking HTTP/1.1 client for our own commands and tests. One thread, one connection kept
// alive between calls.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace adbacus::http {

struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string_view header(std::string_view name) const;
};

class Client {
 public:
  // url: "http://host:port". Does not connect yet.
  static Result<std::unique_ptr<Client>> open(const std::string& url, int timeout_s);
  virtual ~Client() = default;
  // unavailable: could not connect, or the connection broke (the request may have been received).
  virtual Result<ClientResponse> call(
      const std::string& method, const std::string& target,
      const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body) = 0;
};

}  // namespace adbacus::http
