#include "store/embedded/fact_runs.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <map>
#include <utility>

#include "base/breather.hpp"

namespace adbacus {
namespace {

constexpr Period kMinutes = 60;
constexpr std::size_t kBreatheRows = 1024;
constexpr std::size_t kAhead = 8;  // rows whose memory is on its way while one is added

Period floor_hour(Period minutes) {
  return minutes >= 0 ? minutes / kMinutes : -((-minutes + kMinutes - 1) / kMinutes);
}

// A row's place in its block's order, small enough to sort quickly.
struct Sortable {
  std::uint64_t campaign_series;
  std::uint16_t minute_slice;  // minute << 8 | slice
  std::uint32_t row;           // in the batch

  CampaignNumber campaign() const { return static_cast<CampaignNumber>(campaign_series >> 32U); }
  SeriesId series() const { return static_cast<SeriesId>(campaign_series); }
  std::uint8_t minute() const { return static_cast<std::uint8_t>(minute_slice >> 8U); }
  friend bool operator<(const Sortable& a, const Sortable& b) {
    if (a.campaign_series != b.campaign_series) return a.campaign_series < b.campaign_series;
    return a.minute_slice < b.minute_slice;
  }
};

struct Block {
  TableNumber table;
  Period hour;
  std::vector<Sortable> rows;
};

constexpr std::size_t kRadixRowsMin = 2048;  // fewer are sorted by comparing
constexpr unsigned kDigitBits = 11;

// One stable pass by the digit of `key` that begins at `shift`.
template <class Key>
void sort_by_digit(std::vector<Sortable>& rows, std::vector<Sortable>& spare, unsigned shift,
                   Key key) {
  constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  const auto digit = [&](const Sortable& row) { return (key(row) >> shift) & (kDigits - 1); };
  std::array<std::uint32_t, kDigits> places{};
  for (const Sortable& row : rows) ++places[digit(row)];
  std::uint32_t sum = 0;
  for (std::uint32_t& place : places) sum += std::exchange(place, sum);
  for (const Sortable& row : rows) spare[places[digit(row)]++] = row;
  rows.swap(spare);
  breathe();
}

// A radix sort over the bits in which the rows differ.
void sort_rows(std::vector<Sortable>& rows, std::vector<Sortable>& spare) {
  if (rows.size() < kRadixRowsMin) return std::sort(rows.begin(), rows.end());
  spare.resize(rows.size());
  std::uint64_t differing = 0;
  std::uint64_t minutes = 0;
  for (const Sortable& row : rows) {
    differing |= row.campaign_series ^ rows.front().campaign_series;
    minutes |= static_cast<std::uint64_t>(row.minute_slice ^ rows.front().minute_slice);
  }
  const auto sort_by = [&](std::uint64_t bits, auto key) {
    for (unsigned shift = 0; shift < 64 && bits >> shift != 0; shift += kDigitBits) {
      shift += static_cast<unsigned>(std::countr_zero(bits >> shift));
      sort_by_digit(rows, spare, shift, key);
    }
  };
  sort_by(minutes, [](const Sortable& row) { return std::uint64_t{row.minute_slice}; });
  sort_by(differing, [](const Sortable& row) { return row.campaign_series; });
}

// The rows by table and hour; a batch has few of these, and neighbours mostly share theirs.
std::vector<Block> blocks_of(const std::vector<RollupRow>& rows, bool minutes,
                             const std::vector<SeriesPlaces::Place>& places) {
  std::vector<Block> blocks;
  std::map<std::pair<TableNumber, Period>, std::size_t> numbers;
  std::size_t last = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i % kBreatheRows == 0) breathe();
    const RollupRow& row = rows[i];
    const SeriesPlaces::Place& place = places.at(row.series);
    const Period hour = minutes ? floor_hour(row.period) : row.period;
    if (blocks.empty() || blocks[last].table != place.table || blocks[last].hour != hour) {
      const auto [found, is_new] = numbers.try_emplace({place.table, hour}, blocks.size());
      if (is_new) blocks.push_back({place.table, hour, {}});
      last = found->second;
    }
    const Period minute = minutes ? row.period - hour * kMinutes : 0;
    blocks[last].rows.push_back(
        {std::uint64_t{place.campaign} << 32U | row.series,
         static_cast<std::uint16_t>(minute << 8 | static_cast<int>(row.slice)),
         static_cast<std::uint32_t>(i)});
  }
  std::vector<Sortable> spare;
  for (Block& block : blocks) sort_rows(block.rows, spare);
  return blocks;
}

