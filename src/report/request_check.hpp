// Checks the arguments of the three report routes and turns them into a ReportRequest. All problems
// are reported at once, each with the parameter it is about. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "eventlog/event_log.hpp"
#include "report/arguments.hpp"
#include "report/filter_check.hpp"
#include "report/report_request.hpp"

namespace adbacus {

// Bounds on one query; past them the answer is 422.
struct ReportLimits {
  TimeUs range_max_us = 10 * 366 * kDayUs;
  std::size_t dimensions_max = 8;
  std::size_t metrics_max = 40;
  FilterLimits filters;
  std::size_t rows_max = 100'000;  // largest limit; also of a statistics answer
  int wait_ms_default = 5'000;
  int wait_ms_max = 60'000;
};

// What the caller's credential and the server say, not the parameters.
struct ReportCaller {
  std::string tenant;
  std::string timezone = "UTC";
  std::string currency = "USD";
  const LogIdentity* log = nullptr;
  ReportLimits limits;
};

struct CheckedReport {
  ReportRequest request;
  bool foreign_tenant = false;  // tenant_id is not the credential's: 403
  std::vector<http::ProblemItem> problems;
};

// /v1/report
CheckedReport check_report(const Arguments& arguments, const ReportCaller& caller);

// /api/report/summary
struct CheckedSummary : CheckedReport {
  std::string campaign_id;  // as asked, empty: not restricted
  std::string placement_id;
  bool grouped = false;
};
CheckedSummary check_summary(const Arguments& arguments, const ReportCaller& caller);

// /api/v1/stats
struct CheckedStats : CheckedReport {
  std::string interval;
};
CheckedStats check_stats(const Arguments& arguments, const ReportCaller& caller);

}  // namespace adbacus
