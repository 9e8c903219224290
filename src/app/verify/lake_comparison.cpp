#include "app/verify/lake_comparison.hpp"

#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string_view>

#include "app/verify/lake_recount.hpp"
#include "app/verify/other_rows.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kLakeEndUs = 230 * 366 * kDayUs;  // behind every event time
constexpr std::string_view kHourLines = "breakdown|hour|";
constexpr std::size_t kDayDigits = 10;   // "2026-11-21"
constexpr std::size_t kHourDigits = 13;  // "2026-11-21T12"

// Start of "2026-11-21".
TimeUs day_start(std::string_view day) {
  int part[3] = {1970, 1, 1};
  const char* at = day.data();
  for (int& number : part) at = std::from_chars(at, day.data() + day.size(), number).ptr + 1;
  const std::chrono::sys_days days{std::chrono::year{part[0]} /
                                   std::chrono::month(static_cast<unsigned>(part[1])) /
                                   std::chrono::day(static_cast<unsigned>(part[2]))};
  return days.time_since_epoch().count() * kDayUs;
}

std::string_view hour_of_key(std::string_view key) {
  return key.substr(kHourLines.size(), kHourDigits);
}

// "2026-11-21T12" of ".../date=2026-11-21/hour=12/…"; empty for another path.
std::string hour_of_path(std::string_view path) {
  const std::size_t date = path.rfind("/date=");
  const std::size_t hour = path.rfind("/hour=");
  if (date == std::string_view::npos || hour == std::string_view::npos) return {};
  return fmt::format("{}T{}", path.substr(date + 6, kDayDigits), path.substr(hour + 6, 2));
}

struct Hour {
  std::int64_t in_lake = 0;  // events
  std::int64_t counted = 0;
  std::uint64_t keys = 0;  // that differ
  std::string first_key;
};

class Comparison {
 public:
  Comparison(EventLake& lake, const std::vector<std::string>& tenants,
             const AggregateLines& counted, std::size_t shown_max)
      : lake_(lake), tenants_(tenants), counted_(counted), shown_max_(shown_max) {}

  Result<LakeComparison> run(const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    if (auto listed = list_days(); !listed) return listed.error();
    std::uint64_t done = 0;
    for (const std::string& day : days_) {
      AggregateLines in_lake;
      if (auto read = read_day(day, in_lake); !read) return read.error();
      compare_day(day, in_lake);
      if (progress) progress(++done, days_.size());
    }
    return std::move(out_);
  }

 private:
  Result<void> list_days() {
    auto paths = lake_.visible_files(0, kLakeEndUs);
    if (!paths) return paths.error();
    for (const std::string& path : *paths) {
      const std::string hour = hour_of_path(path);
      if (hour.empty()) continue;
      files_[hour].push_back(path);
      days_.insert(hour.substr(0, kDayDigits));
    }
    for (auto line = counted_.lower_bound(kHourLines);
         line != counted_.end() && line->first.starts_with(kHourLines); ++line) {
      days_.emplace(hour_of_key(line->first).substr(0, kDayDigits));
    }
    return {};
  }

  // A day at a time; where that is too many groups, hour by hour.
  Result<void> read_day(const std::string& day, AggregateLines& out) {
    const TimeUs from_us = day_start(day);
    auto read = read_range(from_us, from_us + kDayUs, out);
    if (read || read.error().code != ErrorCode::invalid_argument) return read;
    out.clear();
    for (TimeUs hour_us = from_us; hour_us < from_us + kDayUs; hour_us += kHourUs) {
      if (read = read_range(hour_us, hour_us + kHourUs, out); !read) return read;
    }
    return {};
  }

  Result<void> read_range(TimeUs from_us, TimeUs to_us, AggregateLines& out) {
    for (const std::string& tenant : tenants_) {
      LakeRecountQuery query;
      query.tenant = tenant;
      query.cube = Cube::breakdown;
      query.level = Level::hour;
      query.from_us = from_us;
      query.to_us = to_us;
      if (auto read = recount_lake(lake_, query, out); !read) return read;
    }
    return {};
  }

  void compare_day(const std::string& day, AggregateLines& in_lake) {
    const std::string prefix = std::string(kHourLines) + day;
    settle_other(counted_, prefix, in_lake);  // the lake keeps every key
    std::map<std::string, Hour> hours;
    const auto look = [&](const std::string& key, const Counters& a, const Counters& b) {
      Hour& hour = hours[std::string(hour_of_key(key))];
      hour.in_lake += a[Counter64::events];
      hour.counted += b[Counter64::events];
      if (a == b) return;
      if (hour.keys++ == 0) hour.first_key = key;
    };
    for (const auto& [key, counters] : in_lake) {
      const auto found = counted_.find(key);
      look(key, counters, found != counted_.end() ? found->second : Counters{});
    }
    for (auto line = counted_.lower_bound(prefix);
         line != counted_.end() && line->first.starts_with(prefix); ++line) {
      if (!in_lake.contains(line->first)) look(line->first, Counters{}, line->second);
    }
    for (const auto& [name, hour] : hours) {
      ++out_.hours;
      out_.rows += static_cast<std::uint64_t>(hour.in_lake);
      if (hour.keys > 0) note(name, hour);
    }
  }

  void note(const std::string& name, const Hour& hour) {
    ++out_.differences.count;
    if (out_.differences.shown.size() >= shown_max_) return;
    std::string files;
    for (const std::string& path : files_[name]) files += (files.empty() ? "" : ", ") + path;
    out_.differences.shown.push_back(fmt::format(
        "lake, event hour {}: holds {} events, the log {}; {} aggregates differ, the first is {} "
        "({})",
        name, hour.in_lake, hour.counted, hour.keys, hour.first_key,
        files.empty() ? "no file" : files));
  }

  EventLake& lake_;
  const std::vector<std::string>& tenants_;
  const AggregateLines& counted_;
  const std::size_t shown_max_;
  std::map<std::string, std::vector<std::string>> files_;  // by event hour
  std::set<std::string> days_;
  LakeComparison out_;
};

}  // namespace

Result<LakeComparison> compare_lake(
    EventLake& lake, const std::vector<std::string>& tenants, const AggregateLines& counted,
    std::size_t shown_max, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  return Comparison(lake, tenants, counted, shown_max).run(progress);
}

}  // namespace adbacus
