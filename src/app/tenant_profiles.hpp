// What ingest needs to know of a tenant, taken from the authenticator's copy of the catalog.
// Profiles are kept and handed out by pointer, so the hot path copies nothing. Thread-safe.
#pragma once

#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "catalog/tenant_directory.hpp"
#include "ingest/request_facts.hpp"

namespace adbacus {

class TenantProfiles final : public TenantLookup {
 public:
  // A profile is made anew after refresh_us, so that a changed currency takes effect.
  TenantProfiles(const TenantDirectory& tenants, Clock& clock, TimeUs refresh_us = kSecondUs)
      : tenants_(tenants), clock_(clock), refresh_us_(refresh_us) {}
  std::shared_ptr<const TenantProfile> find(std::string_view tenant) override;

 private:
  struct Known {
    std::shared_ptr<const TenantProfile> profile;
    TimeUs made_us = 0;  // monotonic
  };
  const TenantDirectory& tenants_;
  Clock& clock_;
  const TimeUs refresh_us_;
  std::shared_mutex mutex_;  // guards known_, which holds existing tenants only
  std::unordered_map<std::string, Known> known_;
};

}  // namespace adbacus
