#include "store/embedded/store_schema.hpp"

#include <date/date.h>
#include <fmt/format.h>

namespace adbacus {
namespace {

constexpr const char* kFormat = "adbacus store 3";
constexpr const char* kFormat2 = "adbacus store 2";  // without offsets.attributed_from
constexpr const char* kFormat1 = "adbacus store 1";  // without series.first_day, offsets.keys_max

// DuckDB tries every method on every text column at each checkpoint, which took 200 ns of each
// event at full load; so each column names its own.
constexpr const char* kRepeating = "VARCHAR NOT NULL USING COMPRESSION dictionary";
constexpr const char* kDiffering = "VARCHAR NOT NULL USING COMPRESSION uncompressed";

std::string create_sql() {
  std::string sql = "CREATE TABLE meta(name VARCHAR NOT NULL, value VARCHAR NOT NULL);";
  sql +=
      "CREATE TABLE offsets(shard BIGINT NOT NULL, seq BIGINT NOT NULL, log_time_us BIGINT NOT "
      "NULL, keys_max BIGINT NOT NULL, attributed_from BIGINT NOT NULL);";
  sql += "CREATE TABLE series(id UINTEGER NOT NULL, cube UTINYINT NOT NULL";
  for (std::size_t i = 0; i < kSeriesDims; ++i) {
    sql += fmt::format(", {} {}", series_dim_name(static_cast<SeriesDim>(i)), kRepeating);
  }
  sql += ", first_day INTEGER NOT NULL);";
  for (const Rollup rollup : kCounterRollups) {
    sql += fmt::format(
        "CREATE TABLE {}(series UINTEGER NOT NULL, period INTEGER NOT NULL, slice UTINYINT NOT "
        "NULL, {});",
        table_of(rollup), counter_columns("", " BIGINT NOT NULL"));
  }
  sql += fmt::format(
      "CREATE TABLE reach(series UINTEGER NOT NULL, period INTEGER NOT NULL, registers BLOB NOT "
      "NULL USING COMPRESSION uncompressed);"
      "CREATE TABLE conversions(seq BIGINT NOT NULL, time_us BIGINT NOT NULL, tenant {0}, event_id "
      "{1}, user_id {1}, campaign_id {0}, ad_id {0}, source {0}, conversion_type {0}, "
      "transaction_id {1}, currency {0}, status {0}, slice {0}, value_micros BIGINT NOT NULL);",
      kRepeating, kDiffering);
  sql +=
      "CREATE TABLE delta_rows(rollup UTINYINT NOT NULL, block INTEGER NOT NULL, rows BIGINT NOT "
      "NULL, compacted BOOLEAN NOT NULL);"
      "CREATE TABLE level_marks(cube UTINYINT NOT NULL, days_until INTEGER NOT NULL, months_until "
      "INTEGER NOT NULL);";
  return sql;
}

Result<void> create(DuckdbConnection& connection, const StoreIdentity& identity) {
  auto transaction = DuckdbTransaction::begin(connection);
  if (!transaction) return transaction.error();
  if (auto ok = connection.run(create_sql()); !ok) return ok;
  const std::string shards = std::to_string(identity.shards);
  const DuckdbValue meta[] = {std::string_view(kFormat), std::string_view(identity.log_uuid),
                              std::string_view(shards)};
  auto changed = connection.change(
      "INSERT INTO meta VALUES ('format', ?), ('log_uuid', ?), ('shards', ?)", meta);
  if (!changed) return changed.error();
  for (std::int64_t shard = 0; shard < identity.shards; ++shard) {
    const DuckdbValue row[] = {shard, static_cast<std::int64_t>(kKeysMaxDefault)};
    changed = connection.change("INSERT INTO offsets VALUES (?, 0, 0, ?, 0)", row);
    if (!changed) return changed.error();
  }
  return transaction->commit();
}

// The program that wrote format 1 knew no bound, and no bound entry either: its series keep their
// rows and take no place of any day. None before 3 knew attribution: only what is folded from here
// on is attributed.
Result<void> upgrade(DuckdbConnection& connection, bool from_1) {
  auto transaction = DuckdbTransaction::begin(connection);
  if (!transaction) return transaction.error();
  std::string sql = fmt::format(
      "ALTER TABLE offsets ADD COLUMN attributed_from BIGINT DEFAULT 0;"
      "UPDATE offsets SET attributed_from = seq;"
      "UPDATE meta SET value = '{}' WHERE name = 'format';",
      kFormat);
  if (from_1) {
    sql = fmt::format(
              "ALTER TABLE series ADD COLUMN first_day INTEGER DEFAULT {};"
              "ALTER TABLE offsets ADD COLUMN keys_max BIGINT DEFAULT {};",
              kNoDay, kKeysMaxDefault) +
          sql;
  }
  if (auto ok = connection.run(sql); !ok) return ok;
  return transaction->commit();
}

Result<std::string> meta_value(DuckdbConnection& connection, std::string_view name) {
  const DuckdbValue values[] = {name};
  auto rows = connection.query("SELECT value FROM meta WHERE name = ?", values);
  if (!rows) return rows.error();
  auto chunk = rows->next();
  if (!chunk) return chunk.error();
  if (!*chunk || chunk->rows() != 1) {
    return Error{ErrorCode::corrupt, fmt::format("store: meta row {} is missing", name)};
  }
  return std::string(chunk->text(0, 0));
}

}  // namespace

const char* table_of(Rollup rollup) {
  switch (rollup) {
    case Rollup::traffic_minute:
      return "traffic_minute";
    case Rollup::traffic_hour:
      return "traffic_hour";
    case Rollup::traffic_day:
      return "traffic_day";
    case Rollup::traffic_month:
      return "traffic_month";
    case Rollup::breakdown_hour:
      return "breakdown_hour";
    case Rollup::breakdown_day:
      return "breakdown_day";
    case Rollup::breakdown_month:
      return "breakdown_month";
    case Rollup::reach:
      return "reach";
  }
  return "";
}

Rollup rollup_of(Cube cube, Level level) {
  const bool traffic = cube == Cube::traffic;
  switch (level) {
    case Level::minute:
      return Rollup::traffic_minute;
    case Level::hour:
      return traffic ? Rollup::traffic_hour : Rollup::breakdown_hour;
    case Level::day:
      return traffic ? Rollup::traffic_day : Rollup::breakdown_day;
    case Level::month:
      return traffic ? Rollup::traffic_month : Rollup::breakdown_month;
  }
  return Rollup::traffic_hour;
}

Rollup rollup_of(RowKind kind) {
  switch (kind) {
    case RowKind::traffic_minute:
      return Rollup::traffic_minute;
    case RowKind::traffic_hour:
      return Rollup::traffic_hour;
    case RowKind::breakdown_hour:
      return Rollup::breakdown_hour;
  }
  return Rollup::traffic_hour;
}

Period periods_per_block(Rollup rollup) {
  return rollup == Rollup::traffic_minute ? 60 : 1;
}

Result<void> prepare_schema(DuckdbConnection& connection, const StoreIdentity& identity) {
  auto tables = connection.number(
      "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND NOT "
      "temporary");
  if (!tables) return tables.error();
  if (*tables == 0) return create(connection, identity);
  auto format = meta_value(connection, "format");
  if (!format) return Error{ErrorCode::corrupt, format.error().message};
  const bool is_old = *format == kFormat1 || *format == kFormat2;
  if (*format != kFormat && !is_old) {
    return Error{ErrorCode::conflict, "store: written by another version: " + *format};
  }
  auto uuid = meta_value(connection, "log_uuid");
  if (!uuid) return uuid.error();
  if (*uuid != identity.log_uuid) {
    return Error{ErrorCode::conflict,
                 "store: belongs to log " + *uuid + ", not to " + identity.log_uuid};
  }
  auto shards = meta_value(connection, "shards");
  if (!shards) return shards.error();
  if (*shards != std::to_string(identity.shards)) {
    return Error{ErrorCode::conflict, "store: written with " + *shards + " shards"};
  }
  return is_old ? upgrade(connection, *format == kFormat1) : Result<void>();
}

const std::vector<duckdb_type>& rollup_types() {
  static const std::vector<duckdb_type> types = [] {
    std::vector<duckdb_type> all = {DUCKDB_TYPE_UINTEGER, DUCKDB_TYPE_INTEGER,
                                    DUCKDB_TYPE_UTINYINT};
    all.insert(all.end(), kCounters, DUCKDB_TYPE_BIGINT);
    return all;
  }();
  return types;
}

std::string counter_columns(std::string_view before, std::string_view after) {
  std::string result;
  for (std::size_t i = 0; i < kCounters; ++i) {
    if (i > 0) result += ", ";
    result += before;
    result += counter_name(static_cast<Counter64>(i));
    result += after;
  }
  return result;
}

Period day_of_hour(Period hour) {
  return static_cast<Period>(floor_to(hour, 24) / 24);
}

Period month_of_day(Period day) {
  const date::year_month_day civil{date::sys_days{date::days{day}}};
  return (static_cast<int>(civil.year()) - 1970) * 12 +
         static_cast<int>(static_cast<unsigned>(civil.month())) - 1;
}

Period first_day_of_month(Period month) {
  const date::year_month civil =
      date::year_month{date::year{1970}, date::January} + date::months{month};
  return static_cast<Period>(date::sys_days{civil / 1}.time_since_epoch().count());
}

}  // namespace adbacus
