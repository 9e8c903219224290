#include "store/series_filter.hpp"

#include <algorithm>
#include <iterator>

namespace adbacus {
namespace {

bool any_equal(const std::string& text, const std::vector<std::string>& values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

bool passes(const std::string& text, const Filter& filter) {
  switch (filter.op) {
    case FilterOp::eq:
    case FilterOp::in:
      return any_equal(text, filter.values);
    case FilterOp::ne:
    case FilterOp::not_in:
      return !any_equal(text, filter.values);
    case FilterOp::contains:
      return std::any_of(filter.values.begin(), filter.values.end(), [&](const std::string& part) {
        return text.find(part) != std::string::npos;
      });
    case FilterOp::starts_with:
      return std::any_of(filter.values.begin(), filter.values.end(),
                         [&](const std::string& start) { return text.starts_with(start); });
    case FilterOp::exists:
      return !text.empty();
  }
  return false;
}

}  // namespace

bool passes(const Series& series, const std::vector<Filter>& filters) {
  return std::all_of(filters.begin(), filters.end(), [&](const Filter& filter) {
    return passes(series.dims[static_cast<std::size_t>(filter.dim)], filter);
  });
}

std::optional<std::vector<std::string>> allowed_values(const std::vector<Filter>& filters,
                                                       SeriesDim dim) {
  std::optional<std::vector<std::string>> result;
  for (const Filter& filter : filters) {
    if (filter.dim != dim) continue;
    if (filter.op != FilterOp::eq && filter.op != FilterOp::in) continue;
    std::vector<std::string> values = filter.values;
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (result) {
      std::vector<std::string> both;
      std::set_intersection(result->begin(), result->end(), values.begin(), values.end(),
                            std::back_inserter(both));
      values = std::move(both);
    }
    result = std::move(values);
  }
  return result;
}

}  // namespace adbacus
