// Whether a replay of what an engine logged is what the engine did.
#include "app/simulate/simulation.hpp"

#include <gtest/gtest.h>

#include "app/simulate/replay_check.hpp"
#include "base/testing/sim_file_system.hpp"
#include "base/testing/test_seed.hpp"
#include "decision/ad_server.hpp"
#include "decision/decision_log.hpp"
#include "decision/testing/random_catalog.hpp"
#include "eventlog/registry.hpp"

namespace adbacus {
namespace {

const LoggedPeriod kPeriod{.tenant = "1", .from_us = kBenchTime, .to_us = kBenchTime + kHourUs};

// A random catalog, requests for it within a second, and the log of what was decided.
class Replay {
 public:
  explicit Replay(Rng& rng) : rng_(rng), random_(rng), model_(bench.catalog) {
    EventLogConfig config;
    config.embedded.folder = "/log";
    config.embedded.segment_bytes = std::uint64_t{1} << 20U;
    config.embedded.free_bytes_min = 0;
    auto opened = open_event_log(files_, bench.clock, config);
    EXPECT_TRUE(opened);
    if (opened) log = *std::move(opened);
    random_.fill(bench, model_);
    catalog = bench.catalog.snapshot();
    bench.open();
  }

  void serve(int requests) {
    DecisionLog decisions(*log, {});
    const SigningKeys keys({{.id = 1, .secret = std::string(32, 'k')}});
    AdServer server([this] { return bench.hold(); }, bench.caps(), keys, &decisions, bench.clock,
                    {});
    for (int i = 0; i < requests; ++i) {
      bench.clock.advance(kSecondUs / 2 / requests);
      AdRequest request = random_.request(bench.clock.wall_us(), 4);
      if (rng_.below(3) == 0) request.seed.reset();
      const TenantView view = server.view("1");
      const auto answers = server.decide(view, request);
      ASSERT_TRUE(answers);
      const std::string context(server.context_of(view, request));
      for (std::size_t slot = 0; slot < request.slots.size(); ++slot) {
        server.hand_out(view, request, request.slots[slot], answers->at(slot), context, 0);
        for (const Decision& decision : answers->at(slot).decisions) {
          if (rng_.below(8) == 0) server.withdraw(view, decision, nullptr, request.now_us);
        }
      }
    }
    decisions.close();
  }
  std::vector<LoggedPage> pages() {
    std::vector<LoggedPage> found;
    EXPECT_TRUE(visit_pages(
        *log, kPeriod,
        [&](const LoggedPage& page) {
          found.push_back(page);
          return Result<void>();
        },
        [](Seq, Seq) {}));
    return found;
  }

  ServingBench bench;
  std::shared_ptr<const CatalogSnapshot> catalog;

 private:
  SimFileSystem files_;  // outlives the log

 public:
  std::unique_ptr<EventLog> log;

 private:
  Rng& rng_;
  RandomCatalog random_;
  NaiveDecider model_;
};

TEST(Simulation, DecidesWhatWasDecided) {
  Rng rng(test_seed());
  std::uint64_t ads = 0;
  std::uint64_t losses = 0;
  for (int round = 0; round < 30; ++round) {
    Replay replay(rng);
    replay.serve(200);
    const ObservedRates rates;
    Simulation simulation(replay.catalog, replay.bench.ledger, rates, {.period = kPeriod});
    ASSERT_TRUE(simulation.begin(*replay.log, {}));
    LoggedSummary logged;
    for (const LoggedPage& page : replay.pages()) {
      logged.add(page);
      if (page.is_loss) {
        ++losses;
        simulation.take_back(page);
        continue;
      }
      const auto answers = simulation.decide(page);
      ASSERT_TRUE(answers);
      ASSERT_EQ(differing_slots(page, *answers), 0U) << "round " << round;
      for (std::size_t i = 0; i < page.slots.size(); ++i) {
        if (page.slots[i].placement_id.empty() || !page.slots[i].ads.empty()) continue;
        ASSERT_EQ(answers->at(i).missing, page.slots[i].missing);
      }
    }
    ads += logged.decisions;
    EXPECT_EQ(simulation.tally().all.decisions, logged.decisions);
    for (const auto& [item, decisions] : logged.items) {
      EXPECT_EQ(simulation.tally().items.at(item).decisions, decisions);
    }
    // Each decision is expected to be shown once while nothing is known.
    EXPECT_NEAR(simulation.tally().all.expected.impressions, static_cast<double>(logged.decisions),
                1e-6);
  }
  EXPECT_GT(ads, 1'000U);
  EXPECT_GT(losses, 100U);
}

TEST(Simulation, KeepsCapsByWhatTheLogKnowsOfUsers) {
  Rng rng(test_seed() + 1);
  ServingBench bench;
  bench.catalog.add_placement("p");
  bench.catalog.add_campaign("c");
  bench.catalog.add_item("i", "c", "p");
  bench.catalog.add_creative("r", "i");
  const auto catalog = bench.catalog.snapshot();
  const ObservedRates rates;
  Simulation simulation(catalog, bench.ledger, rates, {.period = kPeriod});
  LoggedPage page{.user = {7, 7}, .seed = 1, .has_seed = true, .slots = {{.placement_id = "p"}}};
  int shown = 0;
  for (int i = 0; i < 8; ++i) {
    page.time_us = kBenchTime + i * kMinuteUs;
    page.seed = rng.next();
    const auto answers = simulation.decide(page);
    ASSERT_TRUE(answers);
    shown += answers->at(0).decisions.empty() ? 0 : 1;
  }
  EXPECT_EQ(shown, 5);  // a campaign without caps of its own
  EXPECT_EQ(simulation.tally().missing[static_cast<std::size_t>(Elimination::frequency_cap)], 3U);
  EXPECT_NEAR(simulation.tally().all.users.estimate(), 1, 0.1);
}

}  // namespace
}  // namespace adbacus
