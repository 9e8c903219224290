// One tenant's catalog as plain structs by id, for tests of decisions: what a model reads directly
// and the engine gets as a snapshot, through the bodies that are stored. Plain value.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "catalog/snapshot.hpp"

namespace adbacus {

struct PlainCatalog {
  Tenant tenant = {.id = "1", .name = "one"};
  std::map<std::string, Advertiser> advertisers = {};
  std::map<std::string, Placement> placements = {};
  std::map<std::string, Campaign> campaigns = {};
  std::map<std::string, LineItem> items = {};
  std::map<std::string, Creative> creatives = {};
  std::map<std::string, Ad> ads = {};
  std::map<std::string, Experiment> experiments = {};

  // Shares nothing with earlier snapshots.
  std::shared_ptr<const CatalogSnapshot> snapshot() const;

  // The usual smallest things; what is not given can be changed afterwards.
  Campaign& add_campaign(const std::string& id);    // active, no advertiser
  Placement& add_placement(const std::string& id);  // the key is "key-<id>"
  LineItem& add_item(const std::string& id, const std::string& campaign,
                     const std::string& placement);  // cpm, bid 1,000,000
  Creative& add_creative(const std::string& id, const std::string& item);
};

}  // namespace adbacus
