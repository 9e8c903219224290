#include "decision/testing/plain_catalog.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "catalog/schema/stored.hpp"

namespace adbacus {
namespace {

template <class T>
void put_all(const std::string& tenant, const std::map<std::string, T>& objects,
             std::vector<Entity>& out) {
  for (const auto& [id, object] : objects) {
    out.push_back({.kind = kKindOf<T>,
                   .tenant_id = tenant,
                   .id = id,
                   .version = 1,
                   .change = static_cast<std::int64_t>(out.size()) + 1,
                   .body = stored_body(schema_of(kKindOf<T>), &object)});
  }
}

}  // namespace

std::shared_ptr<const CatalogSnapshot> PlainCatalog::snapshot() const {
  std::vector<Entity> changes{{.kind = EntityKind::tenant,
                               .tenant_id = tenant.id,
                               .id = tenant.id,
                               .version = 1,
                               .change = 1,
                               .body = tenant_body(tenant)}};
  put_all(tenant.id, advertisers, changes);
  put_all(tenant.id, placements, changes);
  put_all(tenant.id, campaigns, changes);
  put_all(tenant.id, items, changes);
  put_all(tenant.id, creatives, changes);
  put_all(tenant.id, ads, changes);
  put_all(tenant.id, experiments, changes);
  auto made = CatalogSnapshot().with(changes);
  EXPECT_TRUE(made);
  return made ? *made : std::make_shared<const CatalogSnapshot>();
}

Campaign& PlainCatalog::add_campaign(const std::string& id) {
  return campaigns[id] = {.name = id, .status = LifeStatus::active};
}

Placement& PlainCatalog::add_placement(const std::string& id) {
  return placements[id] = {.key = "key-" + id};
}

LineItem& PlainCatalog::add_item(const std::string& id, const std::string& campaign,
                                 const std::string& placement) {
  return items[id] = {.campaign_id = campaign,
                      .placement_id = placement,
                      .bid = 1'000'000,
                      .pricing = Pricing::cpm};
}

Creative& PlainCatalog::add_creative(const std::string& id, const std::string& item) {
  return creatives[id] = {.line_item_id = item, .landing_url = "https://example.org/"};
}

}  // namespace adbacus
