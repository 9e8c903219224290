// One argument after the other, read and checked: the parts that the report routes have in common.
// Used by request_check.cpp only; lives for one request.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/instant.hpp"
#include "report/request_check.hpp"

namespace adbacus {

class RequestReader {
 public:
  RequestReader(const Arguments& arguments, const ReportCaller& caller, CheckedReport& out);

  // Every argument that is not in `known` becomes a problem.
  void refuse_unknown(const std::vector<std::string>& known);
  void read_tenant();
  void read_after();
  void read_currency();
  void read_timezone();
  // from and to, or start_date and end_date (inclusive, in the request's time zone).
  void read_range(bool takes_instants, bool takes_dates);
  void read_metrics();
  void read_dimensions(std::string_view name);
  void read_granularity();
  void read_filters();
  // One id as a filter of equality; the id as sent.
  std::string read_id(std::string_view name, SeriesDim dim);
  void read_order();
  void read_format();
  bool read_flag(std::string_view name);
  void read_comparison();
  std::optional<std::int64_t> read_integer(std::string_view name, std::int64_t min,
                                           std::int64_t max);
  // The single text of an argument, nullptr if it was not given.
  const std::string* text(std::string_view name);

  void add_dimension(std::string_view name, const std::string& pointer, bool in_front);
  void problem(std::string pointer, std::string code, std::string detail);

 private:
  std::string pointer_of(std::string_view name) const;
  // Values of a list argument: an array, or one text split at commas.
  std::vector<std::pair<std::string, std::string>> list(std::string_view name);
  std::optional<TimeUs> read_instant(std::string_view name);
  std::optional<DayNumber> read_date(std::string_view name);

  const Arguments& arguments_;
  const ReportCaller& caller_;
  CheckedReport& out_;
  ReportRequest& request_;
};

}  // namespace adbacus
