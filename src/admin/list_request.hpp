// GET /v1/<kind>: what a list is asked for, and the page that answers it. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "catalog/entity_store.hpp"
#include "http/http.hpp"
#include "http/router.hpp"

namespace adbacus {

inline constexpr std::size_t kListLimitDefault = 100;
inline constexpr std::size_t kListLimitMax = 1'000;

struct ListRequest {
  EntityQuery query;  // its limit is one more than was asked for: it tells whether more follows
  std::string list;   // what a cursor belongs to
};

// Parameters: limit, cursor, tenant_id, and every field of the kind that is_filter, its values
// separated by commas. 422 invalid_parameter or invalid_cursor, 403 tenant_mismatch.
std::variant<ListRequest, http::Response> read_list_request(const http::Request& request,
                                                            EntityKind kind,
                                                            const std::string& tenant_id,
                                                            std::string_view cursor_key);
std::vector<http::ParamSpec> list_params(EntityKind kind);

// {data, next_cursor, has_more} and Link rel=next. `found` may be one longer than the page; of it
// only what `is_shown` is.
http::Response list_answer(const http::Request& request, const ListRequest& list,
                           std::vector<Entity> found, std::string_view cursor_key,
                           const std::function<bool(const Entity&)>& is_shown);

}  // namespace adbacus
