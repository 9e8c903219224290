#include "store/embedded/store_dump.hpp"

#include <fmt/format.h>
#include <vector>

#include "base/hash.hpp"
#include "store/clamped_sql.hpp"
#include "store/embedded/reach_registers.hpp"
#include "store/embedded/store_schema.hpp"

namespace adbacus {
namespace {

using Sink = std::function<void(std::string_view)>;

std::string escaped(const std::string& column) {
  return fmt::format(
      "replace(replace(replace(replace({}, '%', '%25'), '|', '%7C'), chr(10), '%0A'), chr(13), "
      "'%0D')",
      column);
}

std::string dims(const char* alias) {
  std::string result;
  for (std::size_t i = 0; i < kSeriesDims; ++i) {
    result += fmt::format(
        ", {}", escaped(fmt::format("{}.{}", alias, series_dim_name(static_cast<SeriesDim>(i)))));
  }
  return result;
}

std::string instant(const std::string& microseconds) {
  return fmt::format("strftime(make_timestamp({}), '%Y-%m-%dT%H:%M:%S.%fZ')", microseconds);
}

std::string slice_case() {
  std::string result = "CASE slice";
  for (std::size_t i = 0; i < kSlices; ++i) {
    result += fmt::format(" WHEN {} THEN '{}'", i, slice_name(static_cast<Slice>(i)));
  }
  return result + " END";
}

Result<void> lines(DuckdbConnection& connection, const std::string& sql, const std::string& tenant,
                   const Sink& sink) {
  const DuckdbValue values[] = {std::string_view(tenant)};
  auto rows = connection.query(sql, values);
  if (!rows) return rows.error();
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return chunk.error();
    if (!*chunk) return {};
    for (std::size_t i = 0; i < chunk->rows(); ++i) sink(chunk->text(0, i));
  }
}

Result<void> dump_counters(DuckdbConnection& connection, Cube cube, Level level,
                           const std::string& tenant, const Sink& sink) {
  std::string sums;
  std::string non_zero;
  std::string texts;
  for (std::size_t i = 0; i < kCounters; ++i) {
    const std::string_view name = counter_name(static_cast<Counter64>(i));
    sums += fmt::format(", {} AS {}", clamped_sql(fmt::format("sum({})", name)), name);
    non_zero += fmt::format("{}sum({}) <> 0", i == 0 ? "" : " OR ", name);
    texts += fmt::format(", r.{}", name);
  }
  const char* unit = level == Level::minute ? "60000000" : "3600000000";
  const std::string sql = fmt::format(
      "SELECT concat_ws('|', '{}', '{}', {}{}, {}{}) AS line FROM (SELECT series, period, slice{} "
      "FROM {} GROUP BY series, period, slice HAVING {}) r JOIN series s ON s.id = r.series WHERE "
      "($1 = '' OR s.tenant = $1) ORDER BY line",
      cube_name(cube), level_name(level),
      instant(fmt::format("CAST(r.period AS BIGINT) * {}", unit)), dims("s"), slice_case(), texts,
      sums, table_of(rollup_of(cube, level)), non_zero);
  return lines(connection, sql, tenant, sink);
}

Result<void> dump_conversions(DuckdbConnection& connection, const std::string& tenant,
                              const Sink& sink) {
  std::string texts;
  for (const char* column : {"event_id", "user_id", "campaign_id", "ad_id", "source",
                             "conversion_type", "transaction_id", "currency", "status", "slice"}) {
    texts += ", " + escaped(fmt::format("c.{}", column));
  }
  const std::string sql = fmt::format(
      "SELECT concat_ws('|', 'conversion', {}, lpad(CAST(c.seq AS VARCHAR), 20, '0'), {}{}, "
      "c.value_micros) AS line FROM conversions c WHERE ($1 = '' OR c.tenant = $1) ORDER BY line",
      escaped("c.tenant"), instant("c.time_us"), texts);
  return lines(connection, sql, tenant, sink);
}

// Registers are merged here, so this part is collected in memory: one short line a series and hour.
Result<void> dump_reach(DuckdbConnection& connection, const std::string& tenant, const Sink& sink) {
  const std::string sql = fmt::format(
      "SELECT concat_ws('|', 'reach', 'hour', {}{}) AS line, r.registers FROM reach r JOIN series "
      "s ON s.id = r.series WHERE ($1 = '' OR s.tenant = $1) ORDER BY line",
      instant("CAST(r.period AS BIGINT) * 3600000000"), dims("s"));
  const DuckdbValue values[] = {std::string_view(tenant)};
  auto rows = connection.query(sql, values);
  if (!rows) return rows.error();
  std::string line;
  std::vector<std::uint32_t> registers;
  const auto emit = [&] {
    if (line.empty()) return;
    const std::string blob = reach_blob(std::move(registers));
    sink(fmt::format("{}|{:016x}", line, hash64(blob, 0)));
    registers.clear();
  };
  for (;;) {
    auto chunk = rows->next();
    if (!chunk) return chunk.error();
    if (!*chunk) break;
    for (std::size_t i = 0; i < chunk->rows(); ++i) {
      auto list = reach_registers(chunk->text(1, i));
      if (!list) return list.error();
      if (chunk->text(0, i) != line) {
        emit();
        line = chunk->text(0, i);
      }
      registers.insert(registers.end(), list->begin(), list->end());
    }
  }
  emit();
  return {};
}

}  // namespace

Result<void> dump_store(DuckdbConnection& connection, const std::string& tenant_or_empty,
                        const Sink& sink) {
  auto ok = dump_counters(connection, Cube::breakdown, Level::hour, tenant_or_empty, sink);
  if (!ok) return ok;
  ok = dump_conversions(connection, tenant_or_empty, sink);
  if (!ok) return ok;
  ok = dump_reach(connection, tenant_or_empty, sink);
  if (!ok) return ok;
  return dump_counters(connection, Cube::traffic, Level::minute, tenant_or_empty, sink);
}

}  // namespace adbacus
