// Trees of conditions about series, rows `other` among them, against a naive evaluation that knows
// true, false and unknown.
#include "store/series_filter.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <optional>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "store/testing/naive_filter.hpp"

namespace adbacus {
namespace {

const std::vector<std::string> kTexts{"", "a", "b", "1", "2", "EUR"};
const std::vector<SeriesDim> kDims{SeriesDim::campaign, SeriesDim::placement, SeriesDim::currency};

// null: depends on ids that nobody knows.
std::optional<bool> naive(const Filter& node, const Series& series) {
  if (node.kind == FilterKind::leaf) {
    const std::string& text = series.dims[static_cast<std::size_t>(node.field)];
    if (text == kOtherKey) return std::nullopt;
    return naive_leaf(text, node.op, node.values);
  }
  // One child decides: a false one of all, a true one of any and of a negation.
  const bool decides = node.kind != FilterKind::all;
  bool unknown = false;
  for (const Filter& child : node.children) {
    const auto one = naive(child, series);
    if (one == decides) return node.kind == FilterKind::any;
    unknown = unknown || !one;
  }
  return unknown ? std::nullopt : std::optional(node.kind != FilterKind::any);
}

Series random_series(Rng& rng) {
  Series series{.cube = Cube::traffic, .dims = {"t"}};
  for (const SeriesDim dim : kDims) {
    series.dims[static_cast<std::size_t>(dim)] = kTexts[rng.below(kTexts.size())];
  }
  return series;
}

TEST(SeriesFilter, KeepsWhatTheTreeSaysAndOfRowsOtherWhatIsSure) {
  Rng rng(test_seed());
  int kept_other = 0;
  for (int round = 0; round < 5000; ++round) {
    const std::vector<Filter> filters{random_filter(rng, kDims, kTexts, 3),
                                      random_filter(rng, kDims, kTexts, 1)};
    SeriesFilter filter(filters);
    const auto says = [&](const Series& series) {
      return naive(filters[0], series) == true && naive(filters[1], series) == true;
    };
    for (int i = 0; i < 8; ++i) {
      const Series series = random_series(rng);
      ASSERT_EQ(filter.passes(series), says(series)) << "round " << round;
      const Series other = other_series(series);
      ASSERT_EQ(filter.passes(other), says(other)) << "round " << round;
      if (!filter.passes(other)) continue;
      ++kept_other;
      // Whatever ids it holds: none of its events would have been left out.
      Series holds = random_series(rng);
      holds.dims[static_cast<std::size_t>(SeriesDim::currency)] =
          other.dims[static_cast<std::size_t>(SeriesDim::currency)];
      ASSERT_TRUE(filter.passes(holds)) << "round " << round;
      // A store that looks up the allowed campaigns must not miss it.
      ASSERT_FALSE(allowed_values(filters, SeriesDim::campaign)) << "round " << round;
    }
  }
  EXPECT_GT(kept_other, 0);
}

}  // namespace
}  // namespace adbacus
