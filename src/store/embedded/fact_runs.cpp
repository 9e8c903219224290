#include "store/embedded/fact_runs.hpp"

#include <algorithm>
#include <tuple>

namespace adbacus {
namespace {

constexpr Period kMinutes = 60;

Period floor_hour(Period minutes) {
  return minutes >= 0 ? minutes / kMinutes : -((-minutes + kMinutes - 1) / kMinutes);
}

// A row's place in the order of runs, small enough to sort quickly.
struct Sortable {
  TableNumber table;
  Period hour;
  CampaignNumber campaign;
  SeriesId series;
  std::uint16_t minute_slice;  // minute << 8 | slice
  std::uint32_t row;           // in the batch

  auto block() const { return std::tie(table, hour); }
  auto order() const { return std::tie(table, hour, campaign, series, minute_slice); }
};

// Which periods the rows have and which the runs get.
enum class Conversion { minutes, hours, minutes_to_hours };

FactRuns sorted_runs(const std::vector<RollupRow>& rows, RowKind kind, Conversion conversion,
                     const std::vector<SeriesPlaces::Place>& places) {
  std::vector<Sortable> order;
  order.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RollupRow& row = rows[i];
    const SeriesPlaces::Place& place = places.at(row.series);
    const Period hour = conversion == Conversion::hours ? row.period : floor_hour(row.period);
    const Period minute = conversion == Conversion::minutes ? row.period - hour * kMinutes : 0;
    order.push_back({place.table, hour, place.campaign, row.series,
                     static_cast<std::uint16_t>(minute << 8 | static_cast<int>(row.slice)),
                     static_cast<std::uint32_t>(i)});
  }
  std::sort(order.begin(), order.end(),
            [](const Sortable& a, const Sortable& b) { return a.order() < b.order(); });
  FactRuns runs;
  RowRunBuilder builder;
  for (std::size_t i = 0; i < order.size();) {
    const Sortable& first = order[i];
    Counters sum = rows[first.row].counters;
    std::size_t next = i + 1;
    for (; next < order.size() && order[next].order() == first.order(); ++next) {
      sum.add(rows[order[next].row].counters);
    }
    builder.add(first.campaign, first.series, static_cast<std::uint8_t>(first.minute_slice >> 8U),
                rows[first.row].slice, sum);
    const bool last = next == order.size() || order[next].block() != first.block();
    if (last && !builder.empty()) {
      runs.push_back({{first.table, kind, first.hour}, builder.finish()});
    }
    i = next;
  }
  return runs;
}

void append(FactRuns& to, FactRuns from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

FactRuns make_fact_runs(const FactBatch& batch, const std::vector<SeriesPlaces::Place>& places) {
  FactRuns result =
      sorted_runs(batch.minute_rows, RowKind::traffic_minute, Conversion::minutes, places);
  append(result, sorted_runs(batch.minute_rows, RowKind::traffic_hour, Conversion::minutes_to_hours,
                             places));
  append(result, sorted_runs(batch.hour_rows, RowKind::breakdown_hour, Conversion::hours, places));
  std::sort(result.begin(), result.end(),
            [](const BlockRun& a, const BlockRun& b) { return a.key < b.key; });
  return result;
}

FactRuns make_runs(const std::vector<RollupRow>& rows, RowKind kind,
                   const std::vector<SeriesPlaces::Place>& places) {
  return sorted_runs(rows, kind,
                     kind == RowKind::traffic_minute ? Conversion::minutes : Conversion::hours,
                     places);
}

std::size_t bytes_of(const FactRuns& runs) {
  std::size_t bytes = runs.size() * sizeof(BlockRun);
  for (const BlockRun& run : runs) bytes += run.run->bytes();
  return bytes;
}

}  // namespace adbacus
