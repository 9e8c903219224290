// What the fold hands to the store and what reports read from it: series, slices, counters.
// Plain values, no I/O.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clamped_sum.hpp"
#include "base/clock.hpp"
#include "model/event.hpp"

namespace adbacus {

// Which dimensions a rollup row carries. `traffic` is kept by minute, `breakdown` by hour; both are
// also readable at every coarser level.
enum class Cube : std::uint8_t { traffic, breakdown };

// Dimensions of a series, in this order, for both cubes. traffic leaves all but
// tenant, campaign, placement, source, conversion_type and currency empty.
enum class SeriesDim : std::uint8_t {
  tenant,
  campaign,
  placement,
  source,
  conversion_type,
  currency,
  line_item,
  creative,
  ad,
  publisher,
  country,
  device,
};
inline constexpr std::size_t kSeriesDims = 12;
inline constexpr std::size_t kTrafficDims = 6;    // the leading ones: those of cube traffic
std::string_view series_dim_name(SeriesDim dim);  // column names: "tenant", "campaign_id", ...

// A series id names one combination of dimension texts; ids are dense, start at 0 and are assigned
// by SeriesTable (store/series_table.hpp).
using SeriesId = std::uint32_t;
// A day since 1970, UTC.
using Day = std::int32_t;
inline constexpr Day kNoDay = INT32_MIN;
struct Series {
  Cube cube = Cube::traffic;
  std::array<std::string, kSeriesDims> dims;
  // Of log time, when it took one of its tenant's places (processor/window/key_bound.hpp); kNoDay
  // for a series that takes none.
  Day first_day = kNoDay;
};

// Stands in every dimension but tenant and currency of the series that take what is over the bound
// of keys. Longer than any text that ingest takes for a dimension, so no event's own is equal.
inline const std::string kOtherKey = "other" + std::string(300, '.');
// What reports print for it.
inline constexpr std::string_view kOtherLabel = "(other)";
// The series of the tenant and currency of `of` that takes what is over the bound.
Series other_series(const Series& of);
bool is_other(const Series& series);

// Disposition and class of the events in a row, so that gross, net and every part of them come from
// the same rows.
enum class Slice : std::uint8_t {
  counted_valid,
  counted_suspect,
  counted_machine,
  counted_givt,
  counted_sivt,
  repeat_valid,
  repeat_suspect,
  repeat_machine,
  repeat_givt,
  repeat_sivt,
  duplicate_id,
  duplicate_differs,
  transition,
  // Conversions by the touches that earned them: dimensions of the touch, type and currency of the
  // conversion; numbers of conversions in parts of kCreditParts. Corrections are negative.
  attributed,
};
inline constexpr std::size_t kSlices = 14;
using SliceMask = std::uint16_t;
constexpr SliceMask slice_bit(Slice s) {
  return static_cast<SliceMask>(1U << static_cast<unsigned>(s));
}
inline constexpr SliceMask kNetSlices =
    slice_bit(Slice::counted_valid) | slice_bit(Slice::counted_suspect);
inline constexpr SliceMask kGrossSlices = 0x3ff;  // counted and repeat, every class
inline constexpr SliceMask kRepeatSlices = 0x3e0;
inline constexpr SliceMask kDuplicateSlices =
    slice_bit(Slice::duplicate_id) | slice_bit(Slice::duplicate_differs);
// A whole conversion in rows of Slice::attributed.
inline constexpr std::uint32_t kCreditParts = 1'000'000;
Slice slice_of(Disposition disposition, TrafficClass traffic_class);

// Integer sums that add up across rows. Money in micros of the series' currency.
enum class Counter64 : std::uint8_t {
  impressions,
  viewable,
  clicks,
  conversions,  // approved ones that are no refund, chargeback or rebill
  views,
  interactions,
  page_views,
  customs,
  pending,  // conversions by status
  rejected,
  rebills,
  events,        // every event of the row, whatever its type
  value_micros,  // of approved conversions, rebills, refunds and chargebacks
  cost_micros,
};
inline constexpr std::size_t kCounters = 14;
inline constexpr std::size_t kCounts = 12;  // those before the amounts, which may get large
std::string_view counter_name(Counter64 counter);

struct Counters {
  std::array<std::int64_t, kCounters> v{};
  std::int64_t& operator[](Counter64 c) { return v[static_cast<std::size_t>(c)]; }
  std::int64_t operator[](Counter64 c) const { return v[static_cast<std::size_t>(c)]; }
  void add(const Counters& other) {
    for (std::size_t i = 0; i < kCounts; ++i) v[i] += other.v[i];
    for (std::size_t i = kCounts; i < kCounters; ++i) v[i] = clamped_sum(v[i], other.v[i]);
  }
  friend bool operator==(const Counters&, const Counters&) = default;
};

// A period is the event time divided by the level's length, floored: minutes or hours since 1970.
using Period = std::int32_t;
enum class Level : std::uint8_t { minute, hour, day, month };

std::string_view cube_name(Cube cube);
std::string_view level_name(Level level);
std::string_view slice_name(Slice slice);

struct RollupRow {
  SeriesId series = 0;
  Period period = 0;  // minutes for traffic, hours for breakdown
  Slice slice = Slice::counted_valid;
  Counters counters;
};

}  // namespace adbacus
