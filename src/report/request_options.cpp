// The arguments of the general report alone: filters, order, format, comparison.
#include <algorithm>
#include <array>

#include "report/request_reader.hpp"
#include "report/suggestion.hpp"

namespace adbacus {
namespace {

struct OpRow {
  std::string_view name;
  FilterOp op;
};
constexpr std::array<OpRow, 7> kOps{{{"eq", FilterOp::eq},
                                     {"ne", FilterOp::ne},
                                     {"in", FilterOp::in},
                                     {"not_in", FilterOp::not_in},
                                     {"contains", FilterOp::contains},
                                     {"starts_with", FilterOp::starts_with},
                                     {"exists", FilterOp::exists}}};

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const OpRow& row : kOps) names.emplace_back(row.name);
  return names;
}

bool takes_many(FilterOp op) {
  return op == FilterOp::in || op == FilterOp::not_in;
}

}  // namespace

void RequestReader::read_filter(const FilterArgument& filter) {
  const auto field = find_dimension(filter.field);
  if (!field) {
    problem(filter.pointer, "unknown_field",
            unknown_name("field", filter.field, dimension_names()));
    return;
  }
  if (field->kind == Dimension::Kind::time) {
    problem(filter.pointer, "invalid_filter", "times are restricted by from and to");
    return;
  }
  const auto row =
      std::find_if(kOps.begin(), kOps.end(), [&](const OpRow& r) { return r.name == filter.op; });
  if (row == kOps.end()) {
    problem(filter.pointer, "unknown_operator", unknown_name("operator", filter.op, op_names()));
    return;
  }
  const std::size_t count = filter.values.size();
  if (row->op == FilterOp::exists) {
    const bool wanted = count == 0 || filter.values[0] == "true" || filter.values[0] == "1";
    const bool refused = count == 1 && (filter.values[0] == "false" || filter.values[0] == "0");
    if (count > 1 || (!wanted && !refused)) {
      problem(filter.pointer, "invalid_filter", "exists takes true or false");
    } else if (wanted) {
      request_.filters.push_back({*field, FilterOp::exists, {}});
    } else {
      request_.filters.push_back({*field, FilterOp::eq, {std::string()}});  // absent = empty
    }
    return;
  }
  if (count == 0 || (count > 1 && !takes_many(row->op))) {
    problem(filter.pointer, "invalid_filter",
            filter.op + (count == 0 ? " needs a value" : " takes one value"));
    return;
  }
  if (count > caller_.limits.filter_values_max) {
    problem(filter.pointer, "too_many_values",
            "at most " + std::to_string(caller_.limits.filter_values_max));
    return;
  }
  for (const std::string& value : filter.values) {
    if (value.size() <= caller_.limits.filter_value_bytes_max) continue;
    problem(filter.pointer, "value_too_long",
            "at most " + std::to_string(caller_.limits.filter_value_bytes_max) + " bytes");
    return;
  }
  request_.filters.push_back({*field, row->op, filter.values});
  // A leaf about a field that an event does not have is false, negations included.
  if (row->op == FilterOp::ne || row->op == FilterOp::not_in) {
    request_.filters.push_back({*field, FilterOp::exists, {}});
  }
}

void RequestReader::read_filters() {
  if (arguments_.filters.size() > caller_.limits.filters_max) {
    problem(arguments_.filters[0].pointer, "too_many_filters",
            "at most " + std::to_string(caller_.limits.filters_max));
    return;
  }
  for (const FilterArgument& filter : arguments_.filters) read_filter(filter);
}

void RequestReader::read_order() {
  std::vector<std::string> columns;
  for (const Dimension& dimension : request_.dimensions) columns.push_back(dimension.name);
  for (const Metric& metric : request_.metrics) columns.push_back(metric.name);
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
      problem(pointer, "unknown_column", unknown_name("column", name, columns));
      continue;
    }
    request_.order.push_back({static_cast<std::size_t>(found - columns.begin()), descending});
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
  } else {
    problem(pointer_of("format"), "unknown_format",
            unknown_name("format", *name, {"json", "csv", "ndjson"}));
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
