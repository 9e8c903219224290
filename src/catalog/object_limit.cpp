#include "catalog/object_limit.hpp"

#include <limits>
#include <utility>

#include "catalog/schema/stored.hpp"

namespace adbacus {
namespace {

bool is_advertisers(EntityKind kind) {
  return kind == EntityKind::campaign || kind == EntityKind::line_item ||
         kind == EntityKind::creative || kind == EntityKind::ad;
}

bool advertiser_allows(EntityKind kind, ObjectUse use) {
  return is_advertisers(kind) || (kind == EntityKind::advertiser && use == ObjectUse::read);
}

bool publisher_allows(EntityKind kind, ObjectUse use) {
  return use == ObjectUse::read && (kind == EntityKind::publisher || kind == EntityKind::placement);
}

// The object that `id` names, if it is there.
Result<bool> is_named_within(const ObjectLimit& limit, EntityKind kind, const std::string& id,
                             const FindObject& find) {
  const auto found = find(kind, id);
  if (!found) return found.error();
  if (!*found) return false;
  return is_within(limit, **found, find);
}

Result<bool> is_own_ad(const ObjectLimit& limit, const Ad& ad, const FindObject& find) {
  if (ad.campaign_id.empty() && ad.creative_id.empty()) return false;
  if (!ad.campaign_id.empty()) {
    const auto own = is_named_within(limit, EntityKind::campaign, ad.campaign_id, find);
    if (!own || !*own || ad.creative_id.empty()) return own;
  }
  return is_named_within(limit, EntityKind::creative, ad.creative_id, find);
}

Result<bool> is_of_advertiser(const ObjectLimit& limit, const Entity& entity,
                              const FindObject& find) {
  if (entity.kind == EntityKind::advertiser) return entity.id == limit.advertiser_id;
  if (entity.kind == EntityKind::campaign) {
    const auto campaign = read_entity<Campaign>(entity);
    if (!campaign) return campaign.error();
    return campaign->advertiser_id == limit.advertiser_id;
  }
  if (entity.kind == EntityKind::line_item) {
    const auto item = read_entity<LineItem>(entity);
    if (!item) return item.error();
    return is_named_within(limit, EntityKind::campaign, item->campaign_id, find);
  }
  if (entity.kind == EntityKind::creative) {
    const auto creative = read_entity<Creative>(entity);
    if (!creative) return creative.error();
    return is_named_within(limit, EntityKind::line_item, creative->line_item_id, find);
  }
  if (entity.kind != EntityKind::ad) return false;
  const auto ad = read_entity<Ad>(entity);
  if (!ad) return ad.error();
  return is_own_ad(limit, *ad, find);
}

Result<std::vector<std::string>> ids_of(EntityStore& store, const std::string& tenant_id,
                                        EntityKind kind, EntityQuery::Filter filter) {
  EntityQuery query{.tenant_id = tenant_id, .kind = kind, .filters = {std::move(filter)}};
  query.limit = std::numeric_limits<std::int32_t>::max();
  const auto found = store.list(query);
  if (!found) return found.error();
  std::vector<std::string> ids;
  for (const Entity& entity : *found) ids.push_back(entity.id);
  return ids;
}

}  // namespace

ObjectLimit limit_of(const http::Principal& caller) {
  return {caller.advertiser_id, caller.publisher_id};
}

bool is_for_limited(EntityKind kind, ObjectUse use) {
  return advertiser_allows(kind, use) || publisher_allows(kind, use);
}

bool limit_allows(const ObjectLimit& limit, EntityKind kind, ObjectUse use) {
  if (!limit.is_set()) return true;
  return (limit.publisher_id.empty() && advertiser_allows(kind, use)) ||
         (limit.advertiser_id.empty() && publisher_allows(kind, use));
}

Result<bool> is_within(const ObjectLimit& limit, const Entity& entity, const FindObject& find) {
  if (!limit.is_set()) return true;
  if (!limit_allows(limit, entity.kind, ObjectUse::read)) return false;
  if (!limit.advertiser_id.empty()) return is_of_advertiser(limit, entity, find);
  if (entity.kind == EntityKind::publisher) return entity.id == limit.publisher_id;
  const auto placement = read_entity<Placement>(entity);
  if (!placement) return placement.error();
  return placement->publisher_id == limit.publisher_id;
}

Result<void> narrow(const ObjectLimit& limit, EntityStore& store, EntityQuery& query) {
  using Filter = EntityQuery::Filter;
  if (!limit.is_set()) return {};
  if (!limit_allows(limit, query.kind, ObjectUse::read)) {
    query.filters.push_back({std::string(kIdField), {}});
    return {};
  }
  const std::string& own = limit.advertiser_id.empty() ? limit.publisher_id : limit.advertiser_id;
  if (query.kind == EntityKind::advertiser || query.kind == EntityKind::publisher) {
    query.filters.push_back({std::string(kIdField), {own}});
    return {};
  }
  if (query.kind == EntityKind::placement) {
    query.filters.push_back({"publisher_id", {own}});
    return {};
  }
  const Filter of_advertiser{"advertiser_id", {own}};
  if (query.kind == EntityKind::campaign) {
    query.filters.push_back(of_advertiser);
    return {};
  }
  auto campaigns = ids_of(store, query.tenant_id, EntityKind::campaign, of_advertiser);
  if (!campaigns) return campaigns.error();
  const Filter of_campaigns{"campaign_id", *std::move(campaigns)};
  if (query.kind == EntityKind::line_item) {
    query.filters.push_back(of_campaigns);
    return {};
  }
  auto items = ids_of(store, query.tenant_id, EntityKind::line_item, of_campaigns);
  if (!items) return items.error();
  const Filter of_items{"line_item_id", *std::move(items)};
  if (query.kind == EntityKind::creative) {
    query.filters.push_back(of_items);
    return {};
  }
  auto creatives = ids_of(store, query.tenant_id, EntityKind::creative, of_items);
  if (!creatives) return creatives.error();
  query.any_of = {of_campaigns, {"creative_id", *std::move(creatives)}};
  return {};
}

}  // namespace adbacus
