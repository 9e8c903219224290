// Says who is calling, from an in-memory copy of the catalog's keys and tenants, so that the
// request path never waits for the database. A thread of its own reloads the copy about once a
// second: a revocation made by any process acts within two seconds, while the catalog can be read;
// when it cannot, the last copy goes on. Both lookups are thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "base/clock.hpp"
#include "base/periodic_thread.hpp"
#include "catalog/api_key.hpp"
#include "catalog/catalog.hpp"
#include "catalog/tenant_directory.hpp"
#include "http/http.hpp"

namespace adbacus {

struct KeyAuthenticatorOptions {
  int reload_interval_ms = 1'000;
  int use_write_interval_ms = 30'000;  // how often last_used_us goes to the catalog
};

class KeyAuthenticator final : public http::Authenticator, public TenantDirectory {
 public:
  // Fails if the catalog cannot be read now. catalog and clock must outlive the object.
  static Result<std::unique_ptr<KeyAuthenticator>> start(Catalog& catalog, Clock& clock,
                                                         const KeyAuthenticatorOptions& options);
  ~KeyAuthenticator() override;  // writes the last uses

  Result<http::Principal> authenticate(std::string_view credential,
                                       std::string_view tenant_header) override;
  std::optional<Tenant> find(std::string_view id) const override;
  // The same for whoever has shown otherwise that a secret key is his. Thread-safe, never blocks.
  Result<http::Principal> holder_of(std::string_view key_id, std::string_view tenant_header);

  // At once instead of within a second; for whoever just changed a key in this process.
  Result<void> reload();
  // Writes last_used_us of the keys used since the last write.
  Result<void> write_uses();

 private:
  struct Use;
  struct Entry;
  struct Snapshot;
  KeyAuthenticator(Catalog& catalog, Clock& clock, const KeyAuthenticatorOptions& options);
  std::shared_ptr<const Snapshot> snapshot() const;
  Result<http::Principal> principal_of(const Entry& entry, const Snapshot& current,
                                       std::string_view tenant_header);
  void keep_fresh();  // starts the thread

  Catalog& catalog_;
  Clock& clock_;
  const KeyAuthenticatorOptions options_;

  mutable std::mutex snapshot_mutex_;  // guards the pointer only; held for a copy
  std::shared_ptr<const Snapshot> snapshot_;
  std::mutex catalog_mutex_;  // one reload or write of uses at a time

  PeriodicThread thread_;
};

}  // namespace adbacus
