#include "report/testing/naive_store.hpp"

#include <algorithm>
#include <chrono>
#include <set>

#include "store/testing/naive_filter.hpp"

namespace adbacus {
namespace {

struct Sums {
  std::vector<std::int64_t> values;
  std::set<std::string> users;
};
using Key = std::pair<TimeUs, std::vector<std::string>>;

Error bug(const char* what) {
  return {ErrorCode::internal, what};
}

bool is_traffic(SeriesDim dim) {
  return dim <= SeriesDim::currency;  // the order of SeriesDim: shared dimensions first
}

Result<void> check(const RollupQuery& query) {
  const TimeUs grain = query.cube == Cube::traffic ? kMinuteUs : kHourUs;
  if (query.from_us % grain != 0 || query.to_us % grain != 0) return bug("range off the boundary");
  if (query.with_reach &&
      (query.cube != Cube::traffic || query.from_us % kHourUs != 0 || query.to_us % kHourUs != 0)) {
    return bug("reach is kept by traffic series and hour");
  }
  if (query.cube == Cube::breakdown &&
      (query.unit == TimeUnit::minute || query.unit == TimeUnit::five_minute)) {
    return bug("breakdown has no minutes");
  }
  for (const SeriesDim dim : query.dimensions) {
    if (query.cube == Cube::traffic && !is_traffic(dim)) return bug("not in the traffic cube");
  }
  bool known = true;
  for (const Filter& filter : query.filters) {
    for_each_leaf(filter, [&](const Filter& leaf) {
      known = known && (query.cube != Cube::traffic || is_traffic(leaf.field));
    });
  }
  return known ? Result<void>() : bug("not in the cube");
}

// The instant the cube knows an event by.
TimeUs known_time(TimeUs time, TimeUs grain) {
  return floor_to(time, grain);
}

}  // namespace

std::string NaiveEvent::field(const std::string& name, const Zone& zone) const {
  if (name == "hour_of_day") return std::to_string(zone.bucket(time_us, TimeUnit::hour_of_day));
  if (name == "weekday") return std::to_string(zone.bucket(time_us, TimeUnit::weekday));
  return field(name);
}

std::string NaiveEvent::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

NaiveEvent naive_event(TimeUs time_us, Counter64 counter,
                       std::map<std::string, std::string> fields) {
  NaiveEvent event;
  event.time_us = time_us;
  event.fields = std::move(fields);
  event.counters[Counter64::events] = 1;
  event.counters[counter] = 1;
  return event;
}

Result<RollupResult> NaiveStore::query(const RollupQuery& query) {
  {
    const std::lock_guard lock(mutex_);
    ++rollup_queries_;
  }
  if (auto ok = check(query); !ok) return ok.error();
  RawQuery raw;
  raw.tenant = query.tenant;
  raw.from_us = query.from_us;
  raw.to_us = query.to_us;
  raw.unit = query.unit;
  raw.timezone = query.timezone;
  raw.measures = query.measures;
  raw.with_reach = query.with_reach;
  raw.rows_max = query.rows_max;
  for (const SeriesDim dim : query.dimensions) raw.columns.emplace_back(series_dim_name(dim));
  for (const Filter& filter : query.filters) {
    raw.filters.push_back(rename_fields<std::string>(
        filter, [](SeriesDim dim) { return std::string(series_dim_name(dim)); }));
  }
  // The cube has forgotten where in its minute or hour an event was.
  NaiveStore cube;
  const TimeUs grain = query.cube == Cube::traffic ? kMinuteUs : kHourUs;
  cube.events = events;
  for (NaiveEvent& event : cube.events) event.time_us = known_time(event.time_us, grain);
  auto result = cube.query(raw);
  if (!result) return result;
  if (before_query) before_query();
  const std::lock_guard lock(mutex_);
  result->position = visible_ - std::min(visible_, disk_lag_);
  result->data_as_of_us = data_as_of_us;
  result->source = source;
  return result;
}

Result<RollupResult> NaiveStore::query(const RawQuery& query) {
  const auto zone = Zone::find(query.timezone);
  if (!zone) return zone.error();
  std::map<Key, Sums> groups;
  for (const NaiveEvent& event : events) {
    if (event.tenant != query.tenant || event.time_us < query.from_us ||
        event.time_us >= query.to_us) {
      continue;
    }
    const bool passes = naive_all_hold(
        query.filters, [&](const std::string& column) { return event.field(column, *zone); });
    if (!passes) continue;
    Key key{zone->bucket(event.time_us, query.unit), {}};
    for (const std::string& column : query.columns) key.second.push_back(event.field(column));
    Sums& sums = groups[key];
    sums.values.resize(query.measures.size());
    for (std::size_t i = 0; i < query.measures.size(); ++i) {
      if ((query.measures[i].slices & slice_bit(event.slice)) == 0) continue;
      sums.values[i] += event.counters[query.measures[i].counter];
    }
    if (!event.user.empty() && (kNetSlices & slice_bit(event.slice)) != 0) {
      sums.users.insert(event.user);
    }
  }
  if (groups.size() > query.rows_max) {
    return Error{ErrorCode::invalid_argument, "too_many_rows"};
  }
  RollupResult result;
  for (auto& [key, sums] : groups) {
    result.rows.push_back({key.first, key.second, std::move(sums.values),
                           query.with_reach ? static_cast<std::int64_t>(sums.users.size()) : 0});
  }
  const std::lock_guard lock(mutex_);
  ++raw_queries_;
  result.position = visible_;
  result.data_as_of_us = data_as_of_us;
  result.source = "raw";
  return result;
}

void NaiveStore::set_visible(Seq seq) {
  {
    const std::lock_guard lock(mutex_);
    visible_ = seq;
  }
  changed_.notify_all();
}

void NaiveStore::set_disk_lag(Seq lag) {
  const std::lock_guard lock(mutex_);
  disk_lag_ = lag;
}

std::size_t NaiveStore::rollup_queries() const {
  const std::lock_guard lock(mutex_);
  return rollup_queries_;
}

std::size_t NaiveStore::raw_queries() const {
  const std::lock_guard lock(mutex_);
  return raw_queries_;
}

bool NaiveStore::wait_visible(Seq seq, int timeout_ms) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                           [&] { return visible_ >= seq; });
}

Seq NaiveStore::visible() {
  const std::lock_guard lock(mutex_);
  return visible_;
}

}  // namespace adbacus
