#include "app/simulate/catalog_changes.hpp"

#include <gtest/gtest.h>

#include "catalog/schema/stored.hpp"

namespace adbacus {
namespace {

template <class T>
Entity entity(const std::string& id, const T& object) {
  return {.kind = kKindOf<T>,
          .tenant_id = "1",
          .id = id,
          .version = 1,
          .change = 1,
          .body = stored_body(schema_of(kKindOf<T>), &object)};
}

std::vector<Entity> catalog() {
  return {entity("7", Campaign{.name = "c"}), entity("8", Campaign{.name = "d"}),
          entity("42", LineItem{.campaign_id = "7", .placement_id = "1", .bid = 1'000'000}),
          entity("a.b", LineItem{.campaign_id = "7", .placement_id = "1", .bid = 1'000'000})};
}

std::string applied(const std::vector<std::string>& texts, std::vector<Entity>& entities) {
  std::vector<CatalogChange> changes;
  for (const std::string& text : texts) {
    auto change = parse_change(text);
    if (!change) return change.error().message;
    changes.push_back(*std::move(change));
  }
  const auto done = apply_changes(changes, "1", entities);
  return done ? "" : done.error().message;
}

TEST(CatalogChanges, ChangeWhatTheyNameAndNothingElse) {
  auto entities = catalog();
  EXPECT_EQ(applied({"line_item.42.bid_cents=250", "line_item.a.b.pacing_mode=ACCELERATED",
                     "campaign.*.caps=[{\"count\":3,\"period_hours\":12}]",
                     "campaign.8.daily_budget_cents=900", "campaign.8.name=five"},
                    entities),
            "");
  const auto item = read_entity<LineItem>(entities[2]);
  const auto other = read_entity<LineItem>(entities[3]);
  const auto campaign = read_entity<Campaign>(entities[0]);
  const auto budget = read_entity<Campaign>(entities[1]);
  ASSERT_TRUE(item && other && campaign && budget);
  EXPECT_EQ(item->bid, 2'500'000);
  EXPECT_EQ(item->campaign_id, "7");
  EXPECT_EQ(other->bid, 1'000'000);
  EXPECT_EQ(other->pacing_mode, PacingMode::accelerated);
  EXPECT_EQ(campaign->caps.at(0).count, 3);
  EXPECT_EQ(campaign->daily_budget, std::nullopt);
  EXPECT_EQ(budget->daily_budget, 9'000'000);
}

TEST(CatalogChanges, SayWhatIsWrongAllAtOnceWithPlaceAndField) {
  auto entities = catalog();
  const std::string said = applied(
      {"line_item.42.bid_cents=-1", "line_item.43.bid_cents=1", "campaign.7.colour=red"}, entities);
  for (const char* part : {"line_item.42.bid_cents=-1: /bid_cents", "has no line_item 43",
                           "campaign.7.colour=red: /colour"}) {
    EXPECT_NE(said.find(part), std::string::npos) << said;
  }
  for (const char* text : {"", "bid=3", "line_item.bid=3", "line_item.42.bid", "house.42.bid=3"}) {
    EXPECT_FALSE(parse_change(text)) << text;
  }
}

TEST(CatalogChanges, ComeFromFilesToo) {
  const auto changes = parse_changes(
      "line_item:\n  42: {bid_cents: 250, name: \"7\"}\ncampaign: {7: {caps: [{count: 1, "
      "period_hours: 2}]}}\n",
      "f.yaml");
  ASSERT_TRUE(changes) << changes.error().message;
  ASSERT_EQ(changes->size(), 3U);
  EXPECT_EQ(changes->at(0).value.type, JsonNode::Type::number);
  EXPECT_EQ(changes->at(1).value.type, JsonNode::Type::text);
  auto entities = catalog();
  EXPECT_TRUE(apply_changes(*changes, "1", entities));
  EXPECT_EQ(read_entity<Campaign>(entities[0])->caps.at(0).period_hours, 2);
  EXPECT_TRUE(parse_changes(R"({"campaign": {"7": {"name": "x"}}})", "f.json"));
  for (const char* text : {"3", "line_item: 3", "line_item: {42: 3}", "house: {1: {a: 1}}", "{"}) {
    const auto refused = parse_changes(text, "f.yaml");
    ASSERT_FALSE(refused) << text;
    EXPECT_TRUE(refused.error().message.starts_with("f.yaml")) << refused.error().message;
  }
}

}  // namespace
}  // namespace adbacus
