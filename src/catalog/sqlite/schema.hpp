// The catalog's tables and how older files become current ones. docs/formats/catalog.md describes
// them.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "catalog/sqlite/database.hpp"

namespace adbacus {

// The version of the schema, 0 for an empty file. conflict: written by a newer adbacus, or another
// program's file.
Result<std::int64_t> schema_version(Database& database);

// Brings a new or older database to the current version in one transaction. conflict as
// above.
Result<void> migrate_schema(Database& database);

}  // namespace adbacus
