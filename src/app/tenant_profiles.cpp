#include "app/tenant_profiles.hpp"

#include <mutex>
#include <utility>

namespace adbacus {

std::shared_ptr<const TenantProfile> TenantProfiles::find(std::string_view tenant) {
  const std::string id(tenant);
  const TimeUs now = clock_.mono_us();
  {
    const std::shared_lock lock(mutex_);
    const auto found = known_.find(id);
    if (found != known_.end() && now - found->second.made_us < refresh_us_)
      return found->second.profile;
  }
  std::optional<Tenant> row = tenants_.find(tenant);
  const std::unique_lock lock(mutex_);
  if (!row) {
    known_.erase(id);
    return nullptr;
  }
  auto profile = std::make_shared<TenantProfile>();
  profile->id = std::move(row->id);
  profile->currency = std::move(row->currency);
  if (row->unknown_refs != UnknownRefs::by_default)
    profile->rejects_unknown_refs = row->unknown_refs == UnknownRefs::reject;
  known_[id] = {profile, now};
  return profile;
}

}  // namespace adbacus
