// A small blocking HTTP/1.1 client, over TLS where the URL says so. For our own commands, and for
// what the server itself has to fetch, on threads that may wait. One thread, one connection kept
// alive between calls. Redirects are answers like others: nobody follows them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "http/outbound_rules.hpp"

namespace adbacus::http {

struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string_view header(std::string_view name) const;
};

struct ClientOptions {
  int timeout_s = 30;  // of a call, from the first byte of connecting to the last of the answer
  std::size_t body_bytes_max = std::size_t{1} << 20U;  // a larger answer is refused
  std::string ca_file;  // authorities that https believes (PEM); empty: the system's
  // Believe this certificate (PEM) and no other, whatever its name: a server's own, on its machine.
  std::string pinned_file;
  OutboundRules rules;  // where it may go
};

class Client {
 public:
  // url: "http://host:port" or "https://…", without a path. Does not connect yet. invalid_argument:
  // the URL or the file of authorities; forbidden: the rules.
  static Result<std::unique_ptr<Client>> open(const std::string& url, const ClientOptions& options);
  // For commands, whose caller names the server himself: no rules, and answers up to 1 GiB.
  static Result<std::unique_ptr<Client>> open_for_command(const std::string& url,
                                                          const std::string& ca_file,
                                                          int timeout_s);
  virtual ~Client() = default;
  // unavailable: could not connect, the certificate is not believed, the connection broke or the
  // time is over (the request may have been received). forbidden: the rules; nothing was sent.
  virtual Result<ClientResponse> call(
      const std::string& method, const std::string& target,
      const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body) = 0;
};

// One call to an absolute URL, which may have a path and a query.
Result<ClientResponse> call_url(const std::string& method, const std::string& url,
                                const std::vector<std::pair<std::string, std::string>>& headers,
                                const std::string& body, const ClientOptions& options);

}  // namespace adbacus::http
