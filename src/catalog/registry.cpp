#include "catalog/registry.hpp"

#include "catalog/sqlite/sqlite_catalog.hpp"

namespace adbacus {
namespace {

struct Backend {
  std::string_view name;
  Result<std::unique_ptr<Catalog>> (*open)(const CatalogOptions& options);
};

constexpr Backend kBackends[] = {
    {"sqlite", open_sqlite_catalog},
};

}  // namespace

Result<std::unique_ptr<Catalog>> open_catalog(const CatalogOptions& options) {
  std::string known;
  for (const Backend& backend : kBackends) {
    if (backend.name == options.backend) return backend.open(options);
    if (!known.empty()) known += ", ";
    known += backend.name;
  }
  return Error{ErrorCode::invalid_argument,
               "catalog.backend: unknown \"" + options.backend + "\", known: " + known};
}

}  // namespace adbacus
