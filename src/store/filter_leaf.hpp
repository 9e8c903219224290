// One leaf of a filter, prepared for many texts. Built once per query by the evaluators that look
// at texts in memory; belongs to one thread. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "store/filter.hpp"

namespace re2 {
class RE2;
}

namespace adbacus {

// What comparisons take for a number: an optional minus, 1 to 18 digits, then at most 9 after a
// point. Kept as whole part and billionths of equal sign, which compare like the number.
using FilterNumber = std::pair<std::int64_t, std::int64_t>;
std::optional<FilterNumber> parse_filter_number(std::string_view text);
// lt, lte, gt, gte and between over these values compare numbers: texts that are none are false.
bool compares_numbers(FilterOp op, const std::vector<std::string>& values);

// invalid_argument says what is wrong with the pattern, or that it is too large to run.
Result<void> check_filter_pattern(const std::string& pattern);

class FilterLeaf {
 public:
  FilterLeaf(FilterOp op, std::vector<std::string> values);
  FilterLeaf(FilterLeaf&&) noexcept;
  FilterLeaf& operator=(FilterLeaf&&) noexcept;
  ~FilterLeaf();

  bool matches(std::string_view text) const;

 private:
  bool is_any_of(std::string_view text) const;
  bool compares(std::string_view text) const;
  bool finds_pattern(std::string_view text) const;

  FilterOp op_;
  std::vector<std::string> values_;
  std::vector<FilterNumber> numbers_;  // of all values, if the leaf compares numbers
  std::vector<std::unique_ptr<re2::RE2>> patterns_;
};

}  // namespace adbacus
