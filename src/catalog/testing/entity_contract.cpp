// What every backend promises about the objects of tenants.
#include "catalog/testing/entity_contract.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <thread>

#include "base/rng.hpp"

namespace adbacus::testing {
namespace {

const std::string kOne = "tenant 1";
const std::string kTwo = "tenant 2";

}  // namespace

std::vector<CatalogBackend> entity_contract(CatalogBackend backend) {
  return {std::move(backend)};
}

void EntityContract::SetUp() {
  CatalogContract::SetUp();
  ASSERT_TRUE(catalog_->put_tenant(sample_tenant(1)));
  ASSERT_TRUE(catalog_->put_tenant(sample_tenant(2)));
}

Result<Entity> EntityContract::put(const std::string& tenant, EntityKind kind,
                                   const std::string& id, const std::string& body,
                                   const std::vector<EntityTerm>& terms, TimeUs deleted_us) {
  Entity entity{.kind = kind, .tenant_id = tenant, .id = id};
  auto done = store().transact(tenant, [&](EntityTransaction& tx) -> Result<void> {
    auto found = tx.find(kind, id);
    if (!found) return found.error();
    if (*found) entity = **found;
    ++entity.version;
    entity.body = body;
    entity.deleted_us = deleted_us;
    return tx.put(entity, terms);
  });
  if (!done) return done.error();
  return entity;
}

std::vector<std::string> EntityContract::ids(const EntityQuery& query) {
  std::vector<std::string> found;
  const auto page = store().list(query);
  EXPECT_TRUE(page);
  if (page) {
    for (const Entity& entity : *page) found.push_back(entity.id);
  }
  return found;
}

using Ids = std::vector<std::string>;

TEST_P(EntityContract, KeepsEveryPartOfAnObjectAcrossReopening) {
  Entity made{.kind = EntityKind::line_item,
              .tenant_id = kOne,
              .id = "a/b 'ü'",
              .version = 1,
              .created_us = 5,
              .updated_us = 6,
              .body = R"({"name":"x"})"};
  ASSERT_TRUE(store().transact(kOne, [&](EntityTransaction& tx) { return tx.put(made, {}); }));
  EXPECT_GT(made.change, 0);
  EXPECT_EQ(made.ordinal, made.change);
  reopen();
  const auto found = store().find(kOne, EntityKind::line_item, made.id);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(**found, made);
  EXPECT_EQ(*store().find(kOne, EntityKind::campaign, made.id), std::nullopt);
}

TEST_P(EntityContract, TenantsWithTheSameIdsNeverMix) {
  ASSERT_TRUE(put(kOne, EntityKind::campaign, "1", "{\"a\":1}", {{"status", "ACTIVE", {}}}));
  ASSERT_TRUE(put(kTwo, EntityKind::campaign, "1", "{\"a\":2}", {{"status", "ACTIVE", {}}}));
  ASSERT_TRUE(put(kTwo, EntityKind::campaign, "2", "{\"a\":3}"));
  ASSERT_TRUE(
      put(kTwo, EntityKind::line_item, "9", "{}", {{"campaign_id", "1", EntityKind::campaign}}));
  EXPECT_EQ((*store().find(kOne, EntityKind::campaign, "1"))->body, "{\"a\":1}");
  EXPECT_EQ(*store().find(kOne, EntityKind::campaign, "2"), std::nullopt);
  EXPECT_EQ(ids({.tenant_id = kOne, .kind = EntityKind::campaign}), Ids{"1"});
  EXPECT_EQ(
      ids({.tenant_id = kOne, .kind = EntityKind::campaign, .filters = {{"status", {"ACTIVE"}}}}),
      Ids{"1"});
  const auto read = store().transact(kOne, [&](EntityTransaction& tx) -> Result<void> {
    EXPECT_TRUE(tx.referring_to(EntityKind::campaign, "1", 10)->empty());
    EXPECT_EQ(tx.with_value(EntityKind::campaign, "status", "ACTIVE", 10)->size(), 1U);
    EXPECT_EQ(*tx.find(EntityKind::campaign, "2"), std::nullopt);
    Entity foreign{.kind = EntityKind::campaign, .tenant_id = kTwo, .id = "3", .version = 1};
    EXPECT_FALSE(tx.put(foreign, {}));
    return {};
  });
  ASSERT_TRUE(read);
}

TEST_P(EntityContract, AnUnknownTenantHasNoObjects) {
  const auto refused = put("nobody", EntityKind::campaign, "1", "{}");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::not_found);
}

