// Whom a line item is for, as data: a tree of conditions over what is known of a request. Read from
// JSON by catalog/schema, evaluated by decisions. Plain values.
//
// The leaves are those of report filters (store/filter.hpp) and three more that only make sense for
// a request. A field that a request does not have makes its leaf false.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace adbacus {

enum class TargetingOp : std::uint8_t {
  eq,
  ne,
  in,
  not_in,
  lt,  // lt to between: numbers
  lte,
  gt,
  gte,
  between,  // two values, both included
  exists,
  contains,  // contains, starts_with and regex: any of the values
  starts_with,
  regex,       // RE2 syntax: linear time
  cidr,        // of the field ip: networks like "203.0.113.0/24"
  geo_radius,  // of the field location: "latitude,longitude,kilometres"
  daypart,     // of the field hour_of_week: "mon-fri 08-18" in the campaign's time zone
  segment,     // of the field segment: a user's segments
};
inline constexpr std::size_t kTargetingOps = 17;

std::string_view targeting_op_name(TargetingOp op);
std::optional<TargetingOp> parse_targeting_op(std::string_view name);

enum class TargetingKind : std::uint8_t {
  all,  // true without children: no targeting
  any,
  negation,  // of its one child
  leaf,
};

struct TargetingNode {
  TargetingKind kind = TargetingKind::all;
  std::vector<TargetingNode> children = {};  // only leaves have none
  // Of a leaf: country, region, city, device, os, browser, language, hour_of_week, host, path,
  // segment, visitor, ip, location, or any key of the request's context.
  std::string field = {};
  TargetingOp op = TargetingOp::eq;
  std::vector<std::string> values = {};
  bool operator==(const TargetingNode&) const = default;
};

struct Targeting {
  std::string json = "{}";  // as it was sent, without blanks
  TargetingNode root = {};
  bool operator==(const Targeting&) const = default;
};

// Hours of a week that a daypart text names, bit 0 = Monday 00:00-01:00: "mon-fri 08-18, sat
// 10-14", "sun", "22-06" (wraps into the next day). nullopt: not of this form.
struct WeekHours {
  std::uint64_t low = 0;   // hours 0 to 63
  std::uint64_t mid = 0;   // 64 to 127
  std::uint64_t high = 0;  // 128 to 167
  bool has(int hour) const;
  void add(int hour);
  bool operator==(const WeekHours&) const = default;
};
std::optional<WeekHours> parse_daypart(std::string_view text);

}  // namespace adbacus
