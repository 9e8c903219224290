// Sums a report's measures per time bucket and combination of dimension texts: the last step of
// every backend's query, so that all of them answer alike. One object serves one query on one
// thread.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "store/report_query.hpp"
#include "store/series_filter.hpp"
#include "store/series_table.hpp"

namespace adbacus {

class GroupSums {
 public:
  static constexpr std::uint32_t kFiltered = 0xffffffff;  // a series the filters keep out

  // Both must outlive the object.
  GroupSums(const RollupQuery& query, const SeriesTable& series);

  // The number of the dimension combination a series belongs to, or kFiltered. Remembered per
  // series.
  std::uint32_t group_of(SeriesId id);

  // The values of (bucket, group), one per measure, to be added to; null once the query has far too
  // many rows. Valid until the next call. Only for queries with measures.
  std::int64_t* values(TimeUs bucket_us, std::uint32_t group);
  void set_reach(TimeUs bucket_us, std::uint32_t group, std::int64_t users);

  // Rows sorted by bucket, then texts; those whose values and reach are all zero are left out.
  // invalid_argument "too_many_rows" beyond query.rows_max.
  Result<std::vector<RollupResult::Row>> finish();

 private:
  struct Cell {
    TimeUs bucket_us = 0;
    std::uint32_t group = 0;
    std::int64_t reach = 0;
  };
  struct CellKey {
    TimeUs bucket_us;
    std::uint32_t group;
    friend bool operator==(const CellKey&, const CellKey&) = default;
  };
  struct CellHash {
    std::size_t operator()(const CellKey& key) const {
      const auto mixed = (static_cast<std::uint64_t>(key.bucket_us) ^
                          (static_cast<std::uint64_t>(key.group) << 40U)) *
                         0x9e3779b97f4a7c15ULL;
      return static_cast<std::size_t>(mixed ^ (mixed >> 29U));
    }
  };
  struct Known {  // open addressing by series id; id + 1, 0 = free
    std::uint32_t key = 0;
    std::uint32_t group = 0;
  };

  std::uint32_t find_group(SeriesId id);
  void grow_known();
  std::size_t cell(TimeUs bucket_us, std::uint32_t group);  // kNoCell: too many

  static constexpr std::size_t kNoCell = static_cast<std::size_t>(-1);
  const RollupQuery& query_;
  const SeriesTable& series_;
  SeriesFilter filter_;
  std::size_t cells_max_;
  std::vector<Known> known_;
  std::size_t known_size_ = 0;
  std::unordered_map<std::string, std::uint32_t> group_ids_;  // length-prefixed texts
  std::vector<SeriesId> group_example_;                       // a series of each group
  std::unordered_map<CellKey, std::size_t, CellHash> index_;
  std::vector<Cell> cells_;
  std::vector<std::int64_t> values_;
  std::size_t last_ = kNoCell;
};

}  // namespace adbacus
