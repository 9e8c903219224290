// The catalog: tenants and API keys (campaigns and the rest come with their own issue). Calls may
// block on the database and are thread-safe; hot paths use KeyCache over it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"

namespace adbacus {

struct Tenant {
  std::string id;
  std::string name;
  std::string currency = "USD";  // default for events without one
  std::string timezone = "UTC";
  TimeUs created_us = 0;
};

struct ApiKey {
  std::string id;              // public part: "prefix_id"
  std::string tenant_id;       // empty for an operator key
  std::string name;
  std::string secret_hash;     // lower-case hex SHA-256 of the secret part
  std::uint32_t scopes = 0;    // http::Scope bits
  bool is_operator = false;
  bool is_public = false;      // browser write key: ingest only, limited to `origins`
  std::vector<std::string> origins;
  TimeUs created_us = 0;
  TimeUs expires_us = 0;       // 0 = never
  TimeUs revoked_us = 0;       // 0 = live
  TimeUs last_used_us = 0;
};

class Catalog {
 public:
  virtual ~Catalog() = default;
  virtual Result<void> put_tenant(const Tenant& tenant) = 0;  // insert or update by id
  virtual Result<std::optional<Tenant>> tenant(const std::string& id) = 0;
  virtual Result<std::vector<Tenant>> tenants() = 0;
  virtual Result<void> put_key(const ApiKey& key) = 0;        // insert or update by id
  virtual Result<std::optional<ApiKey>> key(const std::string& id) = 0;
  virtual Result<std::vector<ApiKey>> keys(const std::string& tenant_or_empty) = 0;
};

}  // namespace adbacus
