// Says whose session a cookie is, from an in-memory copy of the open sessions and their users. A
// thread of its own reads both again about once a second: who was paused, removed or given another
// role, and whoever signed out elsewhere, feels it then. Thread-safe; a request never waits for the
// catalog.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/periodic_thread.hpp"
#include "catalog/catalog.hpp"
#include "catalog/sign_in_store.hpp"
#include "catalog/tenant_directory.hpp"
#include "http/http.hpp"

namespace adbacus {

struct SessionOptions {
  int reload_interval_ms = 1'000;
  int lifetime_hours = 12;
  bool is_secure = false;            // the cookie is for TLS only
  std::vector<std::string> origins;  // pages beside the server's own that may use sessions
};

class SessionAuthenticator final : public http::Authenticator {
 public:
  // Fails if the catalog cannot be read now. All but the options must outlive the object.
  static Result<std::unique_ptr<SessionAuthenticator>> start(Catalog& catalog,
                                                             const TenantDirectory& tenants,
                                                             Clock& clock,
                                                             const SessionOptions& options);
  ~SessionAuthenticator() override;
  SessionAuthenticator(const SessionAuthenticator&) = delete;
  SessionAuthenticator& operator=(const SessionAuthenticator&) = delete;

  // `credential` is the cookie's value.
  Result<http::Principal> authenticate(std::string_view credential,
                                       std::string_view tenant_header) override;
  Result<void> reload();

 private:
  struct Snapshot {
    std::unordered_map<std::string, std::pair<TimeUs, http::Principal>> sessions;  // by id
  };
  SessionAuthenticator(Catalog& catalog, const TenantDirectory& tenants, Clock& clock,
                       const SessionOptions& options);
  void keep_fresh();  // starts the thread

  Catalog& catalog_;
  const TenantDirectory& tenants_;
  Clock& clock_;
  const SessionOptions options_;
  const std::shared_ptr<const std::vector<std::string>> origins_;
  std::mutex reload_mutex_;
  std::int64_t seen_change_ = -1;  // of the catalog; guarded by reload_mutex_, as the next
  std::vector<StoredSession> seen_sessions_;
  mutable std::mutex snapshot_mutex_;  // guards the pointer only; held for a copy
  std::shared_ptr<const Snapshot> snapshot_;

  PeriodicThread thread_;
};

std::string session_id_of(std::string_view secret);  // what is stored of it

}  // namespace adbacus
