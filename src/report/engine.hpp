// Answers a checked report: plans it, asks the store and the raw events, adds up, shapes. Called by
// the report routes, inline on an I/O thread when is_quick() says so, else on report workers.
// Thread-safe; each call is independent.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "report/planner.hpp"
#include "report/raw_reader.hpp"
#include "report/report_answer.hpp"
#include "report/report_request.hpp"
#include "store/analytics_store.hpp"

namespace adbacus {

struct EngineOptions {
  std::size_t groups_max = 250'000;        // of one report, before the limit cuts them
  TimeUs raw_range_max_us = 400 * kDayUs;  // of one scan of raw events
  TimeUs late_events_us = 72 * kHourUs;    // ordinary events may come this late: provisional
};

class ReportEngine {
 public:
  // `raw` may be null: then only what the rollups hold can be asked.
  ReportEngine(ReportReader& reader, RawReader* raw, Clock& clock, EngineOptions options);

  // A request with everything the queries need. Costs microseconds, asks nobody.
  struct Prepared {
    ReportRequest request;
    Zone zone;
    Plan plan;
    std::vector<Measure> measures;
    std::vector<MetricSlots> slots;
  };
  // invalid_argument "<code>: <detail>".
  Result<Prepared> prepare(ReportRequest request) const;
  bool is_quick(const Prepared& prepared) const;
  // Everything up to `after` can be seen by the sources the plan asks. Does not block.
  bool is_visible(const Prepared& prepared, Seq after) const;
  // Errors like prepare(), and what the store reports.
  Result<ReportAnswer> run(const Prepared& prepared) const;

 private:
  Result<ReportAnswer> run_range(const Prepared& prepared) const;
  Result<void> compare(const Prepared& prepared, ReportAnswer& answer) const;
  // Distinct users of every group and of the whole.
  Result<void> read_reach(const Prepared& prepared, ReportAnswer& answer) const;
  Result<RollupResult> ask(const Prepared& prepared, const PlanPart& part) const;
  Result<RollupResult> ask_reach(const Prepared& prepared, bool by_group) const;
  RollupQuery rollup_query(const Prepared& prepared, const PlanPart& part) const;
  RawQuery raw_query(const Prepared& prepared, const PlanPart& part) const;

  ReportReader& reader_;
  RawReader* raw_;
  Clock& clock_;
  EngineOptions options_;
};

}  // namespace adbacus
