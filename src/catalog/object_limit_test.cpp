#include "catalog/object_limit.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "catalog/entity_writer.hpp"
#include "catalog/registry.hpp"
#include "catalog/scope_names.hpp"

namespace adbacus {
namespace {

const ObjectLimit kOfAdvertiser{.advertiser_id = "1"};
const ObjectLimit kOfPublisher{.publisher_id = "1"};
const ObjectLimit kOfBoth{.advertiser_id = "1", .publisher_id = "1"};

TEST(ObjectLimit, WhatIsNotSaidIsRefused) {
  std::set<EntityKind> changed;
  std::set<EntityKind> read;
  for (const EntityKind kind : kEntityKinds) {
    for (const ObjectUse use : {ObjectUse::read, ObjectUse::change}) {
      EXPECT_TRUE(limit_allows({}, kind, use));
      EXPECT_FALSE(limit_allows(kOfBoth, kind, use));
      const bool advertiser = limit_allows(kOfAdvertiser, kind, use);
      const bool publisher = limit_allows(kOfPublisher, kind, use);
      EXPECT_EQ(is_for_limited(kind, use), advertiser || publisher);
      EXPECT_FALSE(advertiser && publisher);
      if (advertiser || publisher) (use == ObjectUse::read ? read : changed).insert(kind);
    }
  }
  EXPECT_EQ(changed, (std::set{EntityKind::campaign, EntityKind::line_item, EntityKind::creative,
                               EntityKind::ad}));
  EXPECT_EQ(read, (std::set{EntityKind::campaign, EntityKind::line_item, EntityKind::creative,
                            EntityKind::ad, EntityKind::advertiser, EntityKind::publisher,
                            EntityKind::placement}));
}

class LimitedWriting : public ::testing::Test {
 protected:
  LimitedWriting() {
    CatalogOptions options;
    options.path = ":memory:";
    catalog_ = *open_catalog(options);
    EXPECT_TRUE(catalog_->put_tenant({.id = "1", .name = "one"}));
  }

  EntityStore& store() { return catalog_->entities(); }
  // "done", or the reason of the refusal.
  std::string write(const ObjectLimit& limit, ChangeVerb verb, EntityKind kind,
                    const std::string& id, const std::string& body) {
    const auto node = body.empty() ? Result<JsonNode>(JsonNode()) : parse_json(body);
    EXPECT_TRUE(node) << body;
    EntityChange change{.verb = verb, .kind = kind, .id = id};
    if (!body.empty()) change.body = &*node;
    ChangeOutcome outcome;
    const auto done = store().transact("1", [&](EntityTransaction& transaction) -> Result<void> {
      auto applied =
          EntityWriter(transaction, "1", ++now_us_, {"who", "r", role_scopes(Role::owner), limit})
              .apply(change);
      if (!applied) return applied.error();
      outcome = *std::move(applied);
      return {};
    });
    EXPECT_TRUE(done) << (done ? "" : done.error().message);
    const auto* refusal = std::get_if<Refusal>(&outcome);
    return refusal == nullptr ? "done" : fmt::format("{}", static_cast<int>(refusal->reason));
  }
  std::string owner_makes(EntityKind kind, const std::string& body) {
    return write({}, ChangeVerb::upsert, kind, "", body);
  }
  bool is_mine(const ObjectLimit& limit, const Entity& entity) {
    const auto found = is_within(limit, entity, [&](EntityKind kind, const std::string& id) {
      return store().find("1", kind, id);
    });
    EXPECT_TRUE(found);
    return found && *found;
  }
  std::vector<Entity> all(EntityKind kind, const ObjectLimit& limit) {
    EntityQuery query{.tenant_id = "1", .kind = kind, .limit = 1'000};
    EXPECT_TRUE(narrow(limit, store(), query));
    return *store().list(query);
  }

  std::unique_ptr<Catalog> catalog_;
  TimeUs now_us_ = 1'000;
};

// Whatever somebody limited tries: nothing of others' changes, what he has stays within the limit,
// and lists show just that.
TEST_F(LimitedWriting, LeavesEverythingElseAsItIs) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
  Rng rng(seed);
  const auto id = [&](std::uint64_t count) { return std::to_string(1 + rng.below(count)); };
  for (const char* side : {"1", "2"}) {
    const std::string named = fmt::format(R"({{"id":{},"name":"x"}})", side);
    ASSERT_EQ(owner_makes(EntityKind::advertiser, named), "done");
    ASSERT_EQ(owner_makes(EntityKind::placement, fmt::format(R"({{"id":{0},"key":"k{0}"}})", side)),
              "done");
  }
  const std::map<EntityKind, std::vector<std::string>> fields{
      {EntityKind::campaign, {"advertiser_id"}},
      {EntityKind::line_item, {"campaign_id"}},
      {EntityKind::creative, {"line_item_id"}},
      {EntityKind::ad, {"campaign_id", "creative_id"}}};
  const auto random_body = [&](EntityKind kind, const std::string& own_id) {
    std::string body = fmt::format(R"({{"id":{},"name":"n{}")", own_id, rng.below(1'000));
    for (const std::string& field : fields.at(kind)) {
      if (kind == EntityKind::ad && rng.below(3) == 0) continue;
      body += fmt::format(R"(,"{}":{})", field, id(kind == EntityKind::campaign ? 2 : 8));
    }
    if (kind == EntityKind::line_item) body += R"(,"placement_id":1,"bid_cents":1)";
    if (kind == EntityKind::creative) body += R"(,"landing_url":"https://a.example/")";
    return body + "}";
  };
  const auto others = [&] {
    std::map<std::pair<EntityKind, std::string>, std::int64_t> found;
    for (const EntityKind kind : kEntityKinds) {
      for (const Entity& entity : all(kind, {})) {
        if (!is_mine(kOfAdvertiser, entity)) found[{kind, entity.id}] = entity.version;
      }
    }
    return found;
  };
  std::map<std::string, int> outcomes;
  for (int round = 0; round < 800; ++round) {
    const auto picked = std::next(fields.begin(), static_cast<std::ptrdiff_t>(rng.below(4)));
    const EntityKind kind = picked->first;
    const std::string own_id = id(8);
    const bool is_owner = rng.below(3) == 0;
    const auto before = others();
    const auto verb = static_cast<ChangeVerb>(rng.below(5));
    const bool is_new = verb == ChangeVerb::create || verb == ChangeVerb::upsert;
    const std::string body = verb == ChangeVerb::remove ? "" : random_body(kind, own_id);
    const std::string said =
        write(is_owner ? ObjectLimit() : kOfAdvertiser, verb, kind, is_new ? "" : own_id, body);
    if (is_owner) continue;
    ++outcomes[said];
    ASSERT_EQ(others(), before) << body;
    for (const auto& [each, names] : fields) {
      std::vector<std::string> listed;
      for (const Entity& entity : all(each, kOfAdvertiser)) {
        if (each != EntityKind::ad || is_mine(kOfAdvertiser, entity)) listed.push_back(entity.id);
      }
      std::vector<std::string> mine;
      for (const Entity& entity : all(each, {})) {
        if (is_mine(kOfAdvertiser, entity)) mine.push_back(entity.id);
      }
      ASSERT_EQ(listed, mine) << static_cast<int>(each);
    }
  }
  EXPECT_GT(outcomes["done"], 15);
  EXPECT_GT(outcomes.size(), 3U);
}

}  // namespace
}  // namespace adbacus
