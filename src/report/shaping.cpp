#include "report/shaping.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "report/columns.hpp"
#include "report/grouping.hpp"

namespace adbacus {
namespace {

Error too_many(std::size_t max) {
  return {ErrorCode::invalid_argument, "too_many_rows: more than " + std::to_string(max) +
                                           " groups; narrow the range or ask for fewer dimensions"};
}

// -1, 0, 1 for two values of one metric; nulls are left to the caller.
int compare(const Value& a, const Value& b) {
  if (a.kind == Value::Kind::decimal) {
    return a.decimal < b.decimal ? -1 : (a.decimal > b.decimal ? 1 : 0);
  }
  return a.integer < b.integer ? -1 : (a.integer > b.integer ? 1 : 0);
}

// One order key over all groups, as ranks would be: absent marks what sorts last either way.
struct KeyColumn {
  bool descending = false;
  std::vector<Value> values;              // a metric's
  const DimensionPlace* place = nullptr;  // or a dimension

  int compare_groups(const std::vector<ReportGroup>& groups, std::size_t a, std::size_t b) const {
    int order = 0;
    if (place == nullptr) {
      const bool a_null = values[a].kind == Value::Kind::null;
      const bool b_null = values[b].kind == Value::Kind::null;
      if (a_null || b_null) return static_cast<int>(a_null) - static_cast<int>(b_null);
      order = compare(values[a], values[b]);
    } else if (place->is_time) {
      const TimeUs left = groups[a].times[place->index];
      const TimeUs right = groups[b].times[place->index];
      order = left < right ? -1 : (left > right ? 1 : 0);
    } else {
      const std::string& left = groups[a].texts[place->index];
      const std::string& right = groups[b].texts[place->index];
      if (left.empty() || right.empty()) {
        return static_cast<int>(left.empty()) - static_cast<int>(right.empty());
      }
      order = left.compare(right);
    }
    return descending ? -order : order;
  }
};

}  // namespace

Result<std::vector<TimeUs>> buckets_of(const Zone& zone, TimeUnit unit, TimeUs from_us,
                                       TimeUs to_us, std::size_t max) {
  std::vector<TimeUs> buckets;
  if (is_cyclic(unit)) {
    buckets.resize(unit == TimeUnit::weekday ? 7 : 24);
    std::iota(buckets.begin(), buckets.end(), unit == TimeUnit::weekday ? 1 : 0);
    return buckets;
  }
  for (TimeUs time = zone.bucket(from_us, unit); time < to_us; time = zone.next(time, unit)) {
    if (buckets.size() >= max) return too_many(max);
    buckets.push_back(time);
  }
  return buckets;
}

Result<void> fill_buckets(const ReportRequest& request, const Zone& zone, std::size_t groups_max,
                          ReportAnswer& answer) {
  const auto dimension =
      std::find_if(request.dimensions.begin(), request.dimensions.end(),
                   [](const Dimension& d) { return d.kind == Dimension::Kind::time; });
  auto buckets = buckets_of(zone, dimension->unit, answer.from_us, answer.to_us, groups_max);
  if (!buckets) return buckets.error();
  std::map<std::vector<std::string>, std::set<TimeUs>> present;
  if (request.dimensions.size() == 1) present[{}];
  for (const ReportGroup& group : answer.groups) present[group.texts].insert(group.times[0]);
  if (present.size() * buckets->size() > groups_max) return too_many(groups_max);
  for (const auto& [texts, times] : present) {
    for (const TimeUs bucket : *buckets) {
      if (times.contains(bucket)) continue;
      ReportGroup group;
      group.times = {bucket};
      group.texts = texts;
      group.sums.resize(answer.measures.size());
      if (answer.totals.reach) group.reach = 0;
      answer.groups.push_back(std::move(group));
    }
  }
  const auto places = places_of(request.dimensions);
  std::sort(
      answer.groups.begin(), answer.groups.end(),
      [&places](const ReportGroup& a, const ReportGroup& b) { return group_less(places, a, b); });
  return {};
}

void order_groups(const ReportRequest& request, ReportAnswer& answer) {
  if (request.order.empty()) return;
  const auto places = places_of(request.dimensions);
  std::vector<KeyColumn> keys;
  for (const OrderKey& key : request.order) {
    KeyColumn column;
    column.descending = key.descending;
    if (key.column < places.size()) {
      column.place = &places[key.column];
    } else {
      const std::size_t metric = key.column - places.size();
      for (const ReportGroup& group : answer.groups) {
        column.values.push_back(metric_value(request, answer, metric, key.part, group));
      }
    }
    keys.push_back(std::move(column));
  }
  std::vector<std::size_t> order(answer.groups.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    for (const KeyColumn& key : keys) {
      if (const int result = key.compare_groups(answer.groups, a, b); result != 0) {
        return result < 0;
      }
    }
    return false;
  });
  std::vector<ReportGroup> sorted;
  sorted.reserve(order.size());
  for (const std::size_t index : order) sorted.push_back(std::move(answer.groups[index]));
  answer.groups = std::move(sorted);
}

void cut_groups(const ReportRequest& request, ReportAnswer& answer) {
  if (answer.groups.size() <= request.rows_max) return;
  answer.truncated = true;
  if (request.with_other) {
    ReportGroup other;
    other.sums.resize(answer.measures.size());
    for (std::size_t i = request.rows_max; i < answer.groups.size(); ++i) {
      add_sums(other.sums, answer.groups[i].sums);  // no overflow: the totals had none
    }
    answer.other_groups = answer.groups.size() - request.rows_max;
    answer.other = std::move(other);
  }
  answer.groups.resize(request.rows_max);
}

}  // namespace adbacus
