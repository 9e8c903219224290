// Creates, revokes and rotates API keys over any catalog. Used by the keys command; an object
// belongs to one thread.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"

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

class KeyAdministration {
 public:
  KeyAdministration(Catalog& catalog, Clock& clock) : catalog_(catalog), clock_(clock) {}
  // Errors as Catalog::put_key. A public key needs origins, which are stored as browsers send them;
  // no other key may have any. Its placements must be the tenant's.
  Result<CreatedKey> create(const KeyRequest& request);
  // Acts on servers within seconds. A second revocation keeps the first one's time. not_found: no
  // such key.
  Result<ApiKey> revoke(const std::string& id);
  // A new key with the same rights and lifetime; the old one ends after `overlap_us` at the latest
  // (0: is revoked now). conflict: it is revoked or has expired.
  Result<CreatedKey> rotate(const std::string& id, TimeUs overlap_us);

 private:
  Result<CreatedKey> store_new(ApiKey key);
  Result<void> check_placements(const KeyRequest& request);
  Result<ApiKey> existing(const std::string& id);

  Catalog& catalog_;
  Clock& clock_;
};

}  // namespace adbacus
