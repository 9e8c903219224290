#include "store/series_filter.hpp"

#include <algorithm>
#include <iterator>

namespace adbacus {
namespace {

using Values = std::optional<std::vector<std::string>>;  // sorted and unique; null: any value

void keep_both(Values& kept, Values other) {
  if (!other) return;
  if (!kept) {
    kept = std::move(other);
    return;
  }
  std::vector<std::string> both;
  std::set_intersection(kept->begin(), kept->end(), other->begin(), other->end(),
                        std::back_inserter(both));
  kept = std::move(both);
}

Values allowed(const Filter& filter, SeriesDim dim) {
  Values kept;
  switch (filter.kind) {
    case FilterKind::leaf:
      if (filter.field != dim || (filter.op != FilterOp::eq && filter.op != FilterOp::in)) break;
      kept = filter.values;
      std::sort(kept->begin(), kept->end());
      kept->erase(std::unique(kept->begin(), kept->end()), kept->end());
      break;
    case FilterKind::all:
      for (const Filter& child : filter.children) keep_both(kept, allowed(child, dim));
      break;
    case FilterKind::any:
      kept.emplace();
      for (const Filter& child : filter.children) {
        const Values one = allowed(child, dim);
        if (!one) return std::nullopt;
        std::vector<std::string> either;
        std::set_union(kept->begin(), kept->end(), one->begin(), one->end(),
                       std::back_inserter(either));
        kept = std::move(either);
      }
      break;
    case FilterKind::negation:
      break;
  }
  return kept;
}

}  // namespace

SeriesFilter::SeriesFilter(const std::vector<Filter>& filters) {
  for (const Filter& filter : filters) all_.push_back(prepare(filter));
}

SeriesFilter::Node SeriesFilter::prepare(const Filter& filter) {
  Node node{filter.kind, filter.field, FilterLeaf(filter.op, filter.values), {}};
  for (const Filter& child : filter.children) node.children.push_back(prepare(child));
  return node;
}

// Whether the node is `wanted` for every event of the series. What a row `other` holds of a
// dimension is not known, so a leaf about it is surely neither true nor false.
bool SeriesFilter::surely(const Node& node, const Series& series, bool wanted) {
  const auto each = [&](bool of_child) {
    return std::all_of(node.children.begin(), node.children.end(),
                       [&](const Node& child) { return surely(child, series, of_child); });
  };
  const auto one = [&](bool of_child) {
    return std::any_of(node.children.begin(), node.children.end(),
                       [&](const Node& child) { return surely(child, series, of_child); });
  };
  switch (node.kind) {
    case FilterKind::leaf: {
      const std::string& text = series.dims[static_cast<std::size_t>(node.dim)];
      return text != kOtherKey && node.leaf.matches(text) == wanted;
    }
    case FilterKind::all:
      return wanted ? each(true) : one(false);
    case FilterKind::any:
      return wanted ? one(true) : each(false);
    case FilterKind::negation:
      return wanted ? each(false) : one(true);
  }
  return false;
}

bool SeriesFilter::passes(const Series& series) const {
  return std::all_of(all_.begin(), all_.end(),
                     [&series](const Node& node) { return surely(node, series, true); });
}

std::optional<std::vector<std::string>> allowed_values(const std::vector<Filter>& filters,
                                                       SeriesDim dim) {
  Values kept;
  for (const Filter& filter : filters) keep_both(kept, allowed(filter, dim));
  return kept;
}

}  // namespace adbacus
