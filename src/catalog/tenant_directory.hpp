// Tenant settings for the request path: ingest (default currency) and reports (currency, timezone)
// look tenants up here. The implementation holds a snapshot of the catalog in memory.
#pragma once

#include <optional>
#include <string_view>

#include "catalog/catalog.hpp"

namespace adbacus {

class TenantDirectory {
 public:
  virtual ~TenantDirectory() = default;
  // Thread-safe and never waits for I/O; at most a few seconds behind the catalog.
  virtual std::optional<Tenant> find(std::string_view id) const = 0;
};

}  // namespace adbacus