TEST_P(EntityContract, OnlyTheNextVersionReplacesAnObject) {
  ASSERT_TRUE(put(kOne, EntityKind::campaign, "1", "{}"));
  const auto with_version = [&](std::int64_t version) {
    Entity entity{.kind = EntityKind::campaign,
                  .tenant_id = kOne,
                  .id = "1",
                  .version = version,
                  .body = "{}"};
    return store().transact(kOne, [&](EntityTransaction& tx) { return tx.put(entity, {}); });
  };
  for (const std::int64_t version : {1, 3, 4}) {
    const auto refused = with_version(version);
    ASSERT_FALSE(refused) << version;
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  }
  EXPECT_TRUE(with_version(2));
}

TEST_P(EntityContract, WorkThatFailsLeavesNothingBehind) {
  const std::int64_t before = *store().last_change();
  const auto failed = store().transact(kOne, [&](EntityTransaction& tx) -> Result<void> {
    Entity entity{.kind = EntityKind::ad, .tenant_id = kOne, .id = "1", .version = 1, .body = "{}"};
    EXPECT_TRUE(tx.put(entity, std::vector<EntityTerm>{{"status", "ACTIVE", {}}}));
    EXPECT_TRUE(*tx.find(EntityKind::ad, "1"));
    return Error{ErrorCode::invalid_argument, "given up"};
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "given up");
  EXPECT_EQ(*store().find(kOne, EntityKind::ad, "1"), std::nullopt);
  EXPECT_EQ(*store().last_change(), before);
}

TEST_P(EntityContract, AnObjectIsFoundByItsValuesUntilItIsDeleted) {
  const std::vector<EntityTerm> terms{{"campaign_id", "7", EntityKind::campaign},
                                      {"status", "ACTIVE", {}}};
  ASSERT_TRUE(put(kOne, EntityKind::line_item, "1", "{}", terms));
  ASSERT_TRUE(put(kOne, EntityKind::line_item, "2", "{}", {{"status", "PAUSED", {}}}));
  const auto expect = [&](const std::vector<EntityKey>& referring, const Ids& active) {
    ASSERT_TRUE(store().transact(kOne, [&](EntityTransaction& tx) -> Result<void> {
      EXPECT_EQ(*tx.referring_to(EntityKind::campaign, "7", 10), referring);
      EXPECT_TRUE(tx.referring_to(EntityKind::creative, "7", 10)->empty());
      return {};
    }));
    EXPECT_EQ(ids({.tenant_id = kOne,
                   .kind = EntityKind::line_item,
                   .filters = {{"status", {"ACTIVE"}}, {"campaign_id", {"7", "8"}}}}),
              active);
  };
  expect({{EntityKind::line_item, "1"}}, {"1"});
  ASSERT_TRUE(put(kOne, EntityKind::line_item, "1", "{}", terms, 9));
  expect({}, {});
  ASSERT_TRUE(put(kOne, EntityKind::line_item, "1", "{}", {}));
  expect({}, {});
}

TEST_P(EntityContract, AListTakesManyValuesIdsAndEitherOfSeveral) {
  std::vector<std::string> many;
  for (int i = 0; i < 40'000; ++i) many.push_back(fmt::format("c{}", i));
  ASSERT_TRUE(put(kOne, EntityKind::ad, "1", "{}", {{"campaign_id", "c39999", {}}}));
  ASSERT_TRUE(put(kOne, EntityKind::ad, "2", "{}", {{"creative_id", "c7", {}}}));
  ASSERT_TRUE(put(kOne, EntityKind::ad, "3", "{}", {{"campaign_id", "\"'\\é", {}}}));
  ASSERT_TRUE(put(kOne, EntityKind::ad, "4", "{}", {{"campaign_id", "c1", {}}}, 9));
  ASSERT_TRUE(put(kTwo, EntityKind::ad, "5", "{}", {{"campaign_id", "c1", {}}}));
  ASSERT_TRUE(put(kOne, EntityKind::creative, "1", "{}", {{"campaign_id", "c1", {}}}));
  using Filter = EntityQuery::Filter;
  const auto listed = [&](std::vector<Filter> all, std::vector<Filter> either) {
    return ids({.tenant_id = kOne,
                .kind = EntityKind::ad,
                .filters = std::move(all),
                .any_of = std::move(either)});
  };
  EXPECT_EQ(listed({{"campaign_id", many}}, {}), Ids{"1"});
  EXPECT_EQ(listed({}, {{"campaign_id", many}, {"creative_id", {"c7"}}}), (Ids{"1", "2"}));
  EXPECT_EQ(listed({}, {{"campaign_id", {}}, {"creative_id", many}}), Ids{"2"});
  EXPECT_EQ(listed({}, {{"campaign_id", {}}, {"creative_id", {}}}), Ids{});
  EXPECT_EQ(listed({{"creative_id", many}}, {{"campaign_id", many}}), Ids{});
  EXPECT_EQ(listed({{"campaign_id", {}}}, {}), Ids{});
  EXPECT_EQ(listed({{"id", {"3", "2", "4"}}}, {}), (Ids{"2", "3"}));
  EXPECT_EQ(listed({{"id", many}}, {}), Ids{});
  many.emplace_back("\"'\\é");
  EXPECT_EQ(listed({{"campaign_id", many}, {"id", {"3"}}}, {}), Ids{"3"});
}

TEST_P(EntityContract, IdsAreTheTenantsNextDecimals) {
  ASSERT_TRUE(put(kOne, EntityKind::campaign, "2", "{}"));
  ASSERT_TRUE(put(kOne, EntityKind::campaign, "3", "{}", {}, 8));  // deleted, and still taken
  const auto next = [&](const std::string& tenant, EntityKind kind) {
    std::string id;
    EXPECT_TRUE(store().transact(tenant, [&](EntityTransaction& tx) -> Result<void> {
      auto got = tx.next_id(kind);
      if (!got) return got.error();
      id = *got;
      return {};
    }));
    return id;
  };
  EXPECT_EQ(next(kOne, EntityKind::campaign), "1");
  EXPECT_EQ(next(kOne, EntityKind::campaign), "4");
  reopen();
  EXPECT_EQ(next(kOne, EntityKind::line_item), "5");
  EXPECT_EQ(next(kTwo, EntityKind::campaign), "1");
}

TEST_P(EntityContract, ATenantIsAnObjectOfItsOwn) {
  const auto found = store().find(kOne, EntityKind::tenant, kOne);
  ASSERT_TRUE(found && *found);
  EXPECT_NE((*found)->body.find("Europe/Berlin"), std::string::npos);
  ASSERT_TRUE(put(kOne, EntityKind::tenant, kOne, (*found)->body, {}, 7));
  EXPECT_EQ(*catalog_->tenant(kOne), std::nullopt);
  EXPECT_EQ(catalog_->tenants()->size(), 1U);
  const auto refused = catalog_->put_tenant(sample_tenant(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
}

TEST_P(EntityContract, AnAnswerIsKeptForItsOwnerUntilItIsOld) {
  const auto keep = [&](const KeptAnswer& answer, TimeUs forget_before_us) {
    return store().transact(
        kOne, [&](EntityTransaction& tx) { return tx.keep_answer(answer, forget_before_us); });
  };
  const auto kept = [&](const std::string& owner, const std::string& key) {
    std::optional<KeptAnswer> found;
    EXPECT_TRUE(store().transact(kTwo, [&](EntityTransaction& tx) -> Result<void> {
      auto got = tx.kept_answer(owner, "POST /x", key);
      if (!got) return got.error();
      found = *got;
      return {};
    }));
    return found;
  };
  const KeptAnswer answer{.owner = "key 1",
                          .route = "POST /x",
                          .idempotency_key = "a",
                          .fingerprint = "f",
                          .status = 201,
                          .location = "/x/1",
                          .etag = "1",
                          .body = "{}",
                          .created_us = 10};
  ASSERT_TRUE(keep(answer, 0));
  const auto again = keep(answer, 0);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
  reopen();
  EXPECT_EQ(kept("key 1", "a"), answer);
  EXPECT_EQ(kept("key 2", "a"), std::nullopt);
  EXPECT_EQ(kept("key 1", "b"), std::nullopt);
  KeptAnswer later = answer;
  later.idempotency_key = "b";
  later.created_us = 20;
  ASSERT_TRUE(keep(later, 11));
  EXPECT_EQ(kept("key 1", "a"), std::nullopt);
  EXPECT_EQ(kept("key 1", "b"), later);
}

TEST_P(EntityContract, ASecretIsMadeOnceAndStays) {
  const auto one = catalog_->secret("one");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->size(), 64U);
  EXPECT_NE(*catalog_->secret("two"), *one);
  reopen();
  EXPECT_EQ(*catalog_->secret("one"), *one);
}

// Against a map, with a follower that only reads changes.
TEST_P(EntityContract, BehavesAsAMapAndTellsEveryChange) {
  const char* given = std::getenv("ADBACUS_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : secure_random_u64();
  SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
  Rng rng(seed);
  using Key = std::pair<std::string, std::string>;
  std::map<Key, Entity> model;
  std::map<Key, std::string> colour;
  std::map<Key, Entity> follower;
  std::int64_t seen = 0;
  for (int round = 0; round < 250; ++round) {
    const Key key{rng.below(2) == 0 ? kOne : kTwo, std::to_string(rng.below(12))};
    colour[key] = rng.below(2) == 0 ? "red" : "blue";
    const auto written =
        put(key.first, EntityKind::placement, key.second, fmt::format("{{\"n\":{}}}", round),
            {{"colour", colour[key], {}}}, rng.below(4) == 0 ? round + 1 : 0);
    ASSERT_TRUE(written);
    EXPECT_EQ(written->version, model.count(key) == 0 ? 1 : model[key].version + 1);
    model[key] = *written;
    if (rng.below(40) == 0) reopen();
    if (rng.below(5) != 0) continue;
    const std::size_t limit = 1 + rng.below(5);
    for (;;) {
      const auto changes = store().changes(seen, limit);
      ASSERT_TRUE(changes);
      for (const Entity& entity : *changes) {
        EXPECT_GT(entity.change, seen);
        seen = entity.change;
        if (entity.kind == EntityKind::placement) follower[{entity.tenant_id, entity.id}] = entity;
      }
      if (changes->size() < limit) break;
    }
    EXPECT_EQ(seen, *store().last_change());
    EXPECT_EQ(follower, model);
    for (const std::string& tenant : {kOne, kTwo}) {
      std::vector<Entity> red;
      for (const auto& [at, entity] : model) {
        if (at.first == tenant && entity.deleted_us == 0 && colour[at] == "red") {
          red.push_back(entity);
        }
      }
      std::sort(red.begin(), red.end(),
                [](const Entity& a, const Entity& b) { return a.ordinal < b.ordinal; });
      std::vector<Entity> paged;
      EntityQuery query{.tenant_id = tenant,
                        .kind = EntityKind::placement,
                        .filters = {{"colour", {"red"}}},
                        .limit = limit};
      for (;;) {
        const auto page = store().list(query);
        ASSERT_TRUE(page);
        paged.insert(paged.end(), page->begin(), page->end());
        if (page->size() < limit) break;
        query.after_ordinal = page->back().ordinal;
      }
      EXPECT_EQ(paged, red);
    }
  }
}

TEST_P(EntityContract, ConcurrentWritersLoseNoUpdate) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 15;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int n = 0; n < kRounds; ++n) {
        EXPECT_TRUE(put(kOne, EntityKind::campaign, "shared", "{}"));
        EXPECT_TRUE(store().list({.tenant_id = kOne, .kind = EntityKind::campaign}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ((*store().find(kOne, EntityKind::campaign, "shared"))->version, kThreads * kRounds);
}

}  // namespace adbacus::testing
