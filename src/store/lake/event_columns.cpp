#include "store/lake/event_columns.hpp"

namespace adbacus {
namespace {

using parquet::Column;
using parquet::LogicalType;
using parquet::PhysicalType;

std::array<Column, kLakeColumns> make_columns() {
  constexpr auto i64 = PhysicalType::int64;
  constexpr auto i32 = PhysicalType::int32;
  constexpr auto text = PhysicalType::byte_array;
  std::array<Column, kLakeColumns> columns{{
      {"seq", i64, LogicalType::none, true},
      {"log_time", i64, LogicalType::timestamp_micros, true},
      {"event_time", i64, LogicalType::timestamp_micros, true},
      {"event_type", text, LogicalType::text, true},
      {"status", text, LogicalType::text, false},
      {"disposition", text, LogicalType::text, true},
      {"traffic_class", text, LogicalType::text, true},
      {"value_micros", i64, LogicalType::none, false},
      {"cost_micros", i64, LogicalType::none, false},
      {"flags", i32, LogicalType::uint16, true},
      {"sent_time", i64, LogicalType::timestamp_micros, false},
      {"utc_offset_min", i32, LogicalType::int16, true},
  }};
  const Event names;
  for_each_text(names, [&](std::size_t index, const char* name, std::string_view, bool) {
    const char* const column = index == text_field::tenant ? "tenant_id" : name;
    columns[lake_column::first_text + index] = {column, text, LogicalType::text, false};
  });
  return columns;
}

}  // namespace

const std::array<Column, kLakeColumns>& lake_columns() {
  static const std::array<Column, kLakeColumns> columns = make_columns();
  return columns;
}

}  // namespace adbacus
