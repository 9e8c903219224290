#include "catalog/schema/stored.hpp"

#include <utility>

#include "catalog/schema/field_reader.hpp"
#include "catalog/schema/field_writer.hpp"

namespace adbacus {

std::string stored_body(const Schema& schema, const void* object) {
  http::JsonWriter json;
  json.begin_object();
  write_fields(schema, object, json);
  json.end_object();
  return std::move(json).take();
}

Result<void> read_stored(const Schema& schema, std::string_view body, void* object) {
  const auto node = parse_json(body);
  if (!node || node->type != JsonNode::Type::object) {
    return Error{ErrorCode::corrupt, "catalog: a " + std::string(schema.name) + " cannot be read"};
  }
  Problems problems;
  read_fields(schema, *node, ReadMode::stored, "", {}, object, problems);
  return {};
}

std::vector<EntityTerm> entity_terms(const Schema& schema, const void* object,
                                     const std::string& tenant_id) {
  std::vector<EntityTerm> terms;
  for (FieldValue& value : filter_values(schema, object)) {
    const bool refers = value.field->type == FieldType::reference;
    terms.push_back({std::string(value.field->name), std::move(value.value),
                     refers ? std::optional(value.field->refers_to) : std::nullopt});
  }
  if (schema.references != nullptr) {
    std::vector<Reference> more;
    schema.references(object, more);
    for (Reference& reference : more) {
      terms.push_back(
          {std::string(reference.pointer.substr(1)), std::move(reference.id), reference.kind});
    }
  }
  if (&schema != &kTenantSchema) terms.push_back({"tenant_id", tenant_id, EntityKind::tenant});
  return terms;
}

Result<Tenant> tenant_of(const Entity& entity) {
  auto tenant = read_entity<Tenant>(entity);
  if (!tenant) return tenant;
  tenant->id = entity.id;
  tenant->created_us = entity.created_us;
  return tenant;
}

std::string tenant_body(const Tenant& tenant) {
  return stored_body(kTenantSchema, &tenant);
}

}  // namespace adbacus
