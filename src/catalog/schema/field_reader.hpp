// Reads an object of the catalog from JSON by its schema. Everything that is wrong is told at once,
// each with the pointer of its place. Pure.
#pragma once

#include <string>

#include "catalog/schema/field.hpp"
#include "catalog/schema/json_node.hpp"

namespace adbacus {

enum class ReadMode : std::uint8_t {
  create,   // as replace, and only what a new object may be (Field::first_choices)
  replace,  // `object` holds defaults; a required field must be there
  merge,    // as RFC 7396: only what is there changes, null puts the default back
  stored,   // what an earlier or this version wrote: no complaints, unknown members are skipped
};

// Members named in `ignored` are the caller's. `pointer` is where the object stands ("" for a whole
// body, "/items/3").
void read_fields(const Schema& schema, const JsonNode& json, ReadMode mode,
                 const std::string& pointer, std::span<const std::string_view> ignored,
                 void* object, Problems& problems);

// An id as requests write it: a text of 1 to 128 bytes without control characters, or a whole
// number. invalid_argument: something else.
Result<std::string> read_id(const JsonNode& json);

}  // namespace adbacus
