// JSON Schema (2020-12, as OpenAPI 3.1 has it) of the catalog's objects, for the route table. Pure.
#pragma once

#include <string>

#include "catalog/schema/field.hpp"

namespace adbacus {

enum class SchemaUse : std::uint8_t {
  creation,  // required fields are, `id` may be given
  change,    // nothing is required
  answer,    // with what the server adds: id, tenant_id, version, times
};
std::string schema_text(const Schema& schema, SchemaUse use);

}  // namespace adbacus
