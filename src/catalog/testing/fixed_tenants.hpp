// A directory of tenants that are all alike but for their ids. For tests.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "catalog/tenant_directory.hpp"

namespace adbacus {

class FixedTenants final : public TenantDirectory {
 public:
  explicit FixedTenants(std::vector<std::string> ids) : ids_(std::move(ids)) {}
  std::optional<Tenant> find(std::string_view id) const override {
    if (std::find(ids_.begin(), ids_.end(), id) == ids_.end()) return std::nullopt;
    Tenant tenant;
    tenant.id = id;
    return tenant;
  }

 private:
  const std::vector<std::string> ids_;
};

}  // namespace adbacus
