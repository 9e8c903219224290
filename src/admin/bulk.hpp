// POST /v1/<kind>/bulk: many objects in one transaction. Used by entity_service only.
#pragma once

#include <vector>

#include "catalog/entity_writer.hpp"
#include "catalog/schema/json_node.hpp"
#include "http/http.hpp"

namespace adbacus {

inline constexpr std::size_t kBulkItemsMax = 1'000;

struct BulkItems {
  const std::vector<JsonNode>& items;
  const char* pointer;  // of the list
};
// A list, or {"items": [...]}. invalid_argument: something else, or too many.
Result<BulkItems> bulk_items(const JsonNode& body);

// 200 with one result an item; with `all_or_nothing` 422 bulk_refused if any is refused.
Result<http::Response> bulk_upsert(const http::Request& request, EntityKind kind,
                                   const BulkItems& items, bool all_or_nothing,
                                   EntityWriter& writer);

}  // namespace adbacus
