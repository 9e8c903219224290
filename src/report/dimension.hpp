// The closed list of what a report can group and filter by. Dimensions of the rollups are answered
// from them; the rest needs raw events. Called by the request check and the planner. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/report_query.hpp"

namespace adbacus {

struct Dimension {
  enum class Kind : std::uint8_t {
    time,    // a bucket of the event time
    series,  // carried by a rollup series
    raw,     // only in raw events
  };
  std::string name;  // as asked, and the answer's column
  Kind kind = Kind::series;
  TimeUnit unit = TimeUnit::none;          // time
  SeriesDim series = SeriesDim::campaign;  // series
  std::string column;                      // raw reader's name: an event field or "metadata.<key>"
};

// nullopt: unknown. "metadata.<key>" takes any key of 1 to 128 bytes.
std::optional<Dimension> find_dimension(std::string_view name);
// Every fixed name, for messages and documents; "metadata.<key>" comes last.
std::vector<std::string> dimension_names();

// Those that filters take.
std::vector<std::string> filter_field_names();

// hour_of_day and weekday: the bucket is a number, not an instant.
bool is_cyclic(TimeUnit unit);
// Whether the traffic cube carries it.
bool in_traffic_cube(SeriesDim dim);

}  // namespace adbacus
