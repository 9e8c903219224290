// Objects of the catalog between their plain structs and the bodies that are stored. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "catalog/entity_store.hpp"
#include "catalog/schema/schemas.hpp"

namespace adbacus {

// The body of an object, and back. corrupt: not a JSON object.
std::string stored_body(const Schema& schema, const void* object);
Result<void> read_stored(const Schema& schema, std::string_view body, void* object);

template <class T>
Result<T> read_entity(const Entity& entity) {
  T object;
  if (auto ok = read_stored(schema_of(kKindOf<T>), entity.body, &object); !ok) return ok.error();
  return object;
}

// By which values an object is found: its filters, what it refers to, its tenant.
std::vector<EntityTerm> entity_terms(const Schema& schema, const void* object,
                                     const std::string& tenant_id);

// A tenant as its own object.
Result<Tenant> tenant_of(const Entity& entity);
std::string tenant_body(const Tenant& tenant);

}  // namespace adbacus
