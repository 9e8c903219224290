// The columns of an answer and the cells under them: what all output formats have in common. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/report_answer.hpp"
#include "report/report_request.hpp"
#include "report/zone.hpp"

namespace adbacus {

// What a metric's columns are called behind its name.
inline constexpr std::array<std::pair<MetricPart, std::string_view>, 4> kMetricParts{
    {{MetricPart::value, ""},
     {MetricPart::previous, "_previous"},
     {MetricPart::delta, "_delta"},
     {MetricPart::delta_pct, "_delta_pct"}}};

struct Column {
  std::string name;
  std::string_view type;  // string, timestamp, date, integer, decimal or number
  std::string unit;       // empty: none
  bool is_dimension = false;
  MetricPart part = MetricPart::value;
  std::size_t index = 0;  // of the dimension or metric
};

// Dimensions, then metrics; with a comparison each metric is followed by _previous, _delta and
// _delta_pct.
std::vector<Column> columns_of(const ReportRequest& request, const ReportAnswer& answer);

// A metric column's value in a group. `is_sum_of_rows` for totals and other, where money of several
// currencies has no sum.
Value metric_value(const ReportRequest& request, const ReportAnswer& answer, std::size_t metric,
                   MetricPart part, const ReportGroup& group);
Value cell_value(const Column& column, const ReportRequest& request, const ReportAnswer& answer,
                 const ReportGroup& group, bool is_sum_of_rows);

// A dimension column's text in a group: empty means null. Keeps the last label, because rows in
// order of time repeat it; belongs to one thread.
class DimensionTexts {
 public:
  DimensionTexts(const ReportRequest& request, const Zone& zone);
  // True if the text is a number.
  bool is_number(const Column& column) const;
  std::string_view text(const Column& column, const ReportGroup& group);

 private:
  struct Label {
    TimeUs time = -1;
    std::string text;
  };
  const ReportRequest& request_;
  const Zone& zone_;
  std::vector<DimensionPlace> places_;
  std::vector<Label> labels_;
};

// Shortest text that reads back equal; "" for null. Amounts as exact decimals.
std::string value_text(const Value& value);

}  // namespace adbacus
