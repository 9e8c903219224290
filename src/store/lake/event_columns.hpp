// The lake's one schema: the columns of every event file, in file order (docs/formats/lake.md).
// Constants, no I/O.
#pragma once

#include <array>

#include "model/event.hpp"
#include "store/lake/parquet/parquet_format.hpp"

namespace adbacus {

namespace lake_column {
inline constexpr std::size_t seq = 0;
inline constexpr std::size_t log_time = 1;
inline constexpr std::size_t event_time = 2;
inline constexpr std::size_t event_type = 3;
inline constexpr std::size_t status = 4;
inline constexpr std::size_t disposition = 5;
inline constexpr std::size_t traffic_class = 6;
inline constexpr std::size_t value_micros = 7;
inline constexpr std::size_t cost_micros = 8;
inline constexpr std::size_t flags = 9;
inline constexpr std::size_t sent_time = 10;
inline constexpr std::size_t utc_offset_min = 11;
inline constexpr std::size_t first_text = 12;  // then Event's texts by for_each_text
}  // namespace lake_column
inline constexpr std::size_t kLakeColumns = lake_column::first_text + kTextFields;

// Text columns have the names of for_each_text, but `tenant_id`, as in every other store.
const std::array<parquet::Column, kLakeColumns>& lake_columns();

}  // namespace adbacus
