// The requests that the log holds, put together again from their decisions, in order of time. One
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "decision/elimination.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

struct LoggedAd {
  std::string campaign_id = {};
  std::string line_item_id = {};
  std::string creative_id = {};
  bool operator==(const LoggedAd&) const = default;
};

struct LoggedSlot {
  std::string placement_id = {};
  std::string shape = {};
  std::vector<LoggedAd> ads = {};
  Elimination missing = Elimination::none;
};

struct LoggedPage {
  TimeUs time_us = 0;
  Hash128 user = {};
  std::uint64_t seed = 0;
  bool has_seed = false;  // version 1 of the block had none
  // Not a request: the auctions of an earlier page's ads were lost, so that they count for no cap.
  bool is_loss = false;
  std::string context = {};
  std::vector<LoggedSlot> slots = {};
};

struct LoggedPeriod {
  std::string tenant = {};
  TimeUs from_us = 0;
  TimeUs to_us = 0;  // excluded
};

using PageVisit = std::function<Result<void>(const LoggedPage&)>;

// Blocks are written some tenths of a second after their decisions, by several threads: pages are
// put in order within ten seconds. One that came into the log later than that is visited late, with
// its own time. `progress` is called with the newest entry and the last one.
Result<void> visit_pages(EventLog& log, const LoggedPeriod& period, const PageVisit& visit,
                         const std::function<void(Seq, Seq)>& progress);

}  // namespace adbacus
