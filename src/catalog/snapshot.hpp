// An immutable copy of what all tenants manage, for decisions and for ingest, which must never wait
// for the database. A snapshot is read by any number of threads and lives as long as somebody holds
// it; the next one shares with it every object that did not change.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text_hash.hpp"
#include "catalog/entity_store.hpp"
#include "catalog/schema/schemas.hpp"

namespace adbacus {

// One tenant's objects by kind and id.
class TenantObjects {
 public:
  TenantObjects() = default;
  TenantObjects(const TenantObjects& other)
      : kinds_(other.kinds_),
        placement_keys_(other.placement_keys_),
        conversion_keys_(other.conversion_keys_) {}
  TenantObjects& operator=(const TenantObjects&) = delete;
  ~TenantObjects() = default;

  // No other object of this process has or had it: whoever remembers where something was found
  // knows by it whether that still holds. Below 2^56.
  std::uint64_t serial() const { return serial_; }
  // Null: there is none, or it was deleted.
  template <class T>
  const T* find(std::string_view id) const {
    return static_cast<const T*>(object(kKindOf<T>, id));
  }
  // The same for whoever keeps it longer than the snapshot.
  template <class T>
  std::shared_ptr<const T> share(std::string_view id) const {
    const auto found = of(kKindOf<T>).find(id);
    if (found == of(kKindOf<T>).end()) return nullptr;
    return std::static_pointer_cast<const T>(found->second);
  }
  // Fn(id, object) for each that is not deleted, in no order.
  template <class T, class Fn>
  void for_each(Fn&& fn) const {
    for (const auto& [id, object] : of(kKindOf<T>)) {
      if (object) fn(id, *static_cast<const T*>(object.get()));
    }
  }
  // An id and its object, which is null once it was deleted: events may still name it.
  using Known = std::pair<const std::string, std::shared_ptr<const void>>;
  // Null: there never was one.
  const Known* known(EntityKind kind, std::string_view id) const {
    const auto found = of(kind).find(id);
    return found == of(kind).end() ? nullptr : &*found;
  }
  bool has_known(EntityKind kind, std::string_view id) const { return known(kind, id) != nullptr; }
  // Whether there is or ever was one of this kind.
  bool manages(EntityKind kind) const { return !of(kind).empty(); }
  // The placement that is not deleted and has this key: its id. Null: there is none.
  const std::string* placement_of(std::string_view key) const {
    const auto found = placement_keys_.find(key);
    return found == placement_keys_.end() ? nullptr : &found->second;
  }
  // Of the field `type` of conversions. Null: there is none of this key.
  const ConversionType* conversion_type(std::string_view key) const {
    const auto found = conversion_keys_.find(key);
    return found == conversion_keys_.end() ? nullptr : find<ConversionType>(found->second);
  }

 private:
  friend class CatalogSnapshot;
  using IdsByKey = std::unordered_map<std::string, std::string, TextHash, std::equal_to<>>;
  // Null: deleted.
  using Objects =
      std::unordered_map<std::string, std::shared_ptr<const void>, TextHash, std::equal_to<>>;
  const Objects& of(EntityKind kind) const { return kinds_[static_cast<std::size_t>(kind)]; }
  const void* object(EntityKind kind, std::string_view id) const {
    const auto found = of(kind).find(id);
    return found == of(kind).end() ? nullptr : found->second.get();
  }
  void put(EntityKind kind, const std::string& id, std::shared_ptr<const void> object);
  static std::uint64_t next_serial();

  const std::uint64_t serial_ = next_serial();
  std::array<Objects, kEntityKinds.size() + 1> kinds_;
  IdsByKey placement_keys_;
  IdsByKey conversion_keys_;
};

class CatalogSnapshot {
 public:
  // The last change it includes; 0 for the empty snapshot.
  std::int64_t change() const { return change_; }
  // Null: the tenant has no objects.
  const TenantObjects* tenant(std::string_view id) const;
  // Fn(id, objects), in no order.
  template <class Fn>
  void for_each_tenant(Fn&& fn) const {
    for (const auto& [id, objects] : tenants_) fn(id, *objects);
  }

  // This one with `changes` (EntityStore::changes from change() on). corrupt: a body cannot be
  // read; this snapshot then goes on.
  Result<std::shared_ptr<const CatalogSnapshot>> with(const std::vector<Entity>& changes) const;

 private:
  std::int64_t change_ = 0;
  std::unordered_map<std::string, std::shared_ptr<const TenantObjects>, TextHash, std::equal_to<>>
      tenants_;
};

// The newest snapshot there is, never null. Thread-safe, waits for no I/O.
using SnapshotSource = std::function<std::shared_ptr<const CatalogSnapshot>()>;

}  // namespace adbacus
