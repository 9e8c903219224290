#include "enrich/landing/landing_params.hpp"

#include <gtest/gtest.h>
#include <map>
#include <vector>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

TEST(LandingParams, ReadsCampaignsAndClicks) {
  const LandingParams found = landing_params(
      "https://shop.example/a?x=1&utm_source=news&UTM_Medium=e%20mail&utm_id=7&gclid=Cj0_K-x"
      "&utm_source=second#utm_term=not");
  EXPECT_EQ(found.utm, (std::array<std::string_view, 6>{"news", "e%20mail", "", "", "", "7"}));
  EXPECT_EQ(found.click_id, "Cj0_K-x");
  for (const std::string_view name : kClickIdNames)
    EXPECT_EQ(landing_params("https://a.example?" + std::string(name) + "=Ab").click_id, "Ab")
        << name;
}

TEST(LandingParams, TheFirstOfTheListNamesTheClick) {
  EXPECT_EQ(landing_params("https://a.example/?fbclid=F&msclkid=M&gclid=G").click_id, "G");
  EXPECT_EQ(landing_params("https://a.example/?dclid=D&fbclid=F").click_id, "F");
  EXPECT_EQ(landing_params("https://a.example/?gclid=&wbraid=W").click_id, "W") << "empty is none";
  EXPECT_EQ(landing_params("https://a.example/?gclid=1&gclid=2").click_id, "1");
}

TEST(LandingParams, OtherUrlsSayNothing) {
  for (const char* url :
       {"", "https://a.example", "https://a.example/?", "https://a.example/?&&=&",
        "https://a.example/gclid=1", "https://a.example/#?gclid=1", "https://a.example/?gclid",
        "https://a.example/?xgclid=1&utm_sources=2"}) {
    const LandingParams found = landing_params(url);
    EXPECT_EQ(found.click_id, "") << url;
    EXPECT_EQ(found.utm, (std::array<std::string_view, 6>{})) << url;
  }
}

TEST(LandingParams, ClickIdsAreTakenOut) {
  const auto cut = [](std::string_view url) { return without_click_ids(url).value_or("same"); };
  EXPECT_EQ(cut("https://a.example/?gclid=1"), "https://a.example/");
  EXPECT_EQ(cut("https://a.example/?a=1&gclid=1&b=2#x"), "https://a.example/?a=1&b=2#x");
  EXPECT_EQ(cut("https://a.example/?FBCLID&b#gclid=3"), "https://a.example/?b#gclid=3");
  EXPECT_EQ(cut("https://a.example/?a=gclid"), "same");
  EXPECT_EQ(cut("https://a.example/"), "same");
}

// Whatever the parameters, what was cut has no click left and keeps all else in its order.
TEST(LandingParams, RandomQueriesAreReadAsANaiveReaderReadsThem) {
  Rng rng(test_seed());
  std::vector<std::string> names{"a", "b", "page"};
  names.insert(names.end(), kUtmNames.begin(), kUtmNames.end());
  names.insert(names.end(), kClickIdNames.begin(), kClickIdNames.end());
  for (int round = 0; round < 2'000; ++round) {
    std::string query;
    std::string others;
    std::map<std::string, std::string> first;
    for (std::uint64_t n = rng.below(6); n > 0; --n) {
      const std::string& name = names[rng.below(names.size())];
      const std::string value = rng.below(4) == 0 ? "" : std::to_string(rng.below(1'000));
      const std::string piece = name + "=" + value;
      query += (query.empty() ? "" : "&") + piece;
      const bool is_click =
          std::find(kClickIdNames.begin(), kClickIdNames.end(), name) != kClickIdNames.end();
      if (!is_click) others += (others.empty() ? "" : "&") + piece;
      if (!value.empty()) first.emplace(name, value);
    }
    const std::string url = "https://a.example/?" + query;
    const LandingParams found = landing_params(url);
    for (std::size_t i = 0; i < kUtmNames.size(); ++i)
      EXPECT_EQ(found.utm[i], first[std::string(kUtmNames[i])]) << url;
    std::string click;
    for (const std::string_view name : kClickIdNames)
      if (click.empty()) click = first[std::string(name)];
    EXPECT_EQ(found.click_id, click) << url;
    const auto cut = without_click_ids(url);
    EXPECT_EQ(cut.has_value(), others != query) << url;
    if (cut) {
      EXPECT_EQ(*cut, "https://a.example/" + (others.empty() ? "" : "?" + others)) << url;
    }
  }
}

}  // namespace
}  // namespace adbacus
