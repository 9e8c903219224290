// Looks at a store file that nobody has open: reads every value of every table, so that each
// block's checksum is compared. Changes nothing, unlike opening it. Called by `adbacus verify`
// through the store's registry; one thread.
#pragma once

#include <string>

#include "base/file_system.hpp"
#include "store/stored_damage.hpp"

namespace adbacus {

struct StoreInspection {
  bool absent = false;  // it was not written yet
  std::vector<StoredDamage> damage;
};

// `path` of store.duckdb. conflict: another process holds it.
Result<StoreInspection> inspect_embedded_store(FileSystem& files, const std::string& path);

}  // namespace adbacus
