#include "app/verify/derived_inspection.hpp"

#include <memory>

#include "app/data_folder.hpp"
#include "eventlog/registry.hpp"
#include "objects/registry.hpp"
#include "store/registry.hpp"

namespace adbacus {
namespace {

void take(std::vector<StoredDamage>&& found, bool stopped_in_order, DerivedInspection& out) {
  for (StoredDamage& damage : found) {
    const bool harmless = damage.left_by_crash && !stopped_in_order;
    (harmless ? out.leftovers : out.damage).push_back(std::move(damage));
  }
}

void note_missing(const char* name, DerivedInspection& out) {
  out.damage.push_back({.kind = DamageKind::missing,
                        .name = name,
                        .detail = "a server has run on this folder",
                        .left_by_crash = false});
}

}  // namespace

Result<DerivedInspection> inspect_derived(
    FileSystem& fs, const Config& config,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const DataPaths paths(config.data_dir);
  EventLogConfig log;
  log.embedded.folder = paths.log;
  auto in_order = event_log_stopped_in_order(fs, log);
  if (!in_order) return in_order.error();
  // A restored folder has log and catalog only, until it is served.
  auto served = fs.exists(paths.state);
  if (!served) return served.error();
  DerivedInspection out;
  StoreOptions store;
  store.embedded.path = paths.store;
  auto in_store = inspect_store(fs, store);
  if (!in_store) return in_store.error();
  if (in_store->absent && *served) note_missing("store.duckdb", out);
  take(std::move(in_store->damage), *in_order, out);
  if (!config.lake.enabled) return out;
  ObjectStoreOptions folder;
  folder.folder = paths.folder;
  auto objects = open_object_store(fs, folder);
  if (!objects) return objects.error();
  auto in_lake = inspect_lake(fs, **objects, paths.lake, progress);
  if (!in_lake) return in_lake.error();
  if (in_lake->absent && *served) note_missing("lake/manifest", out);
  take(std::move(in_lake->damage), *in_order, out);
  return out;
}

}  // namespace adbacus
