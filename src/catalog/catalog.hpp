// The catalog: tenants, API keys, and what tenants manage. Calls may block on the database and are
// thread-safe; hot paths read an in-memory copy of it (catalog/tenant_directory.hpp,
// app/key_authenticator.hpp). Backends are opened through catalog/registry.hpp and pass
// catalog/testing/contract.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "model/ranking.hpp"

namespace adbacus {

// What ingest does with an event that names a campaign, placement, ... which the tenant has not.
enum class UnknownRefs : std::uint8_t {
  by_default,
  flag,
  reject
};  // by default as the server says

struct Tenant {
  std::string id;  // 1-128 bytes
  std::string name;
  std::string currency = "USD";  // default for events without one; ISO 4217
  std::string timezone = "UTC";  // IANA name
  UnknownRefs unknown_refs = UnknownRefs::by_default;
  Ranking ranking = Ranking::by_default;
  TimeUs created_us = 0;
};

struct ApiKey {
  std::string id;         // public part: "prefix_id"
  std::string tenant_id;  // empty for an operator key
  std::string name;
  std::string secret_hash;   // lower-case hex SHA-256 of the secret part
  std::uint32_t scopes = 0;  // http::Scope bits
  bool is_operator = false;
  bool is_public = false;  // for pages of `origins`: only ingests, or only asks for ads
  std::vector<std::string> origins;
  std::vector<std::string> placements = {};  // ids that a public key may ask ads for; empty: all
  TimeUs created_us = 0;
  TimeUs expires_us = 0;  // 0 = never
  TimeUs revoked_us = 0;  // 0 = live
  TimeUs last_used_us = 0;
  std::uint32_t quota = 0;  // requests in quota_period_s; 0: those of the server
  std::uint32_t quota_period_s = 0;
};

struct KeyUse {
  std::string id;
  TimeUs last_used_us = 0;
};

// A token of another issuer that is not accepted any more. Expired ones are of no use and go when
// the next is stored.
struct DeniedToken {
  std::string tenant_id;
  std::string issuer;
  std::string token_id;  // its jti
  TimeUs denied_us = 0;
  TimeUs expires_us = 0;  // of the token; 0: unknown, kept for good
};

class EntityStore;
class SignInStore;

class Catalog {
 public:
  virtual ~Catalog() = default;
  // What tenants manage; lives as long as the catalog. A tenant is an object of its own kind there.
  virtual EntityStore& entities() = 0;
  virtual SignInStore& sign_ins() = 0;  // passwords and sessions; lives as long as the catalog
  // Inserts or updates by id. invalid_argument names the bad field. conflict: it was deleted.
  virtual Result<void> put_tenant(const Tenant& tenant) = 0;
  virtual Result<std::optional<Tenant>> tenant(const std::string& id) = 0;
  virtual Result<std::vector<Tenant>> tenants() = 0;  // not the deleted ones; by id
  // Inserts or updates by id. not_found: no such tenant. conflict: the id is taken by another
  // secret, tenant or kind of key, or the key is revoked and `key` is not (a revocation is final).
  // last_used_us never goes back.
  virtual Result<void> put_key(const ApiKey& key) = 0;
  virtual Result<std::optional<ApiKey>> key(const std::string& id) = 0;
  // Of one tenant, or all with operator keys if empty; by creation, then id.
  virtual Result<std::vector<ApiKey>> keys(const std::string& tenant_or_empty) = 0;
  // 64 hex digits from the kernel's generator, made when the name is first asked for; the same for
  // everybody who opens this catalog.
  virtual Result<std::string> secret(const std::string& name) = 0;
  // Moves last_used_us forward, all in one transaction; unknown ids are ignored.
  virtual Result<void> record_key_use(std::span<const KeyUse> uses) = 0;
  // Once is enough: a second time changes nothing. not_found: no such tenant.
  virtual Result<void> deny_token(const DeniedToken& token) = 0;
  // Of one tenant, or all if empty; by time of denial, then token id.
  virtual Result<std::vector<DeniedToken>> denied_tokens(const std::string& tenant_or_empty) = 0;
};

// What every backend refuses before it stores anything: invalid_argument names the field.
Result<void> check_tenant(const Tenant& tenant);
Result<void> check_key(const ApiKey& key);
Result<void> check_denied_token(const DeniedToken& token);

}  // namespace adbacus
