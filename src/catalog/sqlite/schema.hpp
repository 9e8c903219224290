// The catalog's tables and how older files become current ones. docs/formats/catalog.md describes
// them.
#pragma once

#include "base/result.hpp"
#include "catalog/sqlite/database.hpp"

namespace adbacus {

// Brings a new or older database to the current version in one transaction. conflict: written by a
// newer adbacus, or another program's file.
Result<void> migrate_schema(Database& database);

}  // namespace adbacus
