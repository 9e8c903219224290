#include "report/columns.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "model/money.hpp"
#include "report/comparison.hpp"
#include "report/grouping.hpp"

namespace adbacus {
namespace {

std::string_view time_type(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::day:
    case TimeUnit::week:
    case TimeUnit::month:
      return "date";
    case TimeUnit::hour_of_day:
    case TimeUnit::weekday:
      return "integer";
    case TimeUnit::none:
    case TimeUnit::minute:
    case TimeUnit::five_minute:
    case TimeUnit::hour:
      break;
  }
  return "timestamp";
}

std::pair<std::string_view, std::string> metric_type(MetricShape shape,
                                                     const std::string& currency) {
  switch (shape) {
    case MetricShape::count:
      return {"integer", "count"};
    case MetricShape::amount:
      return {"decimal", currency};
    case MetricShape::cents:
      return {"integer", "cents"};
    case MetricShape::micros:
      return {"integer", "micros"};
    case MetricShape::price:
      return {"number", currency};
    case MetricShape::ratio:
      return {"number", "ratio"};
    case MetricShape::reach:
      return {"integer", "users"};
    case MetricShape::credits:
      return {"decimal", "count"};
  }
  return {"number", ""};
}

}  // namespace

std::vector<Column> columns_of(const ReportRequest& request, const ReportAnswer& answer) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < request.dimensions.size(); ++i) {
    const Dimension& dimension = request.dimensions[i];
    const bool is_time = dimension.kind == Dimension::Kind::time;
    columns.push_back({dimension.name, is_time ? time_type(dimension.unit) : "string", "", true,
                       MetricPart::value, i});
  }
  for (std::size_t i = 0; i < request.metrics.size(); ++i) {
    const Metric& metric = request.metrics[i];
    const auto [type, unit] = metric_type(metric.shape, answer.currency);
    for (const auto& [part, suffix] : kMetricParts) {
      if (part != MetricPart::value && request.comparison == Comparison::none) break;
      const bool is_percent = part == MetricPart::delta_pct;
      columns.push_back({metric.name + std::string(suffix), is_percent ? "number" : type,
                         is_percent ? "percent" : unit, false, part, i});
    }
  }
  return columns;
}

Value metric_value(const ReportRequest& request, const ReportAnswer& answer, std::size_t index,
                   MetricPart part, const ReportGroup& group) {
  const Metric& metric = request.metrics[index];
  const MetricSlots& slots = answer.slots[index];
  const auto current = [&] { return evaluate(metric, slots, group.sums, group.reach); };
  const auto previous = [&] {
    return evaluate(metric, slots, group.previous_sums, group.previous_reach);
  };
  switch (part) {
    case MetricPart::value:
      return current();
    case MetricPart::previous:
      return previous();
    case MetricPart::delta:
      return difference(current(), previous());
    case MetricPart::delta_pct:
      return percent(current(), previous());
  }
  return {};
}

Value cell_value(const Column& column, const ReportRequest& request, const ReportAnswer& answer,
                 const ReportGroup& group, bool is_sum_of_rows) {
  if (is_sum_of_rows && answer.currency.empty() && request.metrics[column.index].needs_currency()) {
    return {};
  }
  return metric_value(request, answer, column.index, column.part, group);
}

DimensionTexts::DimensionTexts(const ReportRequest& request, const Zone& zone)
    : request_(request),
      zone_(zone),
      places_(places_of(request.dimensions)),
      labels_(request.dimensions.size()) {}

bool DimensionTexts::is_number(const Column& column) const {
  return is_cyclic(request_.dimensions[column.index].unit);
}

std::string_view DimensionTexts::text(const Column& column, const ReportGroup& group) {
  const DimensionPlace& place = places_[column.index];
  if (!place.is_time) {
    const std::string& text = group.texts[place.index];
    return text == kOtherKey ? kOtherLabel : std::string_view(text);
  }
  Label& label = labels_[column.index];
  const TimeUs time = group.times[place.index];
  if (label.time != time || label.text.empty()) {
    label = {time, zone_.label(time, request_.dimensions[column.index].unit)};
  }
  return label.text;
}

std::string value_text(const Value& value) {
  switch (value.kind) {
    case Value::Kind::null:
      return {};
    case Value::Kind::integer:
      return std::to_string(value.integer);
    case Value::Kind::amount:
      return money_text(value.integer);
    case Value::Kind::decimal:
      break;
  }
  std::array<char, 32> digits{};
  const auto [end, code] =
      std::to_chars(digits.data(), digits.data() + digits.size(), value.decimal);
  return code == std::errc() ? std::string(digits.data(), end) : std::string();
}

}  // namespace adbacus
