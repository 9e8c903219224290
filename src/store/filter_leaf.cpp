#include "store/filter_leaf.hpp"

#include <algorithm>
#include <charconv>
#include <re2/re2.h>

namespace adbacus {
namespace {

constexpr std::size_t kWholeDigitsMax = 18;
constexpr std::size_t kFractionDigitsMax = 9;
// A program this small visits a text of 64 KiB in well under a millisecond.
constexpr int kProgramSizeMax = 5'000;

RE2::Options pattern_options() {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(1 << 20);
  return options;
}

std::optional<std::int64_t> digits(std::string_view text, std::size_t digits_max) {
  std::int64_t number = 0;
  if (text.empty() || text.size() > digits_max || text.front() == '-') return std::nullopt;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

// An order of texts and of numbers alike.
template <class T>
bool holds(FilterOp op, const T& value, const std::vector<T>& operands) {
  switch (op) {
    case FilterOp::lt:
      return value < operands[0];
    case FilterOp::lte:
      return value <= operands[0];
    case FilterOp::gt:
      return value > operands[0];
    case FilterOp::gte:
      return value >= operands[0];
    case FilterOp::between:
      return operands.size() == 2 && value >= operands[0] && value <= operands[1];
    case FilterOp::eq:
    case FilterOp::ne:
    case FilterOp::in:
    case FilterOp::not_in:
    case FilterOp::contains:
    case FilterOp::starts_with:
    case FilterOp::regex:
    case FilterOp::exists:
      return false;
  }
  return false;
}

bool is_comparison(FilterOp op) {
  return op == FilterOp::lt || op == FilterOp::lte || op == FilterOp::gt || op == FilterOp::gte ||
         op == FilterOp::between;
}

}  // namespace

std::optional<FilterNumber> parse_filter_number(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const auto whole = digits(text.substr(0, point), kWholeDigitsMax);
  if (!whole) return std::nullopt;
  std::int64_t billionths = 0;
  if (point != std::string_view::npos) {
    std::string fraction(text.substr(point + 1));
    const auto read = digits(fraction, kFractionDigitsMax);
    if (!read) return std::nullopt;
    billionths = *read;
    for (std::size_t n = fraction.size(); n < kFractionDigitsMax; ++n) billionths *= 10;
  }
  return is_negative ? FilterNumber{-*whole, -billionths} : FilterNumber{*whole, billionths};
}

bool compares_numbers(FilterOp op, const std::vector<std::string>& values) {
  return is_comparison(op) && !values.empty() &&
         std::all_of(values.begin(), values.end(),
                     [](const std::string& v) { return parse_filter_number(v).has_value(); });
}

Result<void> check_filter_pattern(const std::string& pattern) {
  const RE2 compiled(pattern, pattern_options());
  if (!compiled.ok()) return Error{ErrorCode::invalid_argument, compiled.error()};
  if (compiled.ProgramSize() > kProgramSizeMax) {
    return Error{ErrorCode::invalid_argument, "repeats too much"};
  }
  return {};
}

FilterLeaf::FilterLeaf(FilterOp op, std::vector<std::string> values)
    : op_(op), values_(std::move(values)) {
  if (compares_numbers(op_, values_)) {
    for (const std::string& value : values_) numbers_.push_back(*parse_filter_number(value));
  }
  if (op_ != FilterOp::regex) return;
  for (const std::string& value : values_) {
    patterns_.push_back(std::make_unique<RE2>(value, pattern_options()));
  }
}

FilterLeaf::FilterLeaf(FilterLeaf&&) noexcept = default;
FilterLeaf& FilterLeaf::operator=(FilterLeaf&&) noexcept = default;
FilterLeaf::~FilterLeaf() = default;

bool FilterLeaf::is_any_of(std::string_view text) const {
  return std::find(values_.begin(), values_.end(), text) != values_.end();
}

bool FilterLeaf::compares(std::string_view text) const {
  if (values_.empty()) return false;
  if (numbers_.empty()) return holds(op_, std::string(text), values_);
  const auto number = parse_filter_number(text);
  return number && holds(op_, *number, numbers_);
}

bool FilterLeaf::finds_pattern(std::string_view text) const {
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const auto& pattern) {
    return pattern->ok() && RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern);
  });
}

bool FilterLeaf::matches(std::string_view text) const {
  if (text.empty()) return (op_ == FilterOp::eq || op_ == FilterOp::in) && is_any_of(text);
  switch (op_) {
    case FilterOp::eq:
    case FilterOp::in:
      return is_any_of(text);
    case FilterOp::ne:
    case FilterOp::not_in:
      return !is_any_of(text);
    case FilterOp::lt:
    case FilterOp::lte:
    case FilterOp::gt:
    case FilterOp::gte:
    case FilterOp::between:
      return compares(text);
    case FilterOp::contains:
      return std::any_of(values_.begin(), values_.end(), [&](const std::string& part) {
        return text.find(part) != std::string_view::npos;
      });
    case FilterOp::starts_with:
      return std::any_of(values_.begin(), values_.end(),
                         [&](const std::string& start) { return text.starts_with(start); });
    case FilterOp::regex:
      return finds_pattern(text);
    case FilterOp::exists:
      return true;
  }
  return false;
}

}  // namespace adbacus
