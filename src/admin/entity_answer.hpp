// Objects of the catalog and refusals as answers of the management API. Pure.
#pragma once

#include <string>

#include "catalog/entity_writer.hpp"
#include "http/http.hpp"
#include "http/json_writer.hpp"

namespace adbacus {

// The whole object: id, tenant_id, its fields, version and times.
void write_entity(http::JsonWriter& json, const Entity& entity);
std::string entity_tag_of(const Entity& entity);    // "\"3\"": the version
std::string entity_location(const Entity& entity);  // "/v1/line-items/a%2Fb"
http::Response entity_answer(int status, const Entity& entity);

struct RefusalCode {
  int status;
  std::string_view code;  // stable
};
RefusalCode refusal_code(RefusalReason reason);
http::Response refusal_answer(const http::Request& request, Refusal refusal);

}  // namespace adbacus
