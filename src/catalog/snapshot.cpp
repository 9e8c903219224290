#include "catalog/snapshot.hpp"

#include <algorithm>
#include <atomic>

#include "catalog/schema/stored.hpp"

namespace adbacus {

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
    if (place) {  // its key may be another's by now
      const auto old = placement_keys_.find(static_cast<const Placement*>(place.get())->key);
      if (old != placement_keys_.end() && old->second == id) placement_keys_.erase(old);
    }
    if (object) placement_keys_[static_cast<const Placement*>(object.get())->key] = id;
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
