#include "store/testing/naive_filter.hpp"

#include <regex>

namespace adbacus {
namespace {

bool is_number(const std::string& text) {
  static const std::regex number("-?[0-9]{1,18}([.][0-9]{1,9})?");
  return std::regex_match(text, number);
}

// -1, 0 or 1, or 2 if the two cannot be compared.
int compare(const std::string& text, const std::string& value, bool as_numbers) {
  if (!as_numbers) return text < value ? -1 : (text > value ? 1 : 0);
  if (!is_number(text)) return 2;
  const long double a = std::stold(text);  // 64 bits of mantissa: enough for what tests send
  const long double b = std::stold(value);
  return a < b ? -1 : (a > b ? 1 : 0);
}

}  // namespace

bool naive_leaf(const std::string& text, FilterOp op, const std::vector<std::string>& values) {
  std::size_t equal = 0;
  std::size_t inside = 0;
  std::size_t leading = 0;
  for (const std::string& value : values) {
    equal += text == value ? 1 : 0;
    inside += text.find(value) != std::string::npos ? 1 : 0;
    leading += text.rfind(value, 0) == 0 ? 1 : 0;
  }
  if (op == FilterOp::eq || op == FilterOp::in) return equal > 0;
  if (text.empty()) return false;
  const bool numbers = std::all_of(values.begin(), values.end(), is_number);
  const int order = values.empty() ? 2 : compare(text, values[0], numbers);
  switch (op) {
    case FilterOp::eq:
    case FilterOp::in:
      return equal > 0;
    case FilterOp::ne:
    case FilterOp::not_in:
      return equal == 0;
    case FilterOp::lt:
      return order == -1;
    case FilterOp::lte:
      return order == -1 || order == 0;
    case FilterOp::gt:
      return order == 1;
    case FilterOp::gte:
      return order == 1 || order == 0;
    case FilterOp::between: {
      const int high = compare(text, values.at(1), numbers);
      return (order == 1 || order == 0) && (high == -1 || high == 0);
    }
    case FilterOp::contains:
      return inside > 0;
    case FilterOp::starts_with:
      return leading > 0;
    case FilterOp::regex:
      return std::any_of(values.begin(), values.end(), [&](const std::string& pattern) {
        return std::regex_search(text, std::regex(pattern));
      });
    case FilterOp::exists:
      return true;
  }
  return false;
}

FilterOp random_leaf(Rng& random, const std::vector<std::string>& values,
                     std::vector<std::string>& chosen) {
  // What std::regex and RE2 read alike.
  static const std::vector<std::string> patterns{"^[a-c1]", "[0-9]+$", "^(b|DE|p1)$",
                                                 "c.*",     "e?d",     "[^a]"};
  static const std::vector<std::string> numbers{"2", "1.5", "-1", "10", "0.000000001"};
  const auto op = static_cast<FilterOp>(random.below(kFilterOps));
  const auto value = [&]() -> const std::string& { return values[random.below(values.size())]; };
  chosen.clear();
  switch (op) {
    case FilterOp::in:
    case FilterOp::not_in:
      for (std::uint64_t n = 1 + random.below(3); n > 0; --n) chosen.push_back(value());
      break;
    case FilterOp::between: {
      const bool as_numbers = random.below(2) == 0;
      for (int n = 0; n < 2; ++n) {
        chosen.push_back(as_numbers ? numbers[random.below(numbers.size())] : value());
      }
      break;
    }
    case FilterOp::lt:
    case FilterOp::lte:
    case FilterOp::gt:
    case FilterOp::gte:
      chosen = {random.below(2) == 0 ? numbers[random.below(numbers.size())] : value()};
      break;
    case FilterOp::regex:
      chosen = {patterns[random.below(patterns.size())]};
      break;
    case FilterOp::exists:
      break;
    case FilterOp::eq:
    case FilterOp::ne:
    case FilterOp::contains:
    case FilterOp::starts_with:
      chosen = {value()};
      break;
  }
  return op;
}

}  // namespace adbacus