// The rows of a block in order; equal ones are added up.
RowRunPtr run_of(const std::vector<RollupRow>& rows, const std::vector<Sortable>& order) {
  RowRunBuilder builder;
  builder.reserve(order.size(), order.size() * 2);
  for (std::size_t i = 0, breath = 0; i < order.size();) {
    if (i >= breath) {
      breathe();
      breath = i + kBreatheRows;
    }
    const Sortable& first = order[i];
    if (i + kAhead < order.size()) __builtin_prefetch(&rows[order[i + kAhead].row].counters);
    Counters sum = rows[first.row].counters;
    std::size_t next = i + 1;
    for (; next < order.size() && !(first < order[next]); ++next)
      sum.add(rows[order[next].row].counters);
    builder.add(first.campaign(), first.series(), first.minute(), rows[first.row].slice, sum);
    i = next;
  }
  return builder.empty() ? nullptr : builder.finish();
}

// The same rows without their minutes: one row a series and slice.
RowRunPtr hour_run_of(const RowRun& minutes) {
  RowRunBuilder builder;
  builder.reserve(minutes.rows(), minutes.rows() * 2);
  std::array<Counters, kSlices> sums{};
  SliceMask used = 0;
  CampaignNumber campaign = 0;
  SeriesId series = 0;
  std::size_t rows = 0;
  const auto emit = [&] {
    for (; used != 0; used &= static_cast<SliceMask>(used - 1)) {
      const auto slice = static_cast<std::size_t>(std::countr_zero(used));
      builder.add(campaign, series, 0, static_cast<Slice>(slice), sums[slice]);
    }
  };
  for_each_row(minutes, [&](CampaignNumber at, const RowRun::Head& head, const auto* words) {
    if (head.series != series || at != campaign) emit();
    if (rows++ % kBreatheRows == 0) breathe();
    campaign = at;
    series = head.series;
    Counters& sum = sums[static_cast<std::size_t>(head.slice)];
    if ((used & slice_bit(head.slice)) == 0) sum = {};
    used |= slice_bit(head.slice);
    sum.add(RowRun::counters(head, words));
  });
  emit();
  return builder.empty() ? nullptr : builder.finish();
}

FactRuns runs_of(const std::vector<RollupRow>& rows, RowKind kind,
                 const std::vector<SeriesPlaces::Place>& places) {
  FactRuns runs;
  for (const Block& block : blocks_of(rows, kind == RowKind::traffic_minute, places)) {
    if (RowRunPtr run = run_of(rows, block.rows))
      runs.push_back({{block.table, kind, block.hour}, std::move(run)});
  }
  return runs;
}

bool by_key(const BlockRun& a, const BlockRun& b) {
  return a.key < b.key;
}

}  // namespace

FactRuns make_fact_runs(const FactBatch& batch, const std::vector<SeriesPlaces::Place>& places) {
  FactRuns result = runs_of(batch.minute_rows, RowKind::traffic_minute, places);
  for (std::size_t i = 0, minutes = result.size(); i < minutes; ++i) {
    const BlockKey key{result[i].key.table, RowKind::traffic_hour, result[i].key.hour};
    if (RowRunPtr run = hour_run_of(*result[i].run)) result.push_back({key, std::move(run)});
  }
  FactRuns hours = runs_of(batch.hour_rows, RowKind::breakdown_hour, places);
  std::move(hours.begin(), hours.end(), std::back_inserter(result));
  std::sort(result.begin(), result.end(), by_key);
  return result;
}

FactRuns make_runs(const std::vector<RollupRow>& rows, RowKind kind,
                   const std::vector<SeriesPlaces::Place>& places) {
  FactRuns runs = runs_of(rows, kind, places);
  std::sort(runs.begin(), runs.end(), by_key);
  return runs;
}

std::size_t bytes_of(const FactRuns& runs) {
  std::size_t bytes = runs.size() * sizeof(BlockRun);
  for (const BlockRun& run : runs) bytes += run.run->bytes();
  return bytes;
}

}  // namespace adbacus
