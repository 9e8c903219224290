#include "catalog/snapshot.hpp"

#include <algorithm>
#include <atomic>

#include "catalog/schema/stored.hpp"

namespace adbacus {
namespace {

// Keeps the map of keys to ids as the objects are; null: there was, or is, none. An old key may be
// another object's by now.
template <class T, class Map>
void move_key(Map& ids, const std::string& id, const void* before, const void* after) {
  if (before != nullptr) {
    const auto old = ids.find(static_cast<const T*>(before)->key);
    if (old != ids.end() && old->second == id) ids.erase(old);
  }
  if (after != nullptr) ids[static_cast<const T*>(after)->key] = id;
}

}  // namespace

const TenantObjects* CatalogSnapshot::tenant(std::string_view id) const {
  const auto found = tenants_.find(id);
  return found == tenants_.end() ? nullptr : found->second.get();
}

std::uint64_t TenantObjects::next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

void TenantObjects::put(EntityKind kind, const std::string& id,
                        std::shared_ptr<const void> object) {
  std::shared_ptr<const void>& place = kinds_[static_cast<std::size_t>(kind)][id];
  if (kind == EntityKind::placement) {
    move_key<Placement>(placement_keys_, id, place.get(), object.get());
  } else if (kind == EntityKind::conversion_type) {
    move_key<ConversionType>(conversion_keys_, id, place.get(), object.get());
  }
  place = std::move(object);
}

Result<std::shared_ptr<const CatalogSnapshot>> CatalogSnapshot::with(
    const std::vector<Entity>& changes) const {
  auto next = std::make_shared<CatalogSnapshot>(*this);
  // A tenant that changes is copied once, whatever the number of its changes.
  std::unordered_map<std::string, std::shared_ptr<TenantObjects>> touched;
  for (const Entity& entity : changes) {
    std::shared_ptr<TenantObjects>& objects = touched[entity.tenant_id];
    if (!objects) {
      const TenantObjects* before = tenant(entity.tenant_id);
      objects = before != nullptr ? std::make_shared<TenantObjects>(*before)
                                  : std::make_shared<TenantObjects>();
      next->tenants_[entity.tenant_id] = objects;
    }
    std::shared_ptr<void> object;
    if (entity.deleted_us == 0) {
      const Schema& schema = schema_of(entity.kind);
      object = schema.make();
      if (auto ok = read_stored(schema, entity.body, object.get()); !ok) return ok.error();
    }
    objects->put(entity.kind, entity.id, std::move(object));
    next->change_ = std::max(next->change_, entity.change);
  }
  return {std::move(next)};
}

}  // namespace adbacus
