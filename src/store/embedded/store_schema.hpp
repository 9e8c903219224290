// The tables of store.duckdb (docs/formats/store.md) and their creation and checks at open.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "store/embedded/duckdb_connection.hpp"
#include "store/embedded/fact_runs.hpp"

namespace adbacus {

// Rollup rows of one cube at one level; the number is stored (column delta_rows.rollup).
enum class Rollup : std::uint8_t {
  traffic_minute,
  traffic_hour,
  traffic_day,
  traffic_month,
  breakdown_hour,
  breakdown_day,
  breakdown_month,
  reach,  // registers, not counters; by hour
};
inline constexpr std::array kCounterRollups = {
    Rollup::traffic_minute, Rollup::traffic_hour,  Rollup::traffic_day,    Rollup::traffic_month,
    Rollup::breakdown_hour, Rollup::breakdown_day, Rollup::breakdown_month};
const char* table_of(Rollup rollup);
Rollup rollup_of(Cube cube, Level level);  // breakdown has no minutes
Rollup rollup_of(RowKind kind);
// Periods that are compacted together: an hour's 60 minutes, else one.
Period periods_per_block(Rollup rollup);

struct StoreIdentity {
  std::string log_uuid;
  std::uint16_t shards = 1;
};
// Creates the tables in an empty file, else checks that they are this version's, of this log and
// for as many shards. corrupt: the file cannot be read; conflict: it belongs to another log.
Result<void> prepare_schema(DuckdbConnection& connection, const StoreIdentity& identity);

// Columns of a rollup table: series, period, slice, then the counters; their appender types.
inline constexpr std::size_t kFirstCounterColumn = 3;
const std::vector<duckdb_type>& rollup_types();
std::string counter_columns(std::string_view before, std::string_view after);  // joined with ", "

Period day_of_hour(Period hour);
Period month_of_day(Period day);  // months since January 1970
Period first_day_of_month(Period month);

}  // namespace adbacus
