// Opens sessions for people who have shown who they are, whichever way, and writes what happens to
// sessions into the audit log. Thread-safe; calls may block on the catalog.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "access/session_authenticator.hpp"

namespace adbacus {

class SessionOpener {
 public:
  // All but the options must outlive the object.
  SessionOpener(Catalog& catalog, Clock& clock, SessionAuthenticator& sessions,
                const SessionOptions& options)
      : catalog_(catalog), clock_(clock), sessions_(sessions), options_(options) {}

  // The secret of a new session, which this process knows at once. `request` asked for it.
  Result<std::string> open(const http::Request& request, const std::string& tenant_id,
                           const std::string& user_id);
  std::string cookie(std::string_view secret) const;  // the value of Set-Cookie
  std::string ended_cookie() const;                   // takes it from the browser
  // Of something that `request` did to the user, or to nobody known. What cannot be written is told
  // in the log.
  void audit(const http::Request& request, const std::string& tenant_id, const std::string& user_id,
             const char* action, const char* kind);
  void reload();  // after sessions changed

 private:
  std::string cookie_text(std::string_view secret, std::int64_t age_s) const;

  Catalog& catalog_;
  Clock& clock_;
  SessionAuthenticator& sessions_;
  const SessionOptions options_;
};

}  // namespace adbacus
