// What a simulation changes of the catalog: fields of objects, as the management API names them.
// Pure; the catalog itself stays as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "catalog/entity_store.hpp"
#include "catalog/schema/json_node.hpp"

namespace adbacus {

struct CatalogChange {
  EntityKind kind = EntityKind::line_item;
  std::string id = {};  // "*": all of the tenant's objects of this kind
  std::string field = {};
  JsonNode value = {};
  std::string place = {};  // where it was said, for messages
};

// "line_item.42.bid_cents=250"; the value is JSON, or a text.
Result<CatalogChange> parse_change(const std::string& text);
// A YAML or JSON file: {line_item: {42: {bid_cents: 250}}, campaign: {7: {status: PAUSED}}}.
Result<std::vector<CatalogChange>> parse_changes(const std::string& yaml, const std::string& path);

// Applies them in order to the bodies of `entities`. All that is wrong is told at once, each with
// where it was said and which field: an unknown object or field, a value the API would not take.
Result<void> apply_changes(const std::vector<CatalogChange>& changes, const std::string& tenant,
                           std::vector<Entity>& entities);

}  // namespace adbacus
