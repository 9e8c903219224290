#include "store/lake/testing/rows.hpp"

#include <cstdlib>
#include <gtest/gtest.h>

#include "store/lake/event_columns.hpp"

namespace adbacus::testing_lake {
namespace {

std::string file_list(const std::vector<std::string>& paths) {
  std::string list;
  for (const std::string& path : paths) {
    if (!list.empty()) list += ',';
    list += sql_literal(path);
  }
  return list;
}

bool is_number(std::size_t column) {
  return lake_columns()[column].type != parquet::PhysicalType::byte_array;
}

std::string select_all(const std::vector<std::string>& paths) {
  std::string sql = "SELECT ";
  for (std::size_t c = 0; c < kLakeColumns; ++c) {
    const std::string name = lake_columns()[c].name;
    if (c > 0) sql += ",";
    if (lake_columns()[c].logical == parquet::LogicalType::timestamp_micros) {
      sql.append("epoch_us(").append(name).append(")");
    } else {
      sql.append(name).append(is_number(c) ? "::BIGINT" : "");
    }
  }
  return sql + " FROM read_parquet([" + file_list(paths) + "]) ORDER BY seq";
}

std::optional<std::int64_t> expected_number(const ExpectedRow& row, std::size_t column) {
  const Event& e = row.event;
  switch (column) {
    case lake_column::seq:
      return static_cast<std::int64_t>(row.seq);
    case lake_column::log_time:
      return row.log_time_us;
    case lake_column::event_time:
      return e.time_us;
    case lake_column::value_micros:
      return e.has_value ? std::optional(e.value_micros) : std::nullopt;
    case lake_column::cost_micros:
      return e.has_cost ? std::optional(e.cost_micros) : std::nullopt;
    case lake_column::flags:
      return e.flags;
    case lake_column::sent_time:
      return e.sent_time_us != 0 ? std::optional(e.sent_time_us) : std::nullopt;
    default:
      return e.utc_offset_min;
  }
}

std::string expected_text(const ExpectedRow& row, std::size_t column) {
  switch (column) {
    case lake_column::event_type:
      return std::string(event_type_name(row.event.type));
    case lake_column::status:
      return std::string(conversion_status_name(shown_status(row.event.type, row.event.status)));
    case lake_column::disposition:
      return std::string(disposition_name(row.disposition));
    case lake_column::traffic_class:
      return std::string(traffic_class_name(row.traffic_class));
    default:
      return row.texts[column - lake_column::first_text];
  }
}

}  // namespace

std::uint64_t test_seed() {
  const char* given = std::getenv("ADBACUS_TEST_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : secure_random_u64() % 1'000'000;
  std::printf("seed %llu (ADBACUS_TEST_SEED repeats it)\n", static_cast<unsigned long long>(seed));
  return seed;
}

void expect_rows(DuckdbSession& session, const std::vector<std::string>& paths,
                 const std::vector<ExpectedRow>& expected) {
  if (paths.empty()) {
    EXPECT_TRUE(expected.empty());
    return;
  }
  std::vector<DuckdbKind> kinds;
  for (std::size_t c = 0; c < kLakeColumns; ++c)
    kinds.push_back(is_number(c) ? DuckdbKind::number : DuckdbKind::text);
  auto found = session.query(select_all(paths), {}, kinds, 10'000'000);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->rows, expected.size());
  for (std::size_t c = 0; c < kLakeColumns; ++c) {
    const DuckdbColumn& column = found->columns[c];
    for (std::size_t r = 0; r < expected.size(); ++r) {
      if (is_number(c)) {
        const auto number = expected_number(expected[r], c);
        ASSERT_EQ(column.nulls[r], !number) << lake_columns()[c].name << " of row " << r;
        if (number) {
          ASSERT_EQ(column.numbers[r], *number) << lake_columns()[c].name << " of row " << r;
        }
      } else {
        const std::string text = expected_text(expected[r], c);
        ASSERT_EQ(column.texts[r], text) << lake_columns()[c].name << " of row " << r;
        ASSERT_EQ(column.nulls[r], text.empty()) << lake_columns()[c].name << " of row " << r;
      }
    }
  }
}

}  // namespace adbacus::testing_lake
