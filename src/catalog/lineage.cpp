#include "catalog/lineage.hpp"

#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

#include "catalog/schema/stored.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kFollowersLookedAt = 100'000;
constexpr std::size_t kFollowersShown = 10;

Result<std::optional<std::string>> campaign_of(EntityTransaction& transaction, EntityKind kind,
                                               const std::string& id) {
  const auto found = transaction.find(kind, id);
  if (!found) return found.error();
  if (!*found) return {std::nullopt};
  if (kind == EntityKind::creative) {
    const auto creative = read_entity<Creative>(**found);
    if (!creative) return creative.error();
    return campaign_of(transaction, EntityKind::line_item, creative->line_item_id);
  }
  const auto item = read_entity<LineItem>(**found);
  if (!item) return item.error();
  return {item->campaign_id};
}

// The campaign that an ad or rule names; empty: none, or it is another kind of object.
Result<std::string> named_campaign(const Entity& entity) {
  if (entity.kind == EntityKind::ad) {
    const auto ad = read_entity<Ad>(entity);
    if (!ad) return ad.error();
    return ad->campaign_id;
  }
  if (entity.kind != EntityKind::attribution_rule) return std::string();
  const auto rule = read_entity<AttributionRule>(entity);
  if (!rule) return rule.error();
  return rule->campaign_id;
}

// Adds those below `key` that name a campaign other than `campaign`.
Result<void> find_followers(EntityTransaction& transaction, const EntityKey& key,
                            const std::string& campaign, std::vector<EntityKey>& out) {
  const auto below = transaction.referring_to(key.kind, key.id, kFollowersLookedAt);
  if (!below) return below.error();
  for (const EntityKey& each : *below) {
    if (each.kind == EntityKind::creative) {
      if (auto ok = find_followers(transaction, each, campaign, out); !ok) return ok;
      continue;
    }
    const auto found = transaction.find(each.kind, each.id);
    if (!found) return found.error();
    const auto named = *found ? named_campaign(**found) : Result<std::string>(std::string());
    if (!named) return named.error();
    if (!named->empty() && *named != campaign) out.push_back(each);
  }
  return {};
}

// The line item that the object hangs from, and the field that says so.
struct Parent {
  std::string_view field = {};
  std::string before = {};
  std::string after = {};
};

Result<Parent> parent_of(EntityKind kind, const Entity& before, const void* object) {
  if (kind == EntityKind::line_item) {
    const auto old = read_entity<LineItem>(before);
    if (!old) return old.error();
    return Parent{"/campaign_id", old->campaign_id,
                  static_cast<const LineItem*>(object)->campaign_id};
  }
  const auto old = read_entity<Creative>(before);
  if (!old) return old.error();
  return Parent{"/line_item_id", old->line_item_id,
                static_cast<const Creative*>(object)->line_item_id};
}

}  // namespace

Result<std::optional<Refusal>> check_lineage(EntityTransaction& transaction,
                                             const EntityChange& change, const void* object) {
  std::string campaign;
  EntityKind kind = EntityKind::creative;
  std::string id;
  if (change.kind == EntityKind::ad) {
    const auto& ad = *static_cast<const Ad*>(object);
    campaign = ad.campaign_id;
    id = ad.creative_id;
  } else if (change.kind == EntityKind::attribution_rule) {
    const auto& rule = *static_cast<const AttributionRule*>(object);
    campaign = rule.campaign_id;
    kind = EntityKind::line_item;
    id = rule.line_item_id;
  }
  if (campaign.empty() || id.empty()) return {std::nullopt};
  const auto owner = campaign_of(transaction, kind, id);
  if (!owner) return owner.error();
  if (!*owner || **owner == campaign) return {std::nullopt};
  return {Refusal{RefusalReason::invalid,
                  fmt::format("The {} belongs to campaign {}.", entity_kind_name(kind), **owner),
                  {{change.pointer + "/campaign_id", "contradiction",
                    fmt::format("is not the campaign of the {}", entity_kind_name(kind))}}}};
}

Result<std::optional<Refusal>> check_followers(EntityTransaction& transaction,
                                               const EntityChange& change, const Entity& before,
                                               const void* object) {
  if (change.kind != EntityKind::line_item && change.kind != EntityKind::creative) {
    return {std::nullopt};
  }
  const auto parent = parent_of(change.kind, before, object);
  if (!parent) return parent.error();
  if (parent->before == parent->after) return {std::nullopt};
  std::string campaign = parent->after;
  if (change.kind == EntityKind::creative) {
    const auto owner = campaign_of(transaction, EntityKind::line_item, parent->after);
    if (!owner) return owner.error();
    if (!*owner) return {std::nullopt};
    campaign = **owner;
  }
  std::vector<EntityKey> followers;
  if (auto ok = find_followers(transaction, {change.kind, before.id}, campaign, followers); !ok) {
    return ok.error();
  }
  if (followers.empty()) return {std::nullopt};
  std::string names;
  for (std::size_t i = 0; i < followers.size() && i < kFollowersShown; ++i) {
    names += fmt::format("{}{} {}", i == 0 ? "" : ", ", entity_kind_name(followers[i].kind),
                         followers[i].id);
  }
  return {Refusal{RefusalReason::in_use,
                  fmt::format("{} below it names another campaign.", names),
                  {{change.pointer + std::string(parent->field), "contradiction",
                    "leads away from the campaign that is named below"}}}};
}

}  // namespace adbacus
