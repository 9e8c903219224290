#include "report/filter_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/currency.hpp"
#include "model/event.hpp"
#include "report/suggestion.hpp"

namespace adbacus {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

template <std::size_t N, class Value, class Name>
std::vector<std::string> names_of(const std::array<Value, N>& values, Name name) {
  std::vector<std::string> names;
  for (const Value value : values) names.emplace_back(name(value));
  return names;
}

// Null for a field with open values.
const std::vector<std::string>* closed_values(const std::string& column) {
  static const std::vector<std::string> types =
      names_of(std::array{EventType::impression, EventType::viewable_impression, EventType::click,
                          EventType::conversion, EventType::view, EventType::interaction,
                          EventType::page_view, EventType::custom},
               event_type_name);
  static const std::vector<std::string> dispositions =
      names_of(std::array{Disposition::counted, Disposition::repeat, Disposition::transition,
                          Disposition::duplicate_id, Disposition::duplicate_differs},
               disposition_name);
  static const std::vector<std::string> classes =
      names_of(std::array{TrafficClass::valid, TrafficClass::suspect, TrafficClass::machine,
                          TrafficClass::givt, TrafficClass::sivt},
               traffic_class_name);
  if (column == "event_type") return &types;
  if (column == "disposition") return &dispositions;
  return column == "traffic_class" ? &classes : nullptr;
}

Result<std::string> time_value(const Dimension& field, const std::string& value) {
  const bool is_hour = field.unit == TimeUnit::hour_of_day;
  int number = -1;
  const char* end = value.data() + value.size();
  const auto [stop, code] = std::from_chars(value.data(), end, number);
  if (code != std::errc() || stop != end || number < (is_hour ? 0 : 1) ||
      number > (is_hour ? 23 : 7)) {
    return Error{ErrorCode::invalid_argument, is_hour ? "hour_of_day is an integer from 0 to 23"
                                                      : "weekday is 1 (Monday) to 7 (Sunday)"};
  }
  return std::to_string(number);
}

bool is_order(FilterOp op) {
  return op >= FilterOp::lt && op <= FilterOp::between;
}

}  // namespace

Result<std::string> stored_filter_value(const Dimension& field, FilterOp op,
                                        const std::string& value) {
  if (field.kind == Dimension::Kind::time) return time_value(field, value);
  if (is_order(op)) return value;
  if (field.column == "country" && value.size() == 2) return upper(value);
  if (field.column == "currency") {
    std::string code = upper(value);
    if (valid_currency(code)) return code;
    return Error{ErrorCode::invalid_argument, "an ISO 4217 code like EUR expected"};
  }
  const std::vector<std::string>* const known = closed_values(field.column);
  if (known == nullptr) return value;
  std::string name = lower(value);
  if (std::find(known->begin(), known->end(), name) != known->end()) return name;
  return Error{ErrorCode::invalid_argument, unknown_name(field.name, value, *known)};
}

}  // namespace adbacus
