#include "processor/window/key_bound.hpp"

namespace adbacus {

// Series are in the order in which they took their places: those of the newest day end the table.
KeyBound::KeyBound(const SeriesTable& table) : table_(table) {
  for (std::size_t end = table.size(); end > 0; --end) {
    const Series& series = table.get(static_cast<SeriesId>(end - 1));
    if (is_other(series)) continue;
    if (series.first_day == kNoDay) break;
    if (day_ == kNoDay) day_ = series.first_day;
    if (series.first_day != day_) break;
    ++taken_of(series);
  }
}

std::uint64_t& KeyBound::taken_of(const Series& series) {
  return taken_[series.dims[static_cast<std::size_t>(SeriesDim::tenant)]]
               [static_cast<std::size_t>(series.cube)];
}

bool KeyBound::take(Series& series, Day day) {
  if (table_.size() + kOtherRoom >= SeriesTable::kSeriesMax) return false;
  if (day != day_) {
    taken_.clear();
    day_ = day;
  }
  std::uint64_t& taken = taken_of(series);
  if (taken >= keys_max_) return false;
  ++taken;
  series.first_day = day;
  return true;
}

}  // namespace adbacus
