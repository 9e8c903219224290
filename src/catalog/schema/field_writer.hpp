// Writes an object of the catalog as JSON by its schema, and says what of it lists can be asked
// for. Pure.
#pragma once

#include <string>
#include <vector>

#include "catalog/schema/field.hpp"
#include "http/json_writer.hpp"

namespace adbacus {

// The members, without the braces around them: a body is spliced into answers with other members
// beside it. What is not set is null.
void write_fields(const Schema& schema, const void* object, http::JsonWriter& json);

// A value of a field that is_filter, as lists are asked for it.
struct FieldValue {
  const Field* field = nullptr;
  std::string value;
};
std::vector<FieldValue> filter_values(const Schema& schema, const void* object);

}  // namespace adbacus
