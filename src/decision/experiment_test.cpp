// Which variant of an experiment a user gets, and what it changes.
#include <cmath>
#include <gtest/gtest.h>
#include <map>

#include "base/testing/test_seed.hpp"
#include "decision/testing/serving_bench.hpp"

namespace adbacus {
namespace {

constexpr int kUsers = 8'000;

// Campaigns "A", "B", "C" with a line item each, in this order of priority; A has the creatives
// "A" and "A2". Caps are out of the way.
void fill(PlainCatalog& catalog) {
  catalog.add_placement("p");
  std::int64_t priority = 4;
  for (const std::string id : {"A", "B", "C"}) {
    catalog.add_campaign(id).caps = {{.count = 1'000'000}};
    catalog.add_item(id, id, "p").priority = priority++;
    catalog.add_creative(id, id);
  }
  catalog.add_creative("A2", "A");
}

Experiment running(ExperimentLevel level, std::vector<ExperimentVariant> variants) {
  return {
      .name = "e", .level = level, .status = LifeStatus::active, .variants = std::move(variants)};
}

std::string user(int number) {
  return "user" + std::to_string(number);
}

Decision decide(ServingBench& bench, const std::string& who, std::uint64_t seed) {
  const Decider decider(bench.caps(), {});
  const auto answers = decider.decide(bench.state(), one_slot(kBenchTime, who, seed));
  EXPECT_TRUE(answers && answers->at(0).decisions.size() == 1);
  return answers && !answers->at(0).decisions.empty() ? answers->at(0).decisions[0] : Decision();
}

// Binomial: 6 standard deviations.
void expect_share(int count, int of, double share) {
  EXPECT_NEAR(count, of * share, 6 * std::sqrt(of * share * (1 - share)));
}

TEST(Experiment, CampaignsAreSharedByWeightAndStayWithTheirUsers) {
  Rng rng(test_seed());
  ServingBench bench;
  fill(bench.catalog);
  bench.catalog.experiments["e1"] =
      running(ExperimentLevel::campaign,
              {{.key = "control", .weight = 3, .target = "A"}, {.key = "b", .target = "B"}});
  bench.open();
  std::map<std::string, int> users;
  std::map<std::string, std::string> first;
  for (int i = 0; i < kUsers; ++i) {
    first[user(i)] = decide(bench, user(i), rng.next()).item->campaign_id;
    ++users[first[user(i)]];
  }
  EXPECT_EQ(users.size(), 2) << "both variants, and nothing else";
  expect_share(users["B"], kUsers, 0.25);
  bench.publish();  // a new plan of the same catalog
  for (int i = 0; i < kUsers; i += 7) {
    EXPECT_EQ(decide(bench, user(i), rng.next()).item->campaign_id, first[user(i)]);
  }
}

TEST(Experiment, OnlyTheShareOfTrafficTakesPart) {
  Rng rng(test_seed());
  ServingBench bench;
  fill(bench.catalog);
  bench.catalog.experiments["e1"] = running(
      ExperimentLevel::campaign, {{.key = "a", .target = "A"}, {.key = "b", .target = "B"}});
  bench.catalog.experiments["e1"].traffic_percent = 40;
  bench.open();
  int b = 0;
  for (int i = 0; i < kUsers; ++i) {
    b += decide(bench, user(i), rng.next()).item->campaign_id == "B" ? 1 : 0;
  }
  expect_share(b, kUsers, 0.4 / 2);
}

TEST(Experiment, AVariantWithoutTargetLeavesThingsAsTheyAreButForTheOthers) {
  Rng rng(test_seed());
  ServingBench bench;
  fill(bench.catalog);
  bench.catalog.experiments["e1"] =
      running(ExperimentLevel::campaign, {{.key = "control"}, {.key = "b", .target = "A"}});
  bench.open();
  std::map<std::string, int> users;
  for (int i = 0; i < kUsers; ++i) ++users[decide(bench, user(i), rng.next()).item->campaign_id];
  expect_share(users["A"], kUsers, 0.5);
  EXPECT_EQ(users["A"] + users["B"], kUsers);
}

TEST(Experiment, CreativesAreSharedByWeight) {
  Rng rng(test_seed());
  ServingBench bench;
  fill(bench.catalog);
  bench.catalog.experiments["e1"] = running(
      ExperimentLevel::creative,
      {{.key = "a", .weight = 1, .target = "A"}, {.key = "b", .weight = 4, .target = "A2"}});
  bench.open();
  std::map<std::string, int> users;
  for (int i = 0; i < kUsers; ++i) {
    const std::string creative = decide(bench, user(i), rng.next()).creative->id;
    ++users[creative];
    EXPECT_EQ(decide(bench, user(i), rng.next()).creative->id, creative);
  }
  EXPECT_EQ(users["A"] + users["A2"], kUsers);
  expect_share(users["A2"], kUsers, 0.8);
}

TEST(Experiment, RankingsAreSharedByWeight) {
  Rng rng(test_seed());
  ServingBench bench;
  fill(bench.catalog);
  bench.catalog.experiments["e1"] =
      running(ExperimentLevel::ranking, {{.key = "a"}, {.key = "b", .target = "ecpm"}});
  bench.open();
  int by_value = 0;
  for (int i = 0; i < kUsers; ++i) {
    by_value += decide(bench, user(i), rng.next()).ranking == Ranking::ecpm ? 1 : 0;
  }
  expect_share(by_value, kUsers, 0.5);
}

TEST(Experiment, TwoOfThemAssignIndependently) {
  Rng rng(test_seed());
  ServingBench bench;
  fill(bench.catalog);
  bench.catalog.experiments["e1"] = running(
      ExperimentLevel::creative, {{.key = "a", .target = "A"}, {.key = "b", .target = "A2"}});
  bench.catalog.experiments["e2"] =
      running(ExperimentLevel::ranking, {{.key = "a"}, {.key = "b", .target = "ecpm"}});
  bench.open();
  std::map<std::pair<std::string, bool>, int> users;
  for (int i = 0; i < kUsers; ++i) {
    const Decision decision = decide(bench, user(i), rng.next());
    ++users[{decision.creative->id, decision.ranking == Ranking::ecpm}];
  }
  for (const char* creative : {"A", "A2"}) {
    for (const bool by_value : {false, true})
      expect_share(users[{creative, by_value}], kUsers, 0.25);
  }
}

TEST(Experiment, OneThatIsNotRunningChangesNothing) {
  Rng rng(test_seed());
  const Experiment base = running(ExperimentLevel::campaign,
                                  {{.key = "a", .target = "B"}, {.key = "b", .target = "C"}});
  std::vector<Experiment> idle(5, base);
  idle[0].status = LifeStatus::draft;
  idle[1].status = LifeStatus::paused;
  idle[2].status = LifeStatus::ended;
  idle[3].start_at = kBenchTime + 1;
  idle[4].end_at = kBenchTime - 1;
  for (const Experiment& experiment : idle) {
    ServingBench bench;
    fill(bench.catalog);
    bench.catalog.experiments["e1"] = experiment;
    bench.open();
    for (int i = 0; i < 200; ++i) EXPECT_EQ(decide(bench, user(i), rng.next()).item->id, "A");
  }
}

}  // namespace
}  // namespace adbacus
