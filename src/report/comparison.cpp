#include "report/comparison.hpp"

#include <algorithm>
#include <unordered_map>

#include "report/grouping.hpp"
#include "report/shaping.hpp"

namespace adbacus {
namespace {

constexpr DayNumber kYearDays = 364;  // 52 weeks

const Dimension* time_dimension(const ReportRequest& request) {
  const auto found =
      std::find_if(request.dimensions.begin(), request.dimensions.end(),
                   [](const Dimension& d) { return d.kind == Dimension::Kind::time; });
  return found == request.dimensions.end() ? nullptr : &*found;
}

// Bucket of the earlier range -> bucket of this one, by place.
Result<std::unordered_map<TimeUs, TimeUs>> bucket_pairs(const Zone& zone, TimeUnit unit,
                                                        std::size_t max,
                                                        const ReportAnswer& previous,
                                                        const ReportAnswer& answer) {
  const auto before = buckets_of(zone, unit, previous.from_us, previous.to_us, max);
  if (!before) return before.error();
  const auto now = buckets_of(zone, unit, answer.from_us, answer.to_us, max);
  if (!now) return now.error();
  std::unordered_map<TimeUs, TimeUs> pairs;
  for (std::size_t i = 0; i < std::min(before->size(), now->size()); ++i) {
    pairs.emplace((*before)[i], (*now)[i]);
  }
  return pairs;
}

double number(const Value& value) {
  return value.kind == Value::Kind::decimal ? value.decimal : static_cast<double>(value.integer);
}

}  // namespace

void shift_range(const Zone& zone, Comparison comparison, TimeUs& from_us, TimeUs& to_us) {
  const DayNumber first = zone.day_of(from_us);
  const DayNumber last = zone.day_of(to_us);
  const bool whole_days = zone.start_of(first) == from_us && zone.start_of(last) == to_us;
  if (whole_days) {
    const DayNumber days = comparison == Comparison::previous_year ? kYearDays : last - first;
    from_us = zone.start_of(first - days);
    to_us = zone.start_of(last - days);
    return;
  }
  const TimeUs by = comparison == Comparison::previous_year ? kYearDays * kDayUs : to_us - from_us;
  from_us -= by;
  to_us -= by;
}

Result<void> join_previous(const ReportRequest& request, const Zone& zone, std::size_t groups_max,
                           ReportAnswer previous, ReportAnswer& answer) {
  const std::size_t count = answer.measures.size();
  answer.totals.previous_sums = previous.totals.sums;
  answer.totals.previous_reach = previous.totals.reach;
  const Dimension* time = time_dimension(request);
  if (time != nullptr && !is_cyclic(time->unit)) {
    const auto pairs = bucket_pairs(zone, time->unit, groups_max, previous, answer);
    if (!pairs) return pairs.error();
    std::erase_if(previous.groups,
                  [&](const ReportGroup& group) { return !pairs->contains(group.times[0]); });
    for (ReportGroup& group : previous.groups) group.times[0] = pairs->at(group.times[0]);
  }
  const auto places = places_of(request.dimensions);
  const auto less = [&places](const ReportGroup& a, const ReportGroup& b) {
    return group_less(places, a, b);
  };
  std::sort(previous.groups.begin(), previous.groups.end(), less);
  for (ReportGroup& group : answer.groups) {
    group.previous_sums.assign(count, 0);
    if (answer.totals.reach) group.previous_reach = 0;
  }
  std::vector<ReportGroup> gone;
  for (ReportGroup& group : previous.groups) {
    const auto found = std::lower_bound(answer.groups.begin(), answer.groups.end(), group, less);
    if (found != answer.groups.end() && !less(group, *found)) {
      found->previous_sums = std::move(group.sums);
      found->previous_reach = group.reach;
      continue;
    }
    group.previous_sums = std::move(group.sums);
    group.previous_reach = group.reach;
    group.sums.assign(count, 0);
    if (answer.totals.reach) group.reach = 0;
    gone.push_back(std::move(group));
  }
  if (answer.groups.size() + gone.size() > groups_max) {
    return Error{ErrorCode::invalid_argument,
                 "too_many_rows: narrow the range or ask for fewer dimensions"};
  }
  std::move(gone.begin(), gone.end(), std::back_inserter(answer.groups));
  std::sort(answer.groups.begin(), answer.groups.end(), less);
  return {};
}

Value difference(const Value& current, const Value& previous) {
  if (current.kind == Value::Kind::null || previous.kind == Value::Kind::null) return {};
  Value out = current;
  out.decimal = current.decimal - previous.decimal;
  if (__builtin_sub_overflow(current.integer, previous.integer, &out.integer)) return {};
  return out;
}

Value percent(const Value& current, const Value& previous) {
  if (current.kind == Value::Kind::null || previous.kind == Value::Kind::null) return {};
  const double base = number(previous);
  if (base == 0) return {};
  return {Value::Kind::decimal, 0, 100 * (number(current) - base) / base};
}

}  // namespace adbacus
