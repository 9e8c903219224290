// What a request blocks: advertisers by id and by domain, categories, and all below them; and what
// a slot asks of a creative by a rule.
#include <gtest/gtest.h>

#include "decision/testing/serving_bench.hpp"

namespace adbacus {
namespace {

// Whether the only line item, of an advertiser with this domain and category, is shown.
bool is_shown(const std::string& domain, const std::string& category, const AdBlocks& blocks) {
  ServingBench bench;
  bench.catalog.advertisers["a"] = {
      .name = "A", .domain = domain, .categories = {category}, .caps = {}};
  bench.catalog.add_placement("p");
  bench.catalog.add_campaign("c").advertiser_id = "a";
  bench.catalog.add_item("1", "c", "p");
  bench.catalog.add_creative("r", "1");
  bench.open();
  AdRequest request = one_slot(kBenchTime, "", 1);
  request.blocks = blocks;
  const auto answers = Decider(bench.caps(), {}).decide(bench.state(), request);
  EXPECT_TRUE(answers);
  return answers && item_of(answers->at(0)) == "1";
}

TEST(Blocks, ADomainBlocksThoseBelowIt) {
  const auto shown = [](const std::string& domain, std::string_view blocked) {
    return is_shown(domain, "IAB1", {.advertisers = {"other.example", blocked, "z.example"}});
  };
  EXPECT_FALSE(shown("shop.example", "shop.example"));
  EXPECT_FALSE(shown("www.shop.example", "shop.example"));
  EXPECT_TRUE(shown("shop.example", "www.shop.example"));
  EXPECT_TRUE(shown("myshop.example", "shop.example"));
  EXPECT_FALSE(shown("shop.example", "a")) << "the advertiser's id";
}

TEST(Blocks, ACategoryBlocksThoseBelowIt) {
  const auto shown = [](const std::string& category, std::string_view blocked) {
    return is_shown("shop.example", category, {.categories = {"IAB7", blocked}});
  };
  EXPECT_FALSE(shown("IAB25", "IAB25"));
  EXPECT_FALSE(shown("IAB25-3", "IAB25"));
  EXPECT_TRUE(shown("IAB25", "IAB25-3"));
  EXPECT_TRUE(shown("IAB2", "IAB25"));
  EXPECT_TRUE(shown("IAB25", "IAB2"));
}

class OnlyOf final : public CreativeRule {
 public:
  explicit OnlyOf(std::string id) : id_(std::move(id)) {}
  bool allows(const ServingItem&, const ServingCreative& creative) const override {
    return creative.id == id_;
  }

 private:
  std::string id_;
};

TEST(Blocks, ASlotsRuleChoosesAmongCreatives) {
  ServingBench bench;
  bench.catalog.add_placement("p");
  bench.catalog.add_campaign("c");
  bench.catalog.add_item("1", "c", "p");
  bench.catalog.add_creative("r1", "1");
  bench.catalog.add_creative("r2", "1");
  bench.open();
  const Decider decider(bench.caps(), {});
  AdRequest request = one_slot(kBenchTime, "", 1);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    request.seed = seed;
    request.slots[0].rule = std::make_shared<OnlyOf>("r2");
    const auto answers = decider.decide(bench.state(), request);
    ASSERT_TRUE(answers && answers->at(0).decisions.size() == 1);
    EXPECT_EQ(answers->at(0).decisions[0].creative->id, "r2");
  }
  request.slots[0].rule = std::make_shared<OnlyOf>("r3");
  const auto answers = decider.decide(bench.state(), request);
  ASSERT_TRUE(answers);
  EXPECT_TRUE(answers->at(0).decisions.empty());
  const auto trace = decider.trace(bench.state(), request, request.slots[0], {});
  ASSERT_TRUE(trace && trace->size() == 1);
  EXPECT_EQ((*trace)[0].reason, Elimination::size);
}

}  // namespace
}  // namespace adbacus
