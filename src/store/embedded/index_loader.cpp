#include "store/embedded/index_loader.hpp"

#include <fmt/format.h>
#include <limits>

namespace adbacus {
namespace {

constexpr std::int64_t kStepRows = 200'000;

Result<void> append_rows(DuckdbChunk& chunk, std::vector<RollupRow>& rows) {
  for (std::size_t i = 0; i < chunk.rows(); ++i) {
    RollupRow row;
    row.series = chunk.column<std::uint32_t>(0)[i];
    row.period = chunk.column<std::int32_t>(1)[i];
    const std::uint8_t slice = chunk.column<std::uint8_t>(2)[i];
    if (slice >= kSlices) return Error{ErrorCode::corrupt, "store: unknown slice"};
    row.slice = static_cast<Slice>(slice);
    for (std::size_t c = 0; c < kCounters; ++c) {
      row.counters.v[c] = chunk.column<std::int64_t>(kFirstCounterColumn + c)[i];
    }
    rows.push_back(row);
  }
  return {};
}

}  // namespace

Result<IndexLoader> IndexLoader::begin(DuckdbConnection connection, RecentIndex& index,
                                       const Compaction::Blocks& blocks,
                                       std::vector<SeriesPlaces::Place> places) {
  IndexLoader loader(std::move(connection), index, std::move(places));
  if (auto ok = loader.connection_.run("BEGIN"); !ok) return ok.error();
  // The snapshot is taken by the first statement that reads.
  if (auto first = loader.connection_.number("SELECT count(*) FROM offsets"); !first) {
    return first.error();
  }
  for (std::size_t k = 0; k < kRowKinds; ++k) {
    const auto kind = static_cast<RowKind>(k);
    for (const auto& [key, block] : blocks) {
      if (key.first != rollup_of(kind)) continue;
      loader.hours_[k].push_back({key.second, block.compacted + block.added});
    }
    if (!loader.hours_[k].empty()) index.stored_until(kind, loader.hours_[k].back().hour + 1);
  }
  return loader;
}

Result<std::vector<RollupRow>> IndexLoader::read(RowKind kind, Period from, Period end) {
  const Rollup rollup = rollup_of(kind);
  const Period length = periods_per_block(rollup);
  auto found = connection_.query(
      fmt::format("SELECT series, period, slice, {} FROM {} WHERE period >= {} AND period < {}",
                  counter_columns("", ""), table_of(rollup), from * length, end * length));
  if (!found) return found.error();
  std::vector<RollupRow> rows;
  for (;;) {
    auto chunk = found->next();
    if (!chunk) return chunk.error();
    if (!*chunk) return rows;
    if (auto ok = append_rows(*chunk, rows); !ok) return ok.error();
  }
}

Result<void> IndexLoader::load_newest(RowKind kind, std::vector<Hour>& hours) {
  const Period end = hours.back().hour + 1;
  Period from = end;
  for (std::int64_t rows = 0; !hours.empty() && rows < kStepRows; hours.pop_back()) {
    if (hours.back().hour < index_->kept_from(kind)) {
      hours.clear();
      break;
    }
    rows += hours.back().rows;
    from = hours.back().hour;
  }
  auto rows = read(kind, from, end);
  if (!rows) return rows.error();
  // With the last hour that has rows, all that are kept before it are known to be empty.
  if (hours.empty()) from = std::numeric_limits<Period>::min();
  index_->load(kind, from, make_runs(*rows, kind, places_));
  return {};
}

Result<bool> IndexLoader::step() {
  for (std::size_t k = 0; k < kRowKinds; ++k) {
    if (hours_[k].empty()) continue;
    if (index_->full()) {
      hours_[k].clear();
      continue;
    }
    if (auto ok = load_newest(static_cast<RowKind>(k), hours_[k]); !ok) return ok.error();
    return true;
  }
  return false;
}

}  // namespace adbacus
