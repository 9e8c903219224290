// The arguments of the general report alone: filters, order, format, comparison.
#include <algorithm>

#include "report/columns.hpp"
#include "report/filter_check.hpp"
#include "report/request_reader.hpp"
#include "report/suggestion.hpp"

namespace adbacus {

void RequestReader::read_filters() {
  FilterCheck check(caller_.limits.filters, out_.problems);
  request_.filters = check.check(arguments_.filters);
}

void RequestReader::read_order() {
  std::vector<std::string> columns;
  std::vector<OrderKey> places;
  const auto add = [&](std::string name, std::size_t column, MetricPart part) {
    columns.push_back(std::move(name));
    places.push_back({column, false, part});
  };
  for (const Dimension& dimension : request_.dimensions)
    add(dimension.name, places.size(), MetricPart::value);
  for (std::size_t i = 0; i < request_.metrics.size(); ++i) {
    for (const auto& [part, suffix] : kMetricParts) {
      if (part == MetricPart::value || request_.comparison != Comparison::none)
        add(request_.metrics[i].name + std::string(suffix), request_.dimensions.size() + i, part);
    }
  }
  const auto keys = list("order");
  if (keys.size() > caller_.limits.dimensions_max + caller_.limits.metrics_max) {
    problem(pointer_of("order"), "too_many_columns", "more keys than a report can have columns");
    return;
  }
  for (const auto& [text, pointer] : keys) {
    const bool descending = text.starts_with('-');
    const bool ascending = text.starts_with('+') || text.starts_with(' ');  // '+' unescaped
    const std::string name = text.substr(descending || ascending ? 1 : 0);
    const auto found = std::find(columns.begin(), columns.end(), name);
    if (found == columns.end()) {
      const std::string example = columns.empty() ? "" : " (-" + columns.back() + ")";
      problem(pointer, "unknown_column",
              unknown_name("column", name, columns) + "; - in front" + example +
                  " sorts from the greatest down");
      continue;
    }
    request_.order.push_back(places[static_cast<std::size_t>(found - columns.begin())]);
    request_.order.back().descending = descending;
  }
}

void RequestReader::read_format() {
  const std::string* name = text("format");
  if (name == nullptr) return;
  if (*name == "json") {
    request_.format = ReportFormat::json;
  } else if (*name == "csv") {
    request_.format = ReportFormat::csv;
  } else if (*name == "ndjson") {
    request_.format = ReportFormat::ndjson;
  } else if (*name == "parquet") {
    request_.format = ReportFormat::parquet;
  } else {
    problem(pointer_of("format"), "unknown_format",
            unknown_name("format", *name, {"json", "csv", "ndjson", "parquet"}));
  }
}

void RequestReader::read_comparison() {
  const std::string* name = text("compare");
  if (name == nullptr || *name == "none") return;
  if (*name == "previous_period") {
    request_.comparison = Comparison::previous_period;
  } else if (*name == "previous_year") {
    request_.comparison = Comparison::previous_year;
  } else {
    problem(pointer_of("compare"), "unknown_comparison",
            unknown_name("comparison", *name, {"none", "previous_period", "previous_year"}));
  }
}

}  // namespace adbacus
