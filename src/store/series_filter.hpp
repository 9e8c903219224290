// Decides which series a report's filters let through. Belongs to one query on one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/filter_leaf.hpp"
#include "store/report_query.hpp"

namespace adbacus {

class SeriesFilter {
 public:
  // All of them must hold. About a row `other` (store/rollup.hpp) they must hold whatever the ids
  // in it are.
  explicit SeriesFilter(const std::vector<Filter>& filters);
  bool passes(const Series& series) const;

 private:
  struct Node {
    FilterKind kind;
    SeriesDim dim;
    FilterLeaf leaf;
    std::vector<Node> children;
  };
  static Node prepare(const Filter& filter);
  static bool surely(const Node& node, const Series& series, bool wanted);

  std::vector<Node> all_;
};

// The values of `dim` that the filters allow, sorted and unique, if they limit it to a list at all:
// where a store can look up instead of scan.
std::optional<std::vector<std::string>> allowed_values(const std::vector<Filter>& filters,
                                                       SeriesDim dim);

}  // namespace adbacus
