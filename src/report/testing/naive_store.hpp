// A list of events that answers rollup and raw queries by looking at every one of them: the store
// and the lake of report tests. Refuses what the ports do not promise, so that a planner that asks
// for it fails the test. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "report/raw_reader.hpp"
#include "report/zone.hpp"
#include "store/analytics_store.hpp"

namespace adbacus {

struct NaiveEvent {
  TimeUs time_us = 0;
  std::string tenant = "1";
  std::map<std::string, std::string> fields;  // campaign_id, country, metadata.room, ...
  Slice slice = Slice::counted_valid;
  std::string user;
  Counters counters;

  std::string field(const std::string& name) const;
  // Also "hour_of_day" and "weekday".
  std::string field(const std::string& name, const Zone& zone) const;
};

// An event of one type, with `events` and its own counter set.
NaiveEvent naive_event(TimeUs time_us, Counter64 counter,
                       std::map<std::string, std::string> fields);

class NaiveStore : public ReportReader, public RawReader {
 public:
  // Not thread-safe against queries.
  std::vector<NaiveEvent> events;
  TimeUs data_as_of_us = 0;
  bool is_quick = false;
  std::string source = "index";
  std::function<void()> before_query;  // runs inside every query

  void set_visible(Seq seq);   // of both views
  void set_disk_lag(Seq lag);  // how far answers stay behind what is visible
  std::size_t rollup_queries() const;
  std::size_t raw_queries() const;

  Result<RollupResult> query(const RollupQuery& query) override;
  Result<RollupResult> query(const RawQuery& query) override;
  bool wait_visible(Seq seq, int timeout_ms) override;
  Seq visible() override;
  bool answers_quickly(const RollupQuery&) override { return is_quick; }

 private:
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  Seq visible_ = 0;
  Seq disk_lag_ = 0;
  std::size_t rollup_queries_ = 0;
  std::size_t raw_queries_ = 0;
};

}  // namespace adbacus
