#include "app/data_folder.hpp"

#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "base/rng.hpp"
#include "catalog/api_key.hpp"
#include "catalog/scope_names.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kHashKeyDigits = 32;

std::optional<IpHashKey> parse_ip_hash_key(std::string_view text) {
  IpHashKey key{};
  if (text.size() != kHashKeyDigits) return std::nullopt;
  for (std::uint64_t& half : key) {
    const char* end = text.data() + kHashKeyDigits / 2;
    const auto [stopped, error] = std::from_chars(text.data(), end, half, 16);
    if (error != std::errc() || stopped != end) return std::nullopt;
    text.remove_prefix(kHashKeyDigits / 2);
  }
  return key;
}

}  // namespace

DataPaths::DataPaths(const std::string& folder_path)
    : folder(folder_path),
      log(folder_path + "/log"),
      state(folder_path + "/state"),
      lake(folder_path + "/lake"),
      store(folder_path + "/store.duckdb"),
      catalog(folder_path + "/catalog.sqlite"),
      admin_key(folder_path + "/admin.key"),
      ip_hash_key(folder_path + "/ip_hash.key"),
      signing_keys(folder_path + "/signing.keys"),
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

Result<IpHashKey> load_ip_hash_key(FileSystem& fs, const DataPaths& paths,
                                   const std::string& configured) {
  std::string text = configured;
  if (text.empty()) {
    const auto there = fs.exists(paths.ip_hash_key);
    if (!there) return there.error();
    if (!*there) {
      const std::string made =
          fmt::format("{:016x}{:016x}\n", secure_random_u64(), secure_random_u64());
      if (auto ok = write_file_atomically(fs, paths.ip_hash_key, made); !ok) return ok.error();
    }
    auto stored = read_file(fs, paths.ip_hash_key);
    if (!stored) return stored.error();
    text = stored->substr(0, stored->find('\n'));
  }
  const auto key = parse_ip_hash_key(text);
  if (!key) {
    return Error{ErrorCode::corrupt, paths.ip_hash_key + " does not hold 32 hex digits"};
  }
  return *key;
}

}  // namespace adbacus
