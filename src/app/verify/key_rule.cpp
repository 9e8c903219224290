#include "app/verify/key_rule.hpp"

#include <iterator>

#include "eventlog/control_entries.hpp"

namespace adbacus {

bool KeyRule::has_row(Seq seq, TimeUs log_time_us, Cube cube,
                      std::span<const std::string_view> dims) {
  if (!whole_log_) return true;
  key_.assign(cube_name(cube));
  for (const std::string_view dim : dims) {
    key_.append(1, '|').append(std::to_string(dim.size())).append(1, ':').append(dim);
  }
  if (known_.contains(key_)) return true;
  if (!takes_place(seq, floor_to(log_time_us, kDayUs) / kDayUs, cube, dims[0])) return false;
  known_.insert(key_);
  return true;
}

bool KeyRule::takes_place(Seq seq, std::int64_t day, Cube cube, std::string_view tenant) {
  const auto after = bounds_.upper_bound(seq);
  const std::uint64_t keys_max =
      after == bounds_.begin() ? kKeysMaxDefault : std::prev(after)->second;
  if (day != day_) new_today_.clear();
  day_ = day;
  std::uint64_t& taken = new_today_[{cube, std::string(tenant)}];
  if (taken >= keys_max) return false;
  ++taken;
  return true;
}

}  // namespace adbacus
