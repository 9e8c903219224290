#include "decision/decision_block.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

struct Owned {
  std::string tenant, placement, campaign, item, creative, ad, context, shape;
  LoggedDecision row;
};

Owned random_decision(Rng& rng) {
  const auto id = [&](const char* kind) {
    return rng.below(4) == 0 ? std::string() : kind + std::to_string(rng.below(5));
  };
  Owned made{.tenant = id("t"),
             .placement = id("p"),
             .campaign = id("c"),
             .item = id("l"),
             .creative = id("x"),
             .ad = id("a"),
             .context = id("country\x1f"),
             .shape = id("count\x1f"),
             .row = {}};
  made.row.time_us = static_cast<TimeUs>(rng.next() >> 12U) - (TimeUs{1} << 50);
  made.row.number = rng.next();
  if (rng.below(3) != 0) made.row.user = {rng.next(), rng.next()};
  made.row.expected_cost = static_cast<std::int64_t>(rng.next() >> rng.below(64) >> 1U);
  if (rng.below(4) == 0) {
    made.row.flags = LoggedDecision::kTakenBack;
    made.shape.clear();
    return made;
  }
  made.row.flags = static_cast<std::uint8_t>(rng.below(4) | LoggedDecision::kSeeded);
  made.row.seed = rng.next();
  made.row.slot = static_cast<std::uint32_t>(rng.below(30));
  made.row.ad = static_cast<std::uint32_t>(rng.below(20));
  made.row.missing = static_cast<std::uint8_t>(rng.below(15));
  return made;
}

LoggedDecision view_of(const Owned& made) {
  LoggedDecision row = made.row;
  row.tenant = made.tenant;
  row.placement_id = made.placement;
  row.campaign_id = made.campaign;
  row.line_item_id = made.item;
  row.creative_id = made.creative;
  row.ad_id = made.ad;
  row.context = made.context;
  row.shape = made.shape;
  return row;
}

TEST(DecisionBlock, GivesBackWhatWasAddedInOrder) {
  const std::uint64_t seed = test_seed();
  Rng rng(seed);
  DecisionBlock block;
  for (int round = 0; round < 50; ++round) {
    std::vector<Owned> added(1 + rng.below(200));
    for (Owned& made : added) {
      made = random_decision(rng);
      block.add(view_of(made));
    }
    EXPECT_EQ(block.count(), added.size());
    const std::string bytes = block.take();
    EXPECT_TRUE(block.empty());
    std::size_t at = 0;
    ASSERT_TRUE(read_decision_block(bytes, [&](const LoggedDecision& row) {
      ASSERT_LT(at, added.size());
      EXPECT_EQ(row, view_of(added[at++])) << "ADBACUS_SEED=" << seed;
    }));
    EXPECT_EQ(at, added.size());
  }
}

TEST(DecisionBlock, IsSmallForUsualDecisions) {
  DecisionBlock block;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    block.add({.time_us = 1'795'305'600'000'000 + static_cast<TimeUs>(i) * 100,
               .number = i,
               .tenant = "1",
               .placement_id = "7",
               .campaign_id = "42",
               .line_item_id = "420",
               .creative_id = "4200",
               .user = {i, i},
               .expected_cost = 2'500,
               .flags = LoggedDecision::kSeeded,
               .context = "country\x1f"
                          "CA\x1e"});
  }
  EXPECT_LE(block.take().size(), 43'300U);
}

// As version 1 wrote them: a decision, its auction that was lost, and a request without an ad.
TEST(DecisionBlock, OfTheFirstVersionStaysReadable) {
  const auto text = [](std::string_view bytes) {
    return static_cast<char>(bytes.size()) + std::string(bytes);
  };
  const std::string number("\x01\0\0\0\0\0\0\0", 8);
  const std::string nobody(16, '\0');
  const std::string old = "\x01\x03" + text("1\n7\n42\n420\n4200\n\n") + text("") +
                          text("1\n7\n\n\n\n\n") + "\x03" +
                          // 5 µs, costs 3, ranked by value; taken back; 2 µs later, none
                          "\x0a" + number + nobody + std::string("\0\x01\x06\x01", 4) +
                          std::string(1, '\0') + number + nobody + std::string("\0\x01\0\x04", 4) +
                          "\x04" + number + nobody + std::string("\x02\x01\0\0", 4);
  std::vector<std::string> seen;
  ASSERT_TRUE(read_decision_block(old, [&](const LoggedDecision& row) {
    seen.push_back(std::to_string(row.time_us) + " " + std::string(row.line_item_id) + " " +
                   std::to_string(row.expected_cost) + " " + std::to_string(row.flags));
    EXPECT_EQ(row.seed, 0U);
    EXPECT_EQ(row.shape, "");
  }));
  EXPECT_EQ(seen, (std::vector<std::string>{"5 420 3 1", "5 420 0 4", "7  0 0"}));
}

TEST(DecisionBlock, RefusesDamagedBytes) {
  const std::uint64_t seed = test_seed();
  Rng rng(seed);
  DecisionBlock block;
  for (int i = 0; i < 20; ++i) block.add(view_of(random_decision(rng)));
  const std::string good = block.take();
  const auto ignore = [](const LoggedDecision&) {};
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(read_decision_block(good.substr(0, size), ignore)) << size;
  }
  EXPECT_FALSE(read_decision_block(good + "x", ignore));
  for (int i = 0; i < 5'000; ++i) {  // whatever it makes of it, it ends
    std::string bytes = good;
    bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
    (void)read_decision_block(bytes, ignore);
  }
}

}  // namespace
}  // namespace adbacus
