#include "app/verify/other_rows.hpp"

#include <array>
#include <map>
#include <string>

namespace adbacus {
namespace {

constexpr std::size_t kFirstDim = 3;  // "cube|level|period|dims…|slice"
constexpr std::size_t kFields = kFirstDim + kSeriesDims + 1;

std::array<std::string_view, kFields> fields_of(std::string_view key) {
  std::array<std::string_view, kFields> fields;
  for (std::string_view& field : fields) {
    const std::size_t bar = key.find('|');
    field = key.substr(0, bar);
    key.remove_prefix(bar == std::string_view::npos ? key.size() : bar + 1);
  }
  return fields;
}

std::string_view dim(const std::array<std::string_view, kFields>& fields, SeriesDim dim) {
  return fields[kFirstDim + static_cast<std::size_t>(dim)];
}

bool is_other_line(std::string_view key) {
  return dim(fields_of(key), SeriesDim::campaign) == kOtherKey;
}

// What one row `other` stands for.
std::string group_of(std::string_view key) {
  const auto fields = fields_of(key);
  std::string group;
  for (const std::string_view part :
       {fields[0], fields[1], fields[2], dim(fields, SeriesDim::tenant),
        dim(fields, SeriesDim::currency), fields[kFields - 1]}) {
    group += part;
    group += '|';
  }
  return group;
}

}  // namespace

void settle_other(const AggregateLines& served, std::string_view prefix, AggregateLines& counted) {
  std::map<std::string, std::string> others;  // group -> key of its row
  for (auto line = served.lower_bound(prefix);
       line != served.end() && line->first.starts_with(prefix); ++line) {
    if (is_other_line(line->first)) others.emplace(group_of(line->first), line->first);
  }
  if (others.empty()) return;
  AggregateLines moved;
  for (auto at = counted.lower_bound(prefix);
       at != counted.end() && at->first.starts_with(prefix);) {
    const auto other = others.find(group_of(at->first));
    const auto own = served.find(at->first);
    const Counters kept = own == served.end() ? Counters{} : own->second;
    // No key has less than is served of it.
    if (other == others.end() || at->second[Counter64::events] <= kept[Counter64::events]) {
      ++at;
      continue;
    }
    Counters& more = moved[other->second];
    for (std::size_t i = 0; i < kCounters; ++i) more.v[i] += at->second.v[i] - kept.v[i];
    at->second = kept;
    at = own == served.end() ? counted.erase(at) : std::next(at);
  }
  for (const auto& [key, counters] : moved) counted[key].add(counters);
}

std::uint64_t other_events(const AggregateLines& lines, Cube cube) {
  std::uint64_t events = 0;
  for (const auto& [key, counters] : lines) {
    if (!key.starts_with(cube_name(cube)) || !is_other_line(key)) continue;
    events += static_cast<std::uint64_t>(counters[Counter64::events]);
  }
  return events;
}

}  // namespace adbacus
