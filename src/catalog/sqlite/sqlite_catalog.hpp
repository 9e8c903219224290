// The catalog in one SQLite file (WAL, synchronous=FULL: a returned write survives a power cut).
// One connection guarded by a mutex; other processes may have the file open at the same time.
#pragma once

#include <memory>

#include "catalog/registry.hpp"

namespace adbacus {

Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const CatalogOptions& options);

Result<void> check_sqlite_catalog(const CatalogOptions& options);

// By VACUUM INTO: one read transaction of the source, whoever writes it meanwhile.
Result<void> copy_sqlite_catalog(const CatalogOptions& options, const std::string& to);

}  // namespace adbacus
