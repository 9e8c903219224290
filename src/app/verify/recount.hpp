// Counts the log a second time, as plainly as possible and without any code of the fold, so that
// served aggregates can be proved; attributed conversions as AttributedRecount says. Reads from
// first to last event; memory grows with the number of aggregate rows, not events. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/verify/key_rule.hpp"
#include "eventlog/dropped_runs.hpp"
#include "eventlog/event_log.hpp"
#include "store/analytics_store.hpp"
#include "store/rollup.hpp"

namespace adbacus {

// "cube|level|period|dims…|slice" as AnalyticsStore::dump writes it -> counters in the order of
// Counter64.
using AggregateLines = std::map<std::string, Counters, std::less<>>;

// A key of such a line; missing dimensions are empty.
std::string aggregate_key(Cube cube, Level level, TimeUs period_us,
                          std::span<const std::string> dims, std::string_view slice);

struct Recount {
  AggregateLines lines;
  AggregateLines attributed;  // rows of Slice::attributed; empty unless the whole log was read
  std::uint64_t events = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t dead_letters = 0;  // entries that are in no line
  std::uint64_t dropped = 0;       // events of dropped import runs, which are in none either
  Seq first = 0;                   // read from the log
  Seq last = 0;
  Seq lake_last = 0;  // everything up to here was read from the lake; 0 = nothing
};

struct RecountRange {
  TimeUs from_us = INT64_MIN;  // half-open, by event time
  TimeUs to_us = INT64_MAX;
  std::string tenant;  // empty: all
};

// What the log's control entries say about counting.
struct CountingOrders {
  std::set<Seq> skipped;   // entries that are passed over
  std::set<Seq> restored;  // control entries whose event is counted
  std::set<Seq> settled;   // skipped entries that are counted there
  DroppedRuns dropped;
  KeyRule::Bounds bounds;   // of new keys
  Seq attributed_from = 0;  // FactWriter::attributed_from
};
Result<CountingOrders> read_counting_orders(ControlLog& log);

// Recounts everything from seq `from` up to and including `last`; the rows `other` only from the
// log's first entry on, else every key has its own. `progress` is called with the newest seq now
// and then.
Result<Recount> recount_log(EventReader& reader, const CountingOrders& orders, Seq from, Seq last,
                            const RecountRange& range, const std::function<void(Seq)>& progress);

// The rollup lines of the store's dump, parsed. For a range, the caller drops what is outside.
Result<void> read_served_lines(AnalyticsStore& store, const RecountRange& range,
                               AggregateLines& out);

// Lines of `served` and `counted` that differ, as "key: served a, counted b", at most `shown_max`
// of them; the number of all.
struct Differences {
  std::uint64_t count = 0;
  std::vector<std::string> shown;
};
Differences compare_lines(const AggregateLines& served, const AggregateLines& counted,
                          std::size_t shown_max);

}  // namespace adbacus
