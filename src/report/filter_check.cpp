#include "report/filter_check.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "report/filter_value.hpp"
#include "report/suggestion.hpp"
#include "store/filter_leaf.hpp"

namespace adbacus {
namespace {

struct OpRow {
  std::string_view name;
  FilterOp op;
};
constexpr std::array<OpRow, kFilterOps> kOps{{{"eq", FilterOp::eq},
                                              {"ne", FilterOp::ne},
                                              {"in", FilterOp::in},
                                              {"not_in", FilterOp::not_in},
                                              {"lt", FilterOp::lt},
                                              {"lte", FilterOp::lte},
                                              {"gt", FilterOp::gt},
                                              {"gte", FilterOp::gte},
                                              {"between", FilterOp::between},
                                              {"exists", FilterOp::exists},
                                              {"contains", FilterOp::contains},
                                              {"starts_with", FilterOp::starts_with},
                                              {"regex", FilterOp::regex}}};

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const OpRow& row : kOps) names.emplace_back(row.name);
  return names;
}

bool is_list_op(FilterOp op) {
  return op == FilterOp::in || op == FilterOp::not_in;
}

bool is_equality(FilterOp op) {
  return is_list_op(op) || op == FilterOp::eq || op == FilterOp::ne;
}

bool looks_into_text(FilterOp op) {
  return op == FilterOp::contains || op == FilterOp::starts_with || op == FilterOp::regex;
}

bool is_order(FilterOp op) {
  return !is_equality(op) && !looks_into_text(op) && op != FilterOp::exists;
}

}  // namespace

bool FilterCheck::refuse(std::string pointer, std::string code, std::string detail) {
  problems_.push_back({std::move(pointer), std::move(code), std::move(detail)});
  return false;
}

std::vector<ReportFilter> FilterCheck::check(const std::vector<FilterArgument>& filters) {
  std::vector<ReportFilter> out;
  for (const FilterArgument& filter : filters) {
    if (auto one = node(filter)) out.push_back(std::move(*one));
    if (leaves_ > limits_.leaves_max) break;
  }
  return out;
}

