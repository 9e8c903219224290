// HTTP as the rest of adbacus sees it: a parsed request, a response, and who may answer when.
// No third-party type appears here. The server (http/server.hpp) fills and consumes these.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace adbacus::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };

struct QueryParam {
  std::string name;  // percent-decoded, '+' is a space
  std::string value;
};

enum Scope : std::uint32_t {  // bits
  scope_ingest = 1U << 0U,
  scope_import = 1U << 1U,
  scope_read = 1U << 2U,
  scope_decide = 1U << 3U,
  scope_admin = 1U << 4U,
  scope_own = 1U << 5U,     // gives and takes ownership
  scope_export = 1U << 6U,  // takes data out in bulk; goes with `read` but for people who only look
};

// Who is calling, from the credential only.
struct Principal {
  std::string tenant;        // empty for an operator that named none
  std::string key_id;        // public part of the credential; safe to log
  std::uint32_t scopes = 0;  // Scope bits
  bool is_operator = false;  // stands above tenants
  bool is_public = false;    // a browser's key: may only ingest or only ask for ads, from pages
  std::shared_ptr<const std::vector<std::string>> origins = nullptr;  // of a public key
  // Ids of the placements that a public key may ask for; null: all of the tenant.
  std::shared_ptr<const std::vector<std::string>> placements = nullptr;
  std::string origin = {};   // of this request, one of `origins`: the page that may read the answer
  std::string user_id = {};  // of a person; empty for programs
  std::string advertiser_id = {};  // sees this advertiser's data only; empty: all
  std::string publisher_id = {};
  std::uint32_t quota = 0;  // requests in quota_period_s; 0: those of the server
  std::uint32_t quota_period_s = 0;

  bool is_limited() const { return !advertiser_id.empty() || !publisher_id.empty(); }
};

struct Request {
  Method method = Method::get;
  std::string_view method_text;
  std::string_view target;  // as sent
  std::string path;         // percent-decoded, without query
  std::vector<QueryParam> query;
  std::vector<std::pair<std::string_view, std::string_view>> headers;  // as sent
  std::string_view body;               // decompressed; valid until the response is sent
  std::string remote_ip;               // peer, or the forwarded one if the peer is a trusted proxy
  std::string request_id;              // X-Request-Id as sent (if sane) or generated; echoed
  Principal principal;                 // filled before the handler runs if the route needs a scope
  std::vector<std::string> path_args;  // values of {name} parts of the route, in order
  std::vector<std::pair<std::string, std::string>> answer_fields;  // of whatever the answer will be

  std::string_view header(std::string_view name) const;   // case-insensitive; "" if absent
  const std::string* param(std::string_view name) const;  // first one; nullptr if absent
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string code = {};  // of a problem document; empty: it is none
};

// One pending answer. Movable; may be completed from any thread, exactly once. Destroying it
// unanswered sends 500. Keeps the request (and its body) alive until then.
class Responder {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void send(Response response) = 0;
  };
  Responder() = default;
  explicit Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&&) = default;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder();
  void send(Response response);

 private:
  std::shared_ptr<Sink> sink_;
};

// The request is valid until its responder is completed or destroyed. Handlers run on an I/O thread
// and must not block: work over about a millisecond goes to a pool.
using Handler = std::function<void(const Request& request, Responder responder)>;

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // Thread-safe, never blocks on I/O. `credential` is the bearer token or key as sent (empty =
  // none), `tenant_header` the value of X-Adbacus-Tenant. unauthorized or forbidden otherwise.
  // Callers go through http/caller.hpp, which holds public keys to their origins.
  virtual Result<Principal> authenticate(std::string_view credential,
                                         std::string_view tenant_header) = 0;
};

// RFC 9457. `code` is stable snake_case.
struct ProblemItem {
  std::string pointer;  // JSON pointer into the body, or "?name" for a query parameter
  std::string code;
  std::string detail;
};
Response problem(const Request& request, int status, std::string_view code, std::string_view detail,
                 std::vector<ProblemItem> errors = {});
// Status and code for an Error from below: invalid_argument 422, not_found 404, unauthorized 401,
// forbidden 403, conflict 409, storage_full and unavailable 503 with Retry-After, else 500.
Response problem(const Request& request, const Error& error);

// Appends `text` as a JSON string with quotes; invalid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace adbacus::http
