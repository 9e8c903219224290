#include "model/targeting.hpp"

#include <array>

namespace adbacus {
namespace {

constexpr int kHoursOfDay = 24;
constexpr int kDaysOfWeek = 7;
constexpr int kHoursOfWeek = kHoursOfDay * kDaysOfWeek;

constexpr std::array<std::string_view, kTargetingOps> kOpNames{
    "eq",    "ne",   "in",         "not_in",  "lt",       "lte",
    "gt",    "gte",  "between",    "exists",  "contains", "starts_with",
    "regex", "cidr", "geo_radius", "daypart", "segment"};
constexpr std::array<std::string_view, kDaysOfWeek> kDays{"mon", "tue", "wed", "thu",
                                                          "fri", "sat", "sun"};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

int day_of(std::string_view text) {
  for (std::size_t i = 0; i < kDays.size(); ++i) {
    if (kDays[i] == text) return static_cast<int>(i);
  }
  return -1;
}

int hour_of(std::string_view text) {
  if (text.empty() || text.size() > 2) return -1;
  int hour = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    hour = hour * 10 + (c - '0');
  }
  return hour <= kHoursOfDay ? hour : -1;
}

struct Range {
  int first = 0;
  int last = 0;
};

template <class Read>
std::optional<Range> range_of(std::string_view text, const Read& read) {
  const std::size_t dash = text.find('-');
  const int first = read(text.substr(0, dash));
  const int last = dash == std::string_view::npos ? first : read(text.substr(dash + 1));
  if (first < 0 || last < 0) return std::nullopt;
  return Range{first, last};
}

// "mon-fri 08-18", "sat", "22-06".
bool add_part(std::string_view part, WeekHours& out) {
  const std::size_t blank = part.find(' ');
  std::string_view days = part.substr(0, blank);
  std::string_view hours =
      blank == std::string_view::npos ? std::string_view() : trimmed(part.substr(blank));
  if (!days.empty() && days.front() >= '0' && days.front() <= '9') {
    if (!hours.empty()) return false;
    hours = days;
    days = "mon-sun";
  }
  const auto day_range = range_of(days, day_of);
  if (!day_range) return false;
  Range hour_range{0, kHoursOfDay};
  if (!hours.empty()) {
    const auto read = range_of(hours, hour_of);
    if (!read || hours.find('-') == std::string_view::npos || read->first == read->last)
      return false;
    if (read->first == kHoursOfDay) return false;
    hour_range = *read;
    if (hour_range.last < hour_range.first) hour_range.last += kHoursOfDay;
  }
  const int day_count = (day_range->last - day_range->first + kDaysOfWeek) % kDaysOfWeek + 1;
  for (int day = 0; day < day_count; ++day) {
    for (int hour = hour_range.first; hour < hour_range.last; ++hour) {
      out.add(((day_range->first + day) * kHoursOfDay + hour) % kHoursOfWeek);
    }
  }
  return true;
}

}  // namespace

std::string_view targeting_op_name(TargetingOp op) {
  return kOpNames[static_cast<std::size_t>(op)];
}

std::optional<TargetingOp> parse_targeting_op(std::string_view name) {
  for (std::size_t i = 0; i < kOpNames.size(); ++i) {
    if (kOpNames[i] == name) return static_cast<TargetingOp>(i);
  }
  return std::nullopt;
}

bool WeekHours::has(int hour) const {
  const std::uint64_t word = hour < 64 ? low : hour < 128 ? mid : high;
  return (word >> (static_cast<unsigned>(hour) % 64) & 1U) != 0;
}

void WeekHours::add(int hour) {
  std::uint64_t& word = hour < 64 ? low : hour < 128 ? mid : high;
  word |= std::uint64_t{1} << (static_cast<unsigned>(hour) % 64);
}

std::optional<WeekHours> parse_daypart(std::string_view text) {
  WeekHours hours;
  while (true) {
    const std::size_t comma = text.find(',');
    if (!add_part(trimmed(text.substr(0, comma)), hours)) return std::nullopt;
    if (comma == std::string_view::npos) return hours;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace adbacus
