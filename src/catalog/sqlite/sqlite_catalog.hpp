// The catalog in one SQLite file (WAL, synchronous=FULL: a returned write survives a power cut).
// One connection guarded by a mutex; other processes may have the file open at the same time.
#pragma once

#include <memory>

#include "catalog/registry.hpp"

namespace adbacus {

Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const CatalogOptions& options);

}  // namespace adbacus
