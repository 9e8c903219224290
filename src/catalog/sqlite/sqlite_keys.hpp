// API keys in the catalog's SQLite file. Used by the SQLite catalog and its transactions, with the
// connection's mutex held.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/sqlite/database.hpp"

namespace adbacus {

// Errors as Catalog::put_key, but that the key is not checked.
Result<void> put_key_row(Database& database, const ApiKey& key);
Result<std::optional<ApiKey>> key_row(Database& database, const std::string& id);

enum class KeyOwner : std::uint8_t { anybody, operators, tenant };
// By creation, then id; `tenant_id` is looked at for KeyOwner::tenant only.
Result<std::vector<ApiKey>> key_rows(Database& database, KeyOwner owner,
                                     const std::string& tenant_id);

}  // namespace adbacus
