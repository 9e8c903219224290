// Creates, revokes and rotates API keys over any catalog, each change in one transaction. Used by
// the keys command and routes; an object belongs to one thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "catalog/entity_store.hpp"

namespace adbacus {

struct KeyRequest {
  std::string tenant_id;  // must exist; empty for an operator key
  std::string name;
  std::uint32_t scopes = 0;  // http::Scope bits
  bool is_operator = false;
  bool is_public = false;
  std::vector<std::string> origins;
  std::vector<std::string> placements = {};  // ids; empty: all
  TimeUs lifetime_us = 0;                    // 0 = for ever
  std::uint32_t quota = 0;                   // requests in quota_period_s; 0: those of the server
  std::uint32_t quota_period_s = 0;
};

struct CreatedKey {
  std::string text;  // the whole key; kept nowhere
  ApiKey key;
};

// Whether a revocation may leave a tenant without an owner.
enum class OwnerRule : std::uint8_t { any, one_stays };

class KeyAdministration {
 public:
  // Told of every change ("create", "update", "revoke") within its transaction; an error gives the
  // change up and is what is returned.
  using Noted = std::function<Result<void>(EntityTransaction& transaction, const char* action,
                                           const ApiKey& key)>;
  KeyAdministration(Catalog& catalog, Clock& clock, Noted noted = {})
      : catalog_(catalog), clock_(clock), noted_(std::move(noted)) {}
  // Errors as Catalog::put_key. A public key needs origins, which are stored as browsers send them;
  // no other key may have any. Its placements must be the tenant's.
  Result<CreatedKey> create(const KeyRequest& request);
  // Acts on servers within seconds. A second revocation keeps the first one's time. not_found: no
  // such key. conflict: the rule forbids it.
  Result<ApiKey> revoke(const std::string& id, OwnerRule rule = OwnerRule::any);
  // A new key with the same rights and lifetime; the old one ends after `overlap_us` at the latest
  // (0: is revoked now). conflict: it is revoked or has expired.
  Result<CreatedKey> rotate(const std::string& id, TimeUs overlap_us);

 private:
  Result<CreatedKey> store_new(EntityTransaction& transaction, ApiKey key);
  Result<void> note(EntityTransaction& transaction, const char* action, const ApiKey& key);
  Result<void> check_placements(const KeyRequest& request);
  Result<ApiKey> existing(const std::string& id);
  static Result<ApiKey> existing(EntityTransaction& transaction, const std::string& id);

  Catalog& catalog_;
  Clock& clock_;
  const Noted noted_;
};

}  // namespace adbacus
