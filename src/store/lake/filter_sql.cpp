#include "store/lake/filter_sql.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "store/filter_leaf.hpp"
#include "store/lake/event_columns.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kMetadata = "metadata.";

bool is_text_column(const std::string& name) {
  return std::any_of(lake_columns().begin(), lake_columns().end(), [&](const auto& column) {
    return column.type == parquet::PhysicalType::byte_array && name == column.name;
  });
}

bool is_metadata_key(const std::string& name) {
  return name.starts_with(kMetadata) && name.size() > kMetadata.size();
}

// The numbers of parse_filter_number(): 18 digits, a point, 9 digits.
std::string as_number(const std::string& text) {
  return fmt::format("CAST({} AS DECIMAL(27,9))", text);
}

const char* comparison_sign(FilterOp op) {
  switch (op) {
    case FilterOp::lt:
      return "<";
    case FilterOp::lte:
      return "<=";
    case FilterOp::gt:
      return ">";
    case FilterOp::gte:
    case FilterOp::between:
      return ">=";
    case FilterOp::eq:
    case FilterOp::ne:
    case FilterOp::in:
    case FilterOp::not_in:
    case FilterOp::contains:
    case FilterOp::starts_with:
    case FilterOp::regex:
    case FilterOp::exists:
      return "=";
  }
  return "=";
}

}  // namespace

std::string FilterSql::local_time() {
  if (timezone_.empty() || timezone_ == "UTC") return "make_timestamp(epoch_us(event_time))";
  return fmt::format("timezone({}::VARCHAR, event_time)", bind(timezone_));
}

Result<std::string> FilterSql::text_of(const std::string& column) {
  if (is_text_column(column)) return column;
  if (!is_metadata_key(column)) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("the lake has no text column \"{}\"", column)};
  }
  std::string pointer = "/";  // RFC 6901
  for (const char c : column.substr(kMetadata.size())) {
    if (c == '~') pointer += "~0";
    if (c == '/') pointer += "~1";
    if (c != '~' && c != '/') pointer += c;
  }
  return fmt::format(
      "CASE WHEN json_valid(metadata) THEN json_extract_string(metadata, {}::VARCHAR) END",
      bind(pointer));
}

std::string FilterSql::any_value(const LakeFilter& filter, const std::string& text,
                                 const char* format) {
  std::string any;
  for (const std::string& value : filter.values) {
    any += any.empty() ? "(" : " OR ";
    any += fmt::format(fmt::runtime(format), text, bind(value));
  }
  return any.empty() ? "false" : any + ")";
}

std::string FilterSql::comparison(const LakeFilter& filter, const std::string& text) {
  if (filter.values.empty()) return "false";
  const bool numeric = compares_numbers(filter.op, filter.values);
  const auto operand = [&](std::size_t i) {
    const std::string value = bind(filter.values[i]) + "::VARCHAR";
    return numeric ? as_number(value) : value;
  };
  // What is no number compares as null.
  const std::string left =
      numeric ? as_number(fmt::format(
                    "CASE WHEN regexp_full_match({0}, '-?[0-9]{{1,18}}([.][0-9]{{1,9}})?') "
                    "THEN {0} END",
                    text))
              : text;
  std::string sql =
      fmt::format("({} <> '' AND {} {} {}", text, left, comparison_sign(filter.op), operand(0));
  if (filter.op == FilterOp::between) {
    if (filter.values.size() != 2) return "false";
    sql += fmt::format(" AND {} <= {}", left, operand(1));
  }
  return sql + ")";
}

Result<std::string> FilterSql::leaf(const LakeFilter& filter) {
  std::string text;
  if (filter.field == "hour_of_day") {
    text = fmt::format("CAST(hour({}) AS VARCHAR)", local_time());
  } else if (filter.field == "weekday") {
    text = fmt::format("CAST(isodow({}) AS VARCHAR)", local_time());
  } else {
    auto known = text_of(filter.field);
    if (!known) return known;
    text = std::move(*known);
  }
  // Without the empty text, which means absent, the bare column can be compared in its dictionary.
  const bool has_empty =
      std::find(filter.values.begin(), filter.values.end(), "") != filter.values.end();
  const std::string present = fmt::format("({} <> '' AND ", text);
  switch (filter.op) {
    case FilterOp::eq:
    case FilterOp::in:
      return any_value(filter, has_empty ? fmt::format("coalesce({}, '')", text) : text, "{} = {}");
    case FilterOp::ne:
    case FilterOp::not_in:
      return present + "NOT " + any_value(filter, text, "{} = {}") + ")";
    case FilterOp::lt:
    case FilterOp::lte:
    case FilterOp::gt:
    case FilterOp::gte:
    case FilterOp::between:
      return comparison(filter, text);
    case FilterOp::contains:
      return present + any_value(filter, text, "contains({}, {})") + ")";
    case FilterOp::starts_with:
      return present + any_value(filter, text, "starts_with({}, {})") + ")";
    case FilterOp::regex:
      return present + any_value(filter, text, "regexp_matches({}, {})") + ")";
    case FilterOp::exists:
      return present + "true)";
  }
  return std::string("false");
}

Result<std::string> FilterSql::joined(const LakeFilter& filter, const char* word,
                                      const char* if_empty) {
  std::string all;
  for (const LakeFilter& child : filter.children) {
    auto one = condition(child);
    if (!one) return one;
    all += (all.empty() ? "(" : word) + *one;
  }
  return all.empty() ? if_empty : all + ")";
}

Result<std::string> FilterSql::condition(const LakeFilter& filter) {
  switch (filter.kind) {
    case FilterKind::leaf:
      return leaf(filter);
    case FilterKind::all:
      return joined(filter, " AND ", "true");
    case FilterKind::any:
      return joined(filter, " OR ", "false");
    case FilterKind::negation: {
      // Null is false here, or a negation would lose the events that lack the field.
      auto inner = joined(filter, " OR ", "false");
      if (!inner) return inner;
      return "NOT coalesce(" + *inner + ", false)";
    }
  }
  return std::string("false");
}

}  // namespace adbacus
