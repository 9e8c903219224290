#include "decision/request_shape.hpp"

#include <deque>
#include <gtest/gtest.h>
#include <string>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

TEST(RequestShape, GivesBackWhatWasAskedFor) {
  Rng rng(test_seed());
  for (int round = 0; round < 300; ++round) {
    std::deque<std::string> texts;
    AdRequest request;
    AdSlot slot{.placement_key = "p"};
    if (rng.below(2) == 0) slot.count = 1 + rng.below(20);
    for (auto n = rng.below(3); n > 0; --n) slot.sizes.push_back({300, 50 * std::int64_t(n)});
    for (auto n = rng.below(3); n > 0; --n) slot.ad_types.push_back(AdType(rng.below(5)));
    if (rng.below(2) == 0) slot.floor = static_cast<std::int64_t>(rng.below(1'000'000));
    if (rng.below(2) == 0) request.ranking = static_cast<Ranking>(1 + rng.below(4));
    request.may_personalise = rng.below(2) == 0;
    for (auto* list :
         {&request.blocks.advertisers, &request.blocks.categories, &request.blocks.campaigns,
          &request.blocks.line_items, &request.blocks.creatives}) {
      for (auto n = rng.below(3); n > 0; --n) {
        list->push_back(texts.emplace_back("b" + std::to_string(rng.below(100))));
      }
    }
    const std::string shape(request_shape(request, slot));
    AdRequest read;
    AdSlot read_slot;
    const auto reading = read_request_shape(shape, read, read_slot);
    ASSERT_TRUE(reading);
    EXPECT_FALSE(reading->has_rule);
    EXPECT_EQ(read_slot.count, slot.count);
    EXPECT_EQ(read_slot.sizes, slot.sizes);
    EXPECT_EQ(read_slot.ad_types, slot.ad_types);
    EXPECT_EQ(read_slot.floor, slot.floor);
    EXPECT_EQ(read.ranking, request.ranking);
    EXPECT_EQ(read.may_personalise, request.may_personalise);
    EXPECT_EQ(read.blocks.advertisers, request.blocks.advertisers);
    EXPECT_EQ(read.blocks.categories, request.blocks.categories);
    EXPECT_EQ(read.blocks.campaigns, request.blocks.campaigns);
    EXPECT_EQ(read.blocks.line_items, request.blocks.line_items);
    EXPECT_EQ(read.blocks.creatives, request.blocks.creatives);
  }
}

TEST(RequestShape, IsEmptyForTheUsualRequestAndRefusesOtherTexts) {
  EXPECT_EQ(request_shape(AdRequest(), AdSlot{.placement_key = "p"}), "");
  AdRequest request;
  AdSlot slot;
  EXPECT_FALSE(read_request_shape("count", request, slot));
  EXPECT_FALSE(
      read_request_shape("count\x1f"
                         "x\x1e",
                         request, slot));
  EXPECT_FALSE(
      read_request_shape("ranking\x1f"
                         "default\x1e",
                         request, slot));
  EXPECT_FALSE(
      read_request_shape("size\x1f"
                         "300\x1e",
                         request, slot));
  EXPECT_TRUE(
      read_request_shape("later\x1f"
                         "7\x1e",
                         request, slot));
}

}  // namespace
}  // namespace adbacus
