// Gives a report's filters their meaning: fields, operators and values are looked up and checked,
// everything that is wrong is told at once. Used by request_reader; one object per request.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/filter_argument.hpp"
#include "report/report_request.hpp"

namespace adbacus {

struct FilterLimits {
  std::size_t leaves_max = 32;
  std::size_t values_max = 1'000;  // of one leaf
  std::size_t all_values_max = 4'000;
  std::size_t value_bytes_max = 512;
  std::size_t patterns_max = 8;
  std::size_t pattern_bytes_max = 256;
};

class FilterCheck {
 public:
  FilterCheck(const FilterLimits& limits, std::vector<http::ProblemItem>& problems)
      : limits_(limits), problems_(problems) {}

  // All of them must hold. Those with problems are left out.
  std::vector<ReportFilter> check(const std::vector<FilterArgument>& filters);

 private:
  std::optional<ReportFilter> node(const FilterArgument& filter);
  std::optional<ReportFilter> leaf(const FilterArgument& filter);
  std::optional<Dimension> field(const FilterArgument& filter);
  std::optional<FilterOp> op(const FilterArgument& filter, const Dimension& field);
  bool is_exists(const FilterArgument& filter, ReportFilter& out);
  bool has_right_count(const FilterArgument& filter, FilterOp op);
  bool is_comparison(const FilterArgument& filter, FilterOp op);
  bool is_within_bounds(const FilterArgument& filter);
  bool are_patterns(const FilterArgument& filter);
  // Brings values of a closed set into the form they are stored in.
  bool normalise(const FilterArgument& filter, ReportFilter& out);
  bool refuse(std::string pointer, std::string code, std::string detail);

  const FilterLimits& limits_;
  std::vector<http::ProblemItem>& problems_;
  std::size_t leaves_ = 0;
  std::size_t values_ = 0;
  std::size_t patterns_ = 0;
};

}  // namespace adbacus
