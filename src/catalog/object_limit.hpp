// What callers who are limited to an advertiser or a publisher may see and change of a tenant's
// objects; everything that is not said here is refused. Used by the management API and the entity
// writer; pure but for the objects it looks up.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catalog/entity_store.hpp"
#include "http/http.hpp"

namespace adbacus {

struct ObjectLimit {
  std::string advertiser_id = {};
  std::string publisher_id = {};
  bool is_set() const { return !advertiser_id.empty() || !publisher_id.empty(); }
};
ObjectLimit limit_of(const http::Principal& caller);

enum class ObjectUse : std::uint8_t { read, change };

// Whether anybody limited to an advertiser or to a publisher may do that with objects of the kind.
bool is_for_limited(EntityKind kind, ObjectUse use);
// Whether whoever has this limit may. An advertiser reads itself, and reads and changes its
// campaigns with their line items, creatives and ads; a publisher reads itself and its placements.
// Who is limited to both reaches neither: nothing is of both.
bool limit_allows(const ObjectLimit& limit, EntityKind kind, ObjectUse use);

// An object of the tenant, deleted ones too.
using FindObject =
    std::function<Result<std::optional<Entity>>(EntityKind kind, const std::string& id)>;
// Whether the object is one that the limit is about. What it belongs to is looked up on the way; an
// ad that names a campaign and a creative belongs to whom both belong.
Result<bool> is_within(const ObjectLimit& limit, const Entity& entity, const FindObject& find);

// Narrows a list to objects within the limit. Of ads alone more may be found than is_within() says.
Result<void> narrow(const ObjectLimit& limit, EntityStore& store, EntityQuery& query);

}  // namespace adbacus
