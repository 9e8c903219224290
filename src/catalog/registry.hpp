// Opens the catalog backend that the configuration names; called once at start-up.
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.hpp"

namespace adbacus {

struct CatalogOptions {
  std::string backend = "sqlite";
  std::string path;             // sqlite: the database file; created if absent
  int busy_timeout_ms = 2'000;  // longest wait for another process's write lock
};

// invalid_argument: unknown backend. conflict: the database was written by a newer adbacus or is
// another program's. corrupt: it is no database.
Result<std::unique_ptr<Catalog>> open_catalog(const CatalogOptions& options);

// Whether open_catalog would take what is there, so that nothing is migrated in a data folder that
// another part refuses. Errors as open_catalog; success if nothing is there.
Result<void> check_catalog(const CatalogOptions& options);

// A consistent copy of the catalog, made while others may be using it; `to` must not exist.
// not_found: there is no catalog. Not synced.
Result<void> copy_catalog(const CatalogOptions& options, const std::string& to);

}  // namespace adbacus
