#include "store/embedded/store_inspection.hpp"

#include "store/embedded/duckdb_connection.hpp"

namespace adbacus {
namespace {

constexpr const char* kName = "store.duckdb";

DuckdbDatabase::Settings settings() {
  return {{"access_mode", "READ_ONLY"},
          {"threads", "1"},
          {"memory_limit", "512MB"},
          {"temp_directory", ""},
          {"autoinstall_known_extensions", "false"},
          {"autoload_known_extensions", "false"}};
}

Result<std::vector<std::string>> table_names(DuckdbConnection& connection) {
  auto rows = connection.query(
      "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT "
      "temporary ORDER BY table_name");
  if (!rows) return rows.error();
  std::vector<std::string> names;
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return chunk.error();
    if (!*chunk) return names;
    for (std::size_t i = 0; i < chunk->rows(); ++i) names.emplace_back(chunk->text(0, i));
  }
}

// What is no damage of the file: another owner, no memory, a disk that fails.
bool is_of_the_file(const Error& error) {
  return error.code == ErrorCode::corrupt || error.code == ErrorCode::internal;
}

Result<StoreInspection> read_all(const std::string& path) {
  StoreInspection out;
  const auto note = [&](const std::string& name, const Error& error) {
    out.damage.push_back({.kind = DamageKind::damaged,
                          .name = name,
                          .detail = error.message,
                          .left_by_crash = false});
  };
  auto database = DuckdbDatabase::open(path, settings());
  if (!database) {
    if (!is_of_the_file(database.error())) return database.error();
    note(kName, database.error());
    return out;
  }
  auto connection = (*database)->connect();
  if (!connection) return connection.error();
  auto tables = table_names(*connection);
  if (!tables) {
    if (!is_of_the_file(tables.error())) return tables.error();
    note(kName, tables.error());
    return out;
  }
  for (const std::string& table : *tables) {
    auto read = connection->number(
        "SELECT CAST(coalesce(bit_xor(hash(t)), 0) >> 1 AS BIGINT) FROM " + table + " t");
    if (read) continue;
    if (!is_of_the_file(read.error())) return read.error();
    note(std::string(kName) + " table " + table, read.error());
  }
  return out;
}

}  // namespace

Result<StoreInspection> inspect_embedded_store(FileSystem& files, const std::string& path) {
  auto there = files.exists(path);
  if (!there) return there.error();
  auto log_there = files.exists(path + ".wal");
  if (!log_there) return log_there.error();
  if (*there) return read_all(path);
  StoreInspection out;
  out.absent = !*log_there;
  if (*log_there) {
    out.damage.push_back({.kind = DamageKind::missing,
                          .name = kName,
                          .detail = "its write-ahead log is there",
                          .left_by_crash = false});
  }
  return out;
}

}  // namespace adbacus
