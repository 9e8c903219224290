#include "decision/openrtb/json_fields.hpp"

#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace adbacus {
namespace {

constexpr std::size_t kProblemsMax = 20;
constexpr double kPriceMax = 1e6;
constexpr double kMicros = 1e6;
constexpr double kExactMax = 9.0e15;  // below 2^53

std::optional<double> number_of(const simdjson::dom::element& value) {
  if (value.is_double()) return value.get_double().value_unsafe();
  if (value.is_int64()) return static_cast<double>(value.get_int64().value_unsafe());
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.get_string().value_unsafe();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

void JsonFields::problem(const std::string& pointer, const char* code, std::string detail) {
  if (problems_.size() < kProblemsMax) problems_.push_back({pointer, code, std::move(detail)});
}

void JsonFields::too_many(const std::string& pointer, std::size_t max) {
  problem(pointer, "too_many", fmt::format("at most {}", max));
}

std::string_view JsonFields::text(const std::string& at, const Element& value) {
  if (value.is_string()) {
    const std::string_view found = value.get_string().value_unsafe();
    if (found.size() <= kTextBytesMax) return found;
    problem(at, "too_long", fmt::format("at most {} bytes", kTextBytesMax));
    return {};
  }
  if (value.is_null()) return {};
  if (value.is_int64()) return keep(std::to_string(value.get_int64().value_unsafe()));
  if (value.is_uint64()) return keep(std::to_string(value.get_uint64().value_unsafe()));
  if (value.is_double()) return keep(fmt::format("{}", value.get_double().value_unsafe()));
  problem(at, "invalid_type", "must be a string");
  return {};
}

std::optional<std::int64_t> JsonFields::whole(const std::string& at, const Element& value,
                                              std::int64_t low, std::int64_t high) {
  if (value.is_null()) return std::nullopt;
  const auto number = number_of(value);
  if (!number || std::floor(*number) != *number || std::abs(*number) > kExactMax) {
    problem(at, "invalid_type", "must be an integer");
    return std::nullopt;
  }
  const auto found = static_cast<std::int64_t>(*number);
  if (found >= low && found <= high) return found;
  problem(at, "out_of_range", fmt::format("from {} to {}", low, high));
  return std::nullopt;
}

bool JsonFields::flag(const std::string& at, const Element& value) {
  if (value.is_bool()) return value.get_bool().value_unsafe();
  return whole(at, value, 0, 1).value_or(0) == 1;
}

std::optional<std::int64_t> JsonFields::price(const std::string& at, const Element& value) {
  if (value.is_null()) return std::nullopt;
  const auto number = number_of(value);
  if (number && *number >= 0 && *number <= kPriceMax) return std::llround(*number * kMicros);
  problem(at, number ? "out_of_range" : "invalid_type", "must be a price from 0 to 1000000");
  return std::nullopt;
}

void JsonFields::texts(const std::string& at, const Element& value,
                       std::vector<std::string_view>& out) {
  each(at, value, kListMax, [&](const std::string& where, const Element& element) {
    const std::string_view found = text(where, element);
    if (!found.empty()) out.push_back(found);
  });
}

}  // namespace adbacus
