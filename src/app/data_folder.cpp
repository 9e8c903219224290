#include "app/data_folder.hpp"

#include <fmt/format.h>
#include <utility>

#include "catalog/api_key.hpp"
#include "catalog/scope_names.hpp"

namespace adbacus {

DataPaths::DataPaths(const std::string& folder_path)
    : folder(folder_path),
      log(folder_path + "/log"),
      state(folder_path + "/state"),
      lake(folder_path + "/lake"),
      store(folder_path + "/store.duckdb"),
      catalog(folder_path + "/catalog.sqlite"),
      admin_key(folder_path + "/admin.key"),
      pseudonym_keys(folder_path + "/pseudonym.keys"),
      signing_keys(folder_path + "/signing.keys"),
      audit_heads(folder_path + "/audit.heads"),
      restored(folder_path + "/restored"),
      lock(folder_path + "/lock") {}

Result<std::string> restored_mark(FileSystem& fs, const DataPaths& paths) {
  const auto there = fs.exists(paths.restored);
  if (!there) return there.error();
  if (!*there) return std::string();
  auto text = read_file(fs, paths.restored);
  if (!text) return text.error();
  return text->substr(0, text->find('\n'));
}

std::string folder_mistake(const std::string& folder) {
  return folder.empty() ? "must not be empty" : "";
}

Result<void> require_data_folder(FileSystem& fs, const std::string& folder) {
  const DataPaths paths(folder);
  for (const std::string& path : {paths.log, paths.catalog}) {
    const auto there = fs.exists(path);
    if (!there) return there.error();
    if (!*there) {
      return Error{ErrorCode::not_found,
                   fmt::format("there is no data folder at {}: {} is missing", folder, path)};
    }
  }
  return {};
}

Result<DataFolder> DataFolder::open(FileSystem& fs, const std::string& folder) {
  DataPaths paths(folder);
  if (auto ok = fs.make_folders(folder); !ok) return ok.error();
  auto lock = fs.lock(paths.lock);
  if (!lock) {
    if (lock.error().code != ErrorCode::conflict) return lock.error();
    return Error{
        ErrorCode::conflict,
        fmt::format("the data folder {} belongs to a running adbacus: stop it, or speak to "
                    "it with --url",
                    folder)};
  }
  return DataFolder(std::move(paths), *std::move(lock));
}

Result<bool> create_first_key(FileSystem& fs, Catalog& catalog, Clock& clock,
                              const DataPaths& paths) {
  const auto keys = catalog.keys("");
  if (!keys) return keys.error();
  if (!keys->empty()) return false;
  const TimeUs now = clock.wall_us();
  const NewKey made = generate_key();
  // The file first: a key in the catalog that nobody holds could never be found again.
  if (auto ok = write_file_atomically(fs, paths.admin_key, made.text + "\n"); !ok) {
    return ok.error();
  }
  const auto tenant = catalog.tenant(kFirstTenant);
  if (!tenant) return tenant.error();
  if (!*tenant) {
    const Tenant first{.id = kFirstTenant, .name = "first tenant", .created_us = now};
    if (auto ok = catalog.put_tenant(first); !ok) return ok.error();
  }
  const ApiKey key{.id = made.id,
                   .tenant_id = kFirstTenant,
                   .name = "owner key of the first start",
                   .secret_hash = made.secret_hash,
                   .scopes = all_scopes(),
                   .origins = {},
                   .created_us = now};
  if (auto ok = catalog.put_key(key); !ok) return ok.error();
  return true;
}

}  // namespace adbacus