std::optional<ReportFilter> FilterCheck::node(const FilterArgument& filter) {
  if (filter.kind == FilterKind::leaf) {
    if (++leaves_ <= limits_.leaves_max) return leaf(filter);
    if (leaves_ == limits_.leaves_max + 1) {
      refuse(filter.pointer, "too_many_filters",
             fmt::format("at most {} conditions", limits_.leaves_max));
    }
    return std::nullopt;
  }
  ReportFilter out;
  out.kind = filter.kind;
  bool ok = true;
  for (const FilterArgument& child : filter.children) {
    auto one = node(child);
    ok = ok && one.has_value();
    if (one) out.children.push_back(std::move(*one));
  }
  return ok ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<Dimension> FilterCheck::field(const FilterArgument& filter) {
  auto found = find_dimension(filter.field);
  if (found && (found->kind != Dimension::Kind::time || is_cyclic(found->unit))) return found;
  const std::string& pointer = filter.field_pointer;
  if (found) {
    refuse(pointer, "invalid_filter",
           fmt::format("{} is no filter: from and to, or start_date and end_date, choose the time; "
                       "hour_of_day and weekday can be filtered",
                       filter.field));
  } else if (find_metric(filter.field)) {
    refuse(pointer, "unknown_field",
           fmt::format("{0} is a metric, filters are about dimensions; order=-{0} with limit gives "
                       "the rows with the most",
                       filter.field));
  } else {
    refuse(pointer, "unknown_field", unknown_name("field", filter.field, filter_field_names()));
  }
  return std::nullopt;
}

std::optional<FilterOp> FilterCheck::op(const FilterArgument& filter, const Dimension& field) {
  const auto* const row =
      std::find_if(kOps.begin(), kOps.end(), [&](const OpRow& r) { return r.name == filter.op; });
  if (row == kOps.end()) {
    std::string detail = unknown_name("operator", filter.op, op_names());
    if (filter.op == "daypart") detail += "; hours and days are the fields hour_of_day and weekday";
    refuse(filter.op_pointer, "unknown_operator", std::move(detail));
    return std::nullopt;
  }
  if (field.kind == Dimension::Kind::time && looks_into_text(row->op)) {
    refuse(filter.op_pointer, "invalid_filter",
           fmt::format("{} is a number; {} looks into texts", field.name, filter.op));
    return std::nullopt;
  }
  return row->op;
}

bool FilterCheck::is_exists(const FilterArgument& filter, ReportFilter& out) {
  const std::size_t count = filter.values.size();
  const bool wanted = count == 0 || filter.values[0] == "true" || filter.values[0] == "1";
  const bool refused = count == 1 && (filter.values[0] == "false" || filter.values[0] == "0");
  if (count > 1 || (!wanted && !refused)) {
    return refuse(filter.values_pointer, "invalid_filter", "exists takes true or false");
  }
  out.op = wanted ? FilterOp::exists : FilterOp::eq;
  if (refused) out.values = {std::string()};  // absent = empty
  return true;
}

bool FilterCheck::has_right_count(const FilterArgument& filter, FilterOp op) {
  const std::size_t count = filter.values.size();
  const char* wanted = nullptr;
  if (op == FilterOp::between) {
    if (count != 2) wanted = "takes two values, the smallest and the greatest";
  } else if (count == 0) {
    wanted = "needs a value";
  } else if (count > 1 && !is_list_op(op)) {
    wanted = "takes one value";
  }
  if (wanted == nullptr) return true;
  return refuse(filter.values_pointer, "invalid_filter", fmt::format("{} {}", filter.op, wanted));
}

bool FilterCheck::is_within_bounds(const FilterArgument& filter) {
  values_ += filter.values.size();
  if (filter.values.size() > limits_.values_max || values_ > limits_.all_values_max) {
    return refuse(filter.values_pointer, "too_many_values",
                  fmt::format("at most {} in one condition and {} in all", limits_.values_max,
                              limits_.all_values_max));
  }
  for (std::size_t i = 0; i < filter.values.size(); ++i) {
    if (filter.values[i].size() <= limits_.value_bytes_max) continue;
    return refuse(filter.pointer_of(i), "value_too_long",
                  fmt::format("at most {} bytes", limits_.value_bytes_max));
  }
  return true;
}

bool FilterCheck::are_patterns(const FilterArgument& filter) {
  for (std::size_t i = 0; i < filter.values.size(); ++i) {
    if (++patterns_ > limits_.patterns_max || filter.values[i].size() > limits_.pattern_bytes_max) {
      return refuse(filter.pointer_of(i), "too_many_patterns",
                    fmt::format("at most {} patterns of {} bytes", limits_.patterns_max,
                                limits_.pattern_bytes_max));
    }
    if (auto ok = check_filter_pattern(filter.values[i]); !ok) {
      return refuse(filter.pointer_of(i), "invalid_pattern",
                    "not a pattern in RE2 syntax: " + ok.error().message);
    }
  }
  return true;
}

bool FilterCheck::is_comparison(const FilterArgument& filter, FilterOp op) {
  if (op != FilterOp::between) return true;
  const auto low = parse_filter_number(filter.values[0]);
  const auto high = parse_filter_number(filter.values[1]);
  if (low.has_value() != high.has_value()) {
    return refuse(filter.values_pointer, "invalid_filter",
                  "between takes two numbers or two texts, not one of each");
  }
  const bool reversed = low ? *low > *high : filter.values[0] > filter.values[1];
  return !reversed ||
         refuse(filter.values_pointer, "invalid_filter", "between takes the smaller value first");
}

bool FilterCheck::normalise(const FilterArgument& filter, ReportFilter& out) {
  for (std::size_t i = 0; i < filter.values.size(); ++i) {
    const bool is_whole = is_equality(out.op) || is_order(out.op);
    if (filter.values[i].empty() && !is_equality(out.op)) {
      return refuse(filter.pointer_of(i), "invalid_filter",
                    fmt::format("{} takes a value that is not empty; exists tells whether an event "
                                "has the field",
                                filter.op));
    }
    auto value = is_whole && !filter.values[i].empty()
                     ? stored_filter_value(out.field, out.op, filter.values[i])
                     : Result<std::string>(filter.values[i]);
    if (!value) return refuse(filter.pointer_of(i), "invalid_value", value.error().message);
    out.values.push_back(std::move(*value));
  }
  return true;
}

std::optional<ReportFilter> FilterCheck::leaf(const FilterArgument& filter) {
  auto dimension = field(filter);
  if (!dimension) return std::nullopt;
  const auto known = op(filter, *dimension);
  if (!known) return std::nullopt;
  ReportFilter out;
  out.field = std::move(*dimension);
  out.op = *known;
  const bool ok = out.op == FilterOp::exists
                      ? is_exists(filter, out)
                      : has_right_count(filter, out.op) && is_within_bounds(filter) &&
                            (out.op != FilterOp::regex || are_patterns(filter)) &&
                            normalise(filter, out) && is_comparison(filter, out.op);
  return ok ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace adbacus
