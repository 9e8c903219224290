#include "store/group_sums.hpp"

#include <algorithm>
#include <numeric>

namespace adbacus {

// Cells whose sums come out as zero are no rows, so somewhat more cells than rows are let through.
GroupSums::GroupSums(const RollupQuery& query, const SeriesTable& series)
    : query_(query),
      series_(series),
      filter_(query.filters),
      cells_max_(query.rows_max * 2 + 1024),
      known_(64) {}

std::uint32_t GroupSums::group_of(SeriesId id) {
  const std::uint32_t key = id + 1;
  std::size_t slot = (id * 0x9e3779b1U) & (known_.size() - 1);
  while (known_[slot].key != 0) {
    if (known_[slot].key == key) return known_[slot].group;
    slot = (slot + 1) & (known_.size() - 1);
  }
  const std::uint32_t group = find_group(id);
  known_[slot] = {key, group};
  if (++known_size_ * 2 > known_.size()) grow_known();
  return group;
}

void GroupSums::grow_known() {
  std::vector<Known> larger(known_.size() * 4);
  for (const Known& entry : known_) {
    if (entry.key == 0) continue;
    std::size_t slot = ((entry.key - 1) * 0x9e3779b1U) & (larger.size() - 1);
    while (larger[slot].key != 0) slot = (slot + 1) & (larger.size() - 1);
    larger[slot] = entry;
  }
  known_ = std::move(larger);
}

std::uint32_t GroupSums::find_group(SeriesId id) {
  const Series& series = series_.get(id);
  if (series.cube != query_.cube || series.dims[0] != query_.tenant) return kFiltered;
  if (!filter_.passes(series)) return kFiltered;
  std::string key;
  for (const SeriesDim dim : query_.dimensions) {
    const std::string& text = series.dims[static_cast<std::size_t>(dim)];
    key += std::to_string(text.size());
    key += ':';
    key += text;
  }
  const auto [at, added] =
      group_ids_.emplace(std::move(key), static_cast<std::uint32_t>(group_example_.size()));
  if (added) group_example_.push_back(id);
  return at->second;
}

std::size_t GroupSums::cell(TimeUs bucket_us, std::uint32_t group) {
  if (last_ != kNoCell && cells_[last_].bucket_us == bucket_us && cells_[last_].group == group) {
    return last_;
  }
  const auto [at, added] = index_.try_emplace(CellKey{bucket_us, group}, cells_.size());
  if (added) {
    if (cells_.size() >= cells_max_) {
      index_.erase(at);
      return kNoCell;
    }
    cells_.push_back({bucket_us, group, 0});
    values_.resize(values_.size() + query_.measures.size());
  }
  last_ = at->second;
  return last_;
}

std::int64_t* GroupSums::values(TimeUs bucket_us, std::uint32_t group) {
  const std::size_t at = cell(bucket_us, group);
  return at == kNoCell ? nullptr : values_.data() + at * query_.measures.size();
}

void GroupSums::set_reach(TimeUs bucket_us, std::uint32_t group, std::int64_t users) {
  const std::size_t at = cell(bucket_us, group);
  if (at != kNoCell) cells_[at].reach = users;
}

Result<std::vector<RollupResult::Row>> GroupSums::finish() {
  const Error too_many{ErrorCode::invalid_argument,
                       "too_many_rows: more than " + std::to_string(query_.rows_max)};
  if (cells_.size() >= cells_max_) return too_many;
  const std::size_t width = query_.measures.size();
  std::vector<RollupResult::Row> rows;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const std::span<const std::int64_t> sums(values_.data() + i * width, width);
    const bool zero = std::all_of(sums.begin(), sums.end(), [](auto v) { return v == 0; });
    if (zero && cells_[i].reach == 0) continue;
    if (rows.size() == query_.rows_max) return too_many;
    RollupResult::Row row;
    row.bucket_us = cells_[i].bucket_us;
    const Series& example = series_.get(group_example_[cells_[i].group]);
    for (const SeriesDim dim : query_.dimensions) {
      row.dims.push_back(example.dims[static_cast<std::size_t>(dim)]);
    }
    row.values.assign(sums.begin(), sums.end());
    row.reach = cells_[i].reach;
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return a.bucket_us != b.bucket_us ? a.bucket_us < b.bucket_us : a.dims < b.dims;
  });
  return rows;
}

}  // namespace adbacus
