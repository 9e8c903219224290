// A catalog made of JSON bodies, as the database holds them. For tests.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <vector>

#include "catalog/snapshot.hpp"

namespace adbacus {

class CatalogObjects {
 public:
  CatalogObjects& add(EntityKind kind, std::string id, std::string body, bool is_deleted = false,
                      std::string tenant = "1") {
    Entity entity{.kind = kind, .tenant_id = std::move(tenant), .id = std::move(id)};
    entity.change = ++change_;
    entity.deleted_us = is_deleted ? 1 : 0;
    entity.body = std::move(body);
    auto next = snapshot_->with({entity});
    assert(next);
    snapshot_ = *std::move(next);
    return *this;
  }
  const TenantObjects* tenant(std::string_view id = "1") const { return snapshot_->tenant(id); }
  std::shared_ptr<const CatalogSnapshot> snapshot() const { return snapshot_; }

 private:
  std::int64_t change_ = 0;
  std::shared_ptr<const CatalogSnapshot> snapshot_ = std::make_shared<const CatalogSnapshot>();
};

// Two campaigns with a line item each, on two placements of one publisher.
inline CatalogObjects two_campaigns() {
  CatalogObjects objects;
  using K = EntityKind;
  objects.add(K::publisher, "pub", R"({"name":"p"})");
  objects.add(K::placement, "pl1", R"({"key":"top","publisher_id":"pub"})");
  objects.add(K::placement, "pl2", R"({"key":"side"})");
  objects.add(K::campaign, "c1", R"({"name":"one"})");
  objects.add(K::campaign, "c2", R"({"name":"two"})");
  objects.add(K::campaign, "gone", R"({"name":"three"})", true);
  objects.add(K::line_item, "li1",
              R"({"campaign_id":"c1","placement_id":"pl1","bid_micros":1000})");
  objects.add(K::line_item, "li2",
              R"({"campaign_id":"c2","placement_id":"pl2","bid_micros":1000})");
  objects.add(K::creative, "cr1",
              R"({"line_item_id":"li1","landing_url":"https://shop.example/1"})");
  objects.add(K::creative, "cr2",
              R"({"line_item_id":"li2","landing_url":"https://shop.example/2"})");
  objects.add(K::ad, "ad1", R"({"campaign_id":"c1","creative_id":"cr1"})");
  objects.add(K::ad, "odd", R"({"campaign_id":"c1","creative_id":"cr2"})");
  return objects;
}

}  // namespace adbacus
