#include "store/filter_leaf.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "store/series_filter.hpp"
#include "store/testing/naive_filter.hpp"

namespace adbacus {
namespace {

bool matches(FilterOp op, std::vector<std::string> values, std::string_view text) {
  return FilterLeaf(op, std::move(values)).matches(text);
}

TEST(FilterLeaf, ComparesNumbersAsNumbersAndTextsByBytes) {
  EXPECT_TRUE(matches(FilterOp::gt, {"9"}, "10"));
  EXPECT_FALSE(matches(FilterOp::gt, {"9"}, "9.000000000"));
  EXPECT_TRUE(matches(FilterOp::gte, {"9"}, "9.000000000"));
  EXPECT_TRUE(matches(FilterOp::lt, {"0"}, "-0.5"));
  EXPECT_TRUE(matches(FilterOp::lt, {"-0.5"}, "-1.25"));
  EXPECT_TRUE(matches(FilterOp::between, {"-1", "1.5"}, "1.5"));
  EXPECT_FALSE(matches(FilterOp::gt, {"9"}, "ten"));
  EXPECT_FALSE(matches(FilterOp::gt, {"9"}, "1e3"));
  EXPECT_FALSE(matches(FilterOp::gt, {"9"}, "1234567890123456789"));  // 19 digits are a text
  EXPECT_TRUE(matches(FilterOp::lt, {"b"}, "10"));
  EXPECT_TRUE(matches(FilterOp::between, {"a", "b"}, "abc"));
  EXPECT_FALSE(matches(FilterOp::lte, {"b"}, "bb"));
}

TEST(FilterLeaf, OnlyEqualityFindsWhatIsAbsent) {
  for (std::size_t i = 0; i < kFilterOps; ++i) {
    const auto op = static_cast<FilterOp>(i);
    const bool finds = op == FilterOp::eq || op == FilterOp::in;
    EXPECT_EQ(matches(op, {"", "x"}, ""), finds) << i;
    EXPECT_FALSE(matches(op, {"x", "y"}, "")) << i;
  }
}

TEST(FilterLeaf, PatternsAreSearchedInLinearTime) {
  EXPECT_TRUE(matches(FilterOp::regex, {"^(a+)+$"}, std::string(50'000, 'a')));
  EXPECT_FALSE(matches(FilterOp::regex, {"^(a+)+$"}, std::string(50'000, 'a') + "b"));
  EXPECT_TRUE(matches(FilterOp::regex, {"é."}, "caféx"));
  EXPECT_TRUE(check_filter_pattern("^[a-z]{2}_\\d+$"));
  EXPECT_FALSE(check_filter_pattern("(a"));
  EXPECT_FALSE(check_filter_pattern("(?=a)"));
  EXPECT_FALSE(check_filter_pattern("((a{99}){99}){9}"));
}

TEST(SeriesFilter, AgreesWithTheNaiveModelAndItsShortcut) {
  const std::uint64_t seed = secure_random_u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng random(seed);
  const std::vector<SeriesDim> fields{SeriesDim::campaign, SeriesDim::source, SeriesDim::country};
  const std::vector<std::string> texts{"", "a", "b", "ab", "1", "10", "2", "-1", "1.5", "DE"};
  for (int i = 0; i < 3'000; ++i) {
    std::vector<Filter> filters;
    for (std::uint64_t n = random.below(3); n > 0; --n) {
      filters.push_back(random_filter(random, fields, texts, 3));
    }
    const SeriesFilter filter(filters);
    const auto allowed = allowed_values(filters, SeriesDim::campaign);
    for (int s = 0; s < 20; ++s) {
      Series series;
      for (const SeriesDim dim : fields) {
        series.dims[static_cast<std::size_t>(dim)] = texts[random.below(texts.size())];
      }
      const bool wanted = naive_all_hold(
          filters, [&](SeriesDim dim) { return series.dims[static_cast<std::size_t>(dim)]; });
      const std::string& campaign = series.dims[static_cast<std::size_t>(SeriesDim::campaign)];
      ASSERT_EQ(filter.passes(series), wanted) << "query " << i;
      if (wanted && allowed) {
        ASSERT_TRUE(std::binary_search(allowed->begin(), allowed->end(), campaign));
      }
    }
  }
}

TEST(SeriesFilter, LooksUpWhatATreeLimitsToAList) {
  const auto campaign = [](std::vector<std::string> ids) {
    return Filter{SeriesDim::campaign, FilterOp::in, std::move(ids)};
  };
  Filter any;
  any.kind = FilterKind::any;
  any.children = {campaign({"2", "1"}), campaign({"3"})};
  EXPECT_EQ(allowed_values({any, campaign({"3", "2", "9"})}, SeriesDim::campaign),
            (std::vector<std::string>{"2", "3"}));
  any.children.push_back({SeriesDim::source, FilterOp::exists, {}});
  EXPECT_EQ(allowed_values({any}, SeriesDim::campaign), std::nullopt);
  Filter none;
  none.kind = FilterKind::negation;
  none.children = {campaign({"1"})};
  EXPECT_EQ(allowed_values({none}, SeriesDim::campaign), std::nullopt);
}

}  // namespace
}  // namespace adbacus
