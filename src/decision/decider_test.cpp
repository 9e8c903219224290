#include "decision/decider.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <optional>

#include "base/testing/test_seed.hpp"
#include "decision/testing/random_catalog.hpp"

namespace adbacus {
namespace {

std::string name_of(Elimination reason) {
  return std::string(elimination_name(reason));
}

// One random catalog with the engine and the model over it.
class World {
 public:
  World(Rng& rng, const DeciderOptions& options)
      : random(rng), model(bench.catalog), decider(bench.caps(), options) {
    random.fill(bench, model);
    model.require_identity = options.require_identity;
    bench.open();
  }

  ServingBench bench;
  RandomCatalog random;
  NaiveDecider model;
  Decider decider;
};

// Line items bound to the slot's placement, by id, and why the model does not show them.
std::map<std::string, std::string> model_reasons(const World& world, const AdSlot& slot,
                                                 const AdRequest& request) {
  std::map<std::string, std::string> reasons;
  const Placement* placement = world.model.placement_of(slot);
  for (const auto& [id, item] : world.bench.catalog.items) {
    if (&world.bench.catalog.placements.at(item.placement_id) != placement) continue;
    reasons[id] = name_of(world.model.reason(id, slot, request));
  }
  return reasons;
}

// The last stage that a line item of the slot's placement came to. Caps are looked at for the
// first eight only that are out for a later reason, so that others may seem to have come further.
void expect_furthest(const World& world, const AdSlot& slot, const AdRequest& request,
                     Elimination missing) {
  std::optional<Elimination> last;
  std::size_t items = 0;
  const Placement* placement = world.model.placement_of(slot);
  for (const auto& [id, item] : world.bench.catalog.items) {
    if (&world.bench.catalog.placements.at(item.placement_id) != placement) continue;
    last = std::max(last.value_or(Elimination::none), world.model.reason(id, slot, request));
    ++items;
  }
  const Elimination furthest = last.value_or(Elimination::not_bound);
  const bool may_be_later = items > 8 && missing > Elimination::frequency_cap;
  EXPECT_TRUE(missing == furthest || (may_be_later && missing > furthest))
      << name_of(missing) << ", but " << name_of(furthest);
}

void expect_follows_model(World& world, const AdRequest& request, const AdSlot& slot,
                          const Decision& decision) {
  const NaiveDecider& model = world.model;
  const std::vector<std::string> tier = model.first_tier(slot, request);
  const std::string& id = decision.item->id;
  ASSERT_TRUE(std::ranges::find(tier, id) != tier.end())
      << id << ": " << name_of(model.reason(id, slot, request)) << ", of " << tier.size();
  const std::vector<std::string> creatives = model.creatives(id, slot, request);
  EXPECT_TRUE(std::ranges::find(creatives, decision.creative->id) != creatives.end())
      << decision.creative->id;
  EXPECT_EQ(decision.ranking, request.ranking.value_or(Ranking::weighted_bid));
  EXPECT_EQ(decision.cap_unenforced, request.user_id.empty() || !request.may_identify);
  if (decision.ranking == Ranking::ecpm && !decision.explored) {
    for (const std::string& other : tier) {
      EXPECT_GE(model.value(id) * (1 + 1e-9), model.value(other)) << id << " and " << other;
    }
  }
}

// Follows one request in the model, decision by decision.
void expect_request_follows_model(World& world, const AdRequest& request) {
  world.model.begin_page();
  const TenantState& state = world.bench.state();
  const auto answers = world.decider.decide(state, request);
  ASSERT_TRUE(answers);
  ASSERT_EQ(answers->size(), request.slots.size());
  const std::string user(request.may_identify ? request.user_id : "");
  for (std::size_t i = 0; i < answers->size(); ++i) {
    const AdSlot& slot = request.slots[i];
    const SlotAnswer& answer = (*answers)[i];
    ASSERT_LE(answer.decisions.size(), slot.count);
    for (const Decision& decision : answer.decisions) {
      expect_follows_model(world, request, slot, decision);
      if (::testing::Test::HasFatalFailure()) return;
      world.model.show(user, decision.item->id, decision.creative->id);
    }
    if (answer.decisions.size() == slot.count) {
      EXPECT_EQ(answer.missing, Elimination::none);
      continue;
    }
    EXPECT_NE(answer.missing, Elimination::none);
    if (world.model.placement_of(slot) == nullptr) {
      EXPECT_EQ(answer.missing, Elimination::placement_unknown);
      continue;
    }
    const std::vector<std::string> left = world.model.first_tier(slot, request);
    EXPECT_TRUE(left.empty()) << left[0] << " would fit, " << name_of(answer.missing);
    expect_furthest(world, slot, request, answer.missing);
  }
}

TEST(Decider, ChoosesWhatTheNaiveModelAllowsAndNothingOnlyIfTheModelFindsNobody) {
  Rng rng(test_seed());
  for (int round = 0; round < 60; ++round) {
    World world(rng, {.require_identity = round % 4 == 0});
    for (int i = 0; i < 40; ++i) {
      SCOPED_TRACE("round " + std::to_string(round) + ", request " + std::to_string(i));
      expect_request_follows_model(world, world.random.request(kBenchTime, 4));
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST(Decider, TheTraceGivesTheModelsReasonForEveryLineItem) {
  Rng rng(test_seed() + 1);
  std::map<std::string, int> seen;
  for (int round = 0; round < 60; ++round) {
    World world(rng, {.require_identity = round % 4 == 0});
    for (int i = 0; i < 20; ++i) {
      const AdRequest request = world.random.request(kBenchTime, 1);
      expect_request_follows_model(world, request);  // caps come into play
      world.model.begin_page();
      const AdSlot& slot = request.slots[0];
      if (world.model.placement_of(slot) == nullptr) continue;
      const auto traces = world.decider.trace(world.bench.state(), request, slot, {});
      ASSERT_TRUE(traces);
      std::map<std::string, std::string> reasons;
      for (const ItemTrace& trace : *traces) {
        reasons[trace.item->id] = name_of(trace.reason);
        ++seen[name_of(trace.reason)];
        EXPECT_NEAR(trace.value, world.model.value(trace.item->id),
                    1e-6 * (1 + world.model.value(trace.item->id)));
      }
      ASSERT_EQ(reasons, model_reasons(world, slot, request)) << "round " << round;
      ASSERT_FALSE(HasFailure());
    }
  }
  // Whatever can be a reason was one; not_bound is none of a line item of this placement.
  for (const char* reason :
       {"not_active", "schedule", "no_creative", "size", "targeting", "blocked", "consent",
        "frequency_cap", "budget", "pacing", "floor", "outranked"}) {
    EXPECT_GT(seen[reason], 0) << reason;
  }
}

TEST(Decider, TheTraceNamesWhatWasChosen) {
  Rng rng(test_seed() + 2);
  int chosen = 0;
  for (int round = 0; round < 20; ++round) {
    World world(rng, {});
    for (int i = 0; i < 20; ++i) {
      const AdRequest request = world.random.request(kBenchTime, 1);
      const auto answers = world.decider.decide(world.bench.state(), request);
      ASSERT_TRUE(answers);
      if (answers->at(0).decisions.empty()) continue;
      const std::vector<Decision>& decisions = answers->at(0).decisions;
      const TenantState& state = *world.bench.keeper().state()->tenant("1");
      const auto traces = world.decider.trace(state, request, request.slots[0], decisions);
      ASSERT_TRUE(traces);
      for (const ItemTrace& trace : *traces) {
        const bool is_chosen = std::ranges::any_of(decisions, [&](const Decision& decision) {
          return decision.item->id == trace.item->id;
        });
        EXPECT_EQ(trace.reason == Elimination::none, is_chosen) << trace.item->id;
      }
      ++chosen;
    }
  }
  EXPECT_GT(chosen, 50);
}

TEST(Decider, APageShowsNoLineItemAndNoCategoryTwice) {
  Rng rng(test_seed() + 3);
  for (int round = 0; round < 40; ++round) {
    World world(rng, {});
    for (int i = 0; i < 20; ++i) {
      const auto answers =
          world.decider.decide(world.bench.state(), world.random.request(kBenchTime, 4));
      ASSERT_TRUE(answers);
      std::vector<std::string> items;
      std::vector<std::string> categories;
      for (const SlotAnswer& answer : *answers) {
        for (const Decision& decision : answer.decisions) {
          items.push_back(decision.item->id);
          if (decision.item->advertiser == nullptr) continue;
          std::vector<std::string> own = decision.item->advertiser->categories;
          std::ranges::sort(own);
          own.erase(std::unique(own.begin(), own.end()), own.end());
          categories.insert(categories.end(), own.begin(), own.end());
        }
      }
      for (std::vector<std::string>* list : {&items, &categories}) {
        std::ranges::sort(*list);
        EXPECT_TRUE(std::ranges::adjacent_find(*list) == list->end());
      }
    }
  }
}

}  // namespace
}  // namespace adbacus
