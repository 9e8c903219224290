// Bounds what strange ids cost: how many new keys (combinations of dimensions) a tenant may bring
// to a cube on one UTC day of log time. What is over the bound is counted in the tenant's row
// `other`. A function of the log alone: the places taken stand with the series in the store, which
// holds exactly the series of its position, so after a crash or a replay the same keys get the same
// rows. Owned by the fold of one shard.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "eventlog/control_entries.hpp"
#include "store/series_table.hpp"

namespace adbacus {

class KeyBound {
 public:
  // Goes on behind the series in `table`, which must outlive the object.
  explicit KeyBound(const SeriesTable& table);

  void set_max(std::uint64_t keys_max) { keys_max_ = keys_max; }
  std::uint64_t max() const { return keys_max_; }
  // Takes one of the day's places for a key that has no series yet and notes it in the series;
  // false: there is none left. Days never go back.
  bool take(Series& series, Day day);

 private:
  // For the rows `other`, one per tenant, cube and currency: they need no place.
  static constexpr std::size_t kOtherRoom = std::size_t{1} << 20U;

  std::uint64_t& taken_of(const Series& series);

  const SeriesTable& table_;
  std::uint64_t keys_max_ = kKeysMaxDefault;
  Day day_ = kNoDay;
  std::unordered_map<std::string, std::array<std::uint64_t, 2>> taken_;  // on day_, by tenant, cube
};

}  // namespace adbacus
