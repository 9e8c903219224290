#include "catalog/registry.hpp"

#include "catalog/sqlite/sqlite_catalog.hpp"

namespace adbacus {
namespace {

struct Backend {
  std::string_view name;
  Result<std::unique_ptr<Catalog>> (*open)(const CatalogOptions& options);
  Result<void> (*check)(const CatalogOptions& options);
  Result<void> (*copy)(const CatalogOptions& options, const std::string& to);
};

constexpr Backend kBackends[] = {
    {"sqlite", open_sqlite_catalog, check_sqlite_catalog, copy_sqlite_catalog},
};

Result<const Backend*> find_backend(const CatalogOptions& options) {
  std::string known;
  for (const Backend& backend : kBackends) {
    if (backend.name == options.backend) return &backend;
    if (!known.empty()) known += ", ";
    known += backend.name;
  }
  return Error{ErrorCode::invalid_argument,
               "catalog.backend: unknown \"" + options.backend + "\", known: " + known};
}

}  // namespace

Result<std::unique_ptr<Catalog>> open_catalog(const CatalogOptions& options) {
  auto backend = find_backend(options);
  if (!backend) return backend.error();
  return (*backend)->open(options);
}

Result<void> check_catalog(const CatalogOptions& options) {
  auto backend = find_backend(options);
  if (!backend) return backend.error();
  return (*backend)->check(options);
}

Result<void> copy_catalog(const CatalogOptions& options, const std::string& to) {
  auto backend = find_backend(options);
  if (!backend) return backend.error();
  return (*backend)->copy(options, to);
}

}  // namespace adbacus
