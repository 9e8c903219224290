#include "catalog/entity_writer.hpp"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>

#include "base/rng.hpp"
#include "catalog/registry.hpp"
#include "catalog/scope_names.hpp"

namespace adbacus {
namespace {

class EntityWriterTest : public ::testing::Test {
 protected:
  EntityWriterTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "writer_test.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    CatalogOptions options;
    options.path = folder_ + "/catalog.sqlite";
    catalog_ = *open_catalog(options);
    EXPECT_TRUE(catalog_->put_tenant({.id = "1", .name = "one"}));
    EXPECT_TRUE(catalog_->put_tenant({.id = "2", .name = "two"}));
  }
  ~EntityWriterTest() override {
    catalog_.reset();
    std::filesystem::remove_all(folder_);
  }
  EntityWriterTest(const EntityWriterTest&) = delete;
  EntityWriterTest& operator=(const EntityWriterTest&) = delete;

  ChangeOutcome apply(EntityChange change, const std::string& body, const std::string& tenant) {
    const auto node = body.empty() ? Result<JsonNode>(JsonNode()) : parse_json(body);
    EXPECT_TRUE(node) << body;
    if (!body.empty()) change.body = &*node;
    ChangeOutcome outcome;
    const auto done = catalog_->entities().transact(tenant, [&](EntityTransaction& transaction) {
      auto applied =
          EntityWriter(transaction, tenant, ++now_us_, {"adb_writer", "r", scopes_}).apply(change);
      if (!applied) return Result<void>(applied.error());
      outcome = *std::move(applied);
      return Result<void>();
    });
    EXPECT_TRUE(done) << (done ? "" : done.error().message);
    return outcome;
  }
  ChangeOutcome create(EntityKind kind, const std::string& body, const std::string& tenant = "1") {
    return apply({.verb = ChangeVerb::create, .kind = kind}, body, tenant);
  }
  // The id of what was made, or the refusal's problems.
  static std::string said(const ChangeOutcome& outcome) {
    if (const auto* done = std::get_if<ChangeDone>(&outcome)) {
      return fmt::format("{} v{}{}", done->after.id, done->after.version,
                         done->has_changed ? "" : " same");
    }
    const auto& refusal = std::get<Refusal>(outcome);
    std::string text = fmt::format("refused {}", static_cast<int>(refusal.reason));
    for (const auto& item : refusal.problems) text += " " + item.pointer + " " + item.code;
    return text;
  }
  static std::string refused(RefusalReason reason, const std::string& more = "") {
    return fmt::format("refused {}{}", static_cast<int>(reason), more.empty() ? "" : " " + more);
  }

  std::string folder_;
  std::unique_ptr<Catalog> catalog_;
  TimeUs now_us_ = 1'000;
  std::uint32_t scopes_ = role_scopes(Role::owner);
};

constexpr const char* kItem = R"({"campaign_id":1,"placement_id":2,"bid_cents":5})";

TEST_F(EntityWriterTest, AChainOfObjectsHangsTogether) {
  EXPECT_EQ(said(create(EntityKind::campaign, R"({"name":"c"})")), "1 v1");
  EXPECT_EQ(said(create(EntityKind::placement, R"({"key":"top"})")), "2 v1");
  EXPECT_EQ(said(create(EntityKind::line_item, kItem)), "3 v1");
  EXPECT_EQ(said(create(EntityKind::creative,
                        R"({"line_item_id":"3","landing_url":"https://a.example/"})")),
            "4 v1");
  EXPECT_EQ(said(create(EntityKind::ad, R"({"id":"ad 1","campaign_id":1,"creative_id":4})")),
            "ad 1 v1");
  EXPECT_EQ(said(create(EntityKind::campaign, R"({"id":77,"name":"other"})")), "77 v1");
  EXPECT_EQ(said(create(EntityKind::ad, R"({"campaign_id":77,"creative_id":4})")),
            refused(RefusalReason::invalid, "/campaign_id contradiction"));
  EXPECT_EQ(said(create(EntityKind::attribution_rule, R"({"campaign_id":77,"line_item_id":3})")),
            refused(RefusalReason::invalid, "/campaign_id contradiction"));
  EXPECT_EQ(
      said(apply({.verb = ChangeVerb::remove, .kind = EntityKind::campaign, .id = "1"}, "", "1")),
      refused(RefusalReason::in_use));
  for (const auto& [kind, id] : {std::pair{EntityKind::ad, "ad 1"},
                                 {EntityKind::creative, "4"},
                                 {EntityKind::line_item, "3"},
                                 {EntityKind::campaign, "1"}}) {
    EXPECT_EQ(said(apply({.verb = ChangeVerb::remove, .kind = kind, .id = id}, "", "1")),
              fmt::format("{} v2", id));
  }
  EXPECT_EQ(said(create(EntityKind::line_item, kItem)),
            refused(RefusalReason::reference_not_found, "/campaign_id not_found"));
}

TEST_F(EntityWriterTest, WhatBelongsToAnotherTenantDoesNotExist) {
  EXPECT_EQ(said(create(EntityKind::campaign, R"({"id":1,"name":"c"})", "2")), "1 v1");
  EXPECT_EQ(said(create(EntityKind::placement, R"({"id":2,"key":"top"})", "2")), "2 v1");
  EXPECT_EQ(said(create(EntityKind::line_item, kItem, "1")),
            refused(RefusalReason::reference_not_found,
                    "/campaign_id not_found /placement_id not_found"));
  EXPECT_EQ(said(create(EntityKind::campaign, R"({"name":"c","tenant_id":2})")),
            refused(RefusalReason::tenant_mismatch));
  EXPECT_EQ(said(create(EntityKind::campaign, R"({"name":"c","tenant_id":1})")), "1 v1");
  EXPECT_EQ(said(create(EntityKind::placement, R"({"key":"top"})")), "2 v1")
      << "unique within its tenant only";
  EXPECT_EQ(
      said(apply({.verb = ChangeVerb::remove, .kind = EntityKind::line_item, .id = "9"}, "", "1")),
      refused(RefusalReason::not_found));
}

TEST_F(EntityWriterTest, IdsAndKeysAreUniqueForGood) {
  EXPECT_EQ(said(create(EntityKind::placement, R"({"id":"a","key":"top"})")), "a v1");
  EXPECT_EQ(said(create(EntityKind::placement, R"({"id":"a","key":"b"})")),
            refused(RefusalReason::id_taken, "/id id_taken"));
  EXPECT_EQ(said(create(EntityKind::placement, R"({"key":"top"})")),
            refused(RefusalReason::not_unique, "/key not_unique"));
  EXPECT_EQ(said(apply({.verb = ChangeVerb::replace, .kind = EntityKind::placement, .id = "a"},
                       R"({"key":"top","name":"n"})", "1")),
            "a v2");
  EXPECT_EQ(
      said(apply({.verb = ChangeVerb::remove, .kind = EntityKind::placement, .id = "a"}, "", "1")),
      "a v3");
  EXPECT_EQ(said(create(EntityKind::placement, R"({"id":"a","key":"b"})")),
            refused(RefusalReason::id_taken, "/id id_taken"));
  EXPECT_EQ(said(create(EntityKind::placement, R"({"key":"top"})")), "1 v1");
  EXPECT_EQ(said(create(EntityKind::placement, R"({"id":"bulk","key":"c"})")),
            refused(RefusalReason::invalid, "/id invalid_value"));
  EXPECT_EQ(said(create(EntityKind::placement, R"({"id":-1,"key":"c"})")),
            refused(RefusalReason::invalid, "/id invalid_value"));
}

TEST_F(EntityWriterTest, AChangeNeedsTheVersionItExpectsAndALegalStatus) {
  EXPECT_EQ(said(create(EntityKind::campaign, R"({"name":"c","status":"ACTIVE"})")), "1 v1");
  EntityChange change{.verb = ChangeVerb::merge, .kind = EntityKind::campaign, .id = "1"};
  change.expected_version = 2;
  EXPECT_EQ(said(apply(change, R"({"name":"d"})", "1")), refused(RefusalReason::version_differs));
  change.expected_version = 1;
  EXPECT_EQ(said(apply(change, R"({"name":"d"})", "1")), "1 v2");
  change.expected_version.reset();
  EXPECT_EQ(said(apply(change, R"({"name":"d"})", "1")), "1 v2 same");
  EXPECT_EQ(said(apply(change, R"({"status":"DRAFT"})", "1")),
            refused(RefusalReason::invalid_transition, "/status invalid_transition"));
  EXPECT_EQ(said(apply(change, R"({"status":"ENDED"})", "1")), "1 v3");
  EXPECT_EQ(said(apply(change, R"({"status":"ACTIVE"})", "1")),
            refused(RefusalReason::invalid_transition, "/status invalid_transition"));
  EXPECT_EQ(said(apply(change, R"({"id":2})", "1")),
            refused(RefusalReason::invalid, "/id read_only"));
  EXPECT_EQ(said(apply(change, R"({"spent":2})", "1")),
            refused(RefusalReason::invalid, "/spent unknown_field"));
  change.id = "5";
  EXPECT_EQ(said(apply(change, R"({"name":"d"})", "1")), refused(RefusalReason::not_found));
}

TEST_F(EntityWriterTest, UpsertMakesOrReplaces) {
  EntityChange change{.verb = ChangeVerb::upsert, .kind = EntityKind::advertiser};
  EXPECT_EQ(said(apply(change, R"({"id":"x","name":"a"})", "1")), "x v1");
  EXPECT_EQ(said(apply(change, R"({"id":"x","domain":"A.example"})", "1")), "x v2");
  EXPECT_EQ((*catalog_->entities().find("1", EntityKind::advertiser, "x"))->body,
            R"({"name":null,"domain":"a.example","categories":[],"caps":[]})");
  EXPECT_EQ(said(apply(change, R"({"name":"a"})", "1")), "1 v1");
}

TEST_F(EntityWriterTest, AnExperimentHoldsWhatItExchanges) {
  constexpr const char* kExperiment =
      R"({"level":"campaign","variants":[{"key":"a"},{"key":"b","target":"1"}]})";
  EXPECT_EQ(said(create(EntityKind::experiment, kExperiment)),
            refused(RefusalReason::reference_not_found, "/variants/1/target not_found"));
  EXPECT_EQ(said(create(EntityKind::campaign, R"({"id":1,"name":"c"})")), "1 v1");
  EXPECT_EQ(said(create(EntityKind::experiment, R"({"id":"e",)" + std::string(kExperiment + 1))),
            "e v1");
  EXPECT_EQ(
      said(apply({.verb = ChangeVerb::remove, .kind = EntityKind::campaign, .id = "1"}, "", "1")),
      refused(RefusalReason::in_use));
}

TEST_F(EntityWriterTest, EveryChangeIsAuditedAndNothingElse) {
  EXPECT_EQ(said(create(EntityKind::campaign, R"({"name":"c"})")), "1 v1");
  create(EntityKind::campaign, R"({"name":5})");
  EntityChange change{.verb = ChangeVerb::merge, .kind = EntityKind::campaign, .id = "1"};
  apply(change, R"({"name":"d"})", "1");
  apply(change, R"({"name":"d"})", "1");
  change.verb = ChangeVerb::remove;
  apply(change, "", "1");
  const auto entries = catalog_->entities().audit().read("1", 0, 100);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 3U);
  const char* const actions[] = {"create", "update", "delete"};
  for (std::size_t i = 0; i < 3; ++i) {
    const AuditEntry& entry = (*entries)[i];
    EXPECT_EQ(entry.action, actions[i]);
    EXPECT_EQ(entry.actor, "adb_writer");
    EXPECT_EQ(entry.kind + " " + entry.object_id, "campaign 1");
    EXPECT_EQ(entry.before, i == 0 ? "" : (*entries)[i - 1].after);
    EXPECT_EQ(entry.after.empty(), i == 2);
  }
  EXPECT_TRUE(catalog_->entities().audit().read("2", 0, 100)->empty());
}

// Whatever is tried, every living object refers to living objects of its own tenant.
TEST_F(EntityWriterTest, NoReferenceEverDangles) {
  const char* given = std::getenv("ADBACUS_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : secure_random_u64();
  SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
  Rng rng(seed);
  const auto pick = [&] { return std::to_string(1 + rng.below(4)); };
  int done = 0;
  for (int round = 0; round < 400; ++round) {
    const std::string tenant = pick() < "3" ? "1" : "2";
    const EntityKind kind = rng.below(2) == 0 ? EntityKind::campaign : EntityKind::line_item;
    std::string id = std::to_string(1 + rng.below(60));
    std::string body = kind == EntityKind::campaign
                           ? R"({"name":"c"})"
                           : fmt::format(R"({{"campaign_id":{},"placement_id":1,"bid_cents":{}}})",
                                         1 + rng.below(60), rng.below(5));
    ChangeOutcome outcome;
    if (round < 2) {
      outcome = create(EntityKind::placement, R"({"id":1,"key":"p"})", round == 0 ? "1" : "2");
    } else if (rng.below(4) == 0) {
      outcome = apply({.verb = ChangeVerb::remove, .kind = kind, .id = id}, "", tenant);
    } else {
      body.insert(1, fmt::format("\"id\":{},", id));
      outcome = apply({.verb = ChangeVerb::upsert, .kind = kind}, body, tenant);
    }
    done += std::holds_alternative<ChangeDone>(outcome) ? 1 : 0;
  }
  EXPECT_GT(done, 40);
  for (const std::string tenant : {"1", "2"}) {
    const auto items = catalog_->entities().list(
        {.tenant_id = tenant, .kind = EntityKind::line_item, .limit = 1'000});
    ASSERT_TRUE(items);
    for (const Entity& item : *items) {
      const auto node = parse_json(item.body);
      ASSERT_TRUE(node);
      EXPECT_TRUE(*catalog_->entities().find(tenant, EntityKind::campaign,
                                             node->member("campaign_id")->text))
          << item.body;
    }
  }
}

TEST_F(EntityWriterTest, NobodyGivesMoreThanHeHasNorTouchesWhoHasMore) {
  constexpr Role kRoles[] = {Role::owner, Role::admin, Role::analyst, Role::viewer, Role::sender};
  constexpr const char* kNames[] = {"owner", "admin", "analyst", "viewer", "sender"};
  const auto may = [](Role giver, Role given) {
    return (role_scopes(given) & ~role_scopes(giver)) == 0;
  };
  EXPECT_FALSE(may(Role::admin, Role::owner));
  EXPECT_TRUE(may(Role::admin, Role::admin));
  EXPECT_FALSE(may(Role::viewer, Role::analyst));
  for (std::size_t giver = 0; giver < 5; ++giver) {
    for (std::size_t given = 0; given < 5; ++given) {
      const std::string id = fmt::format("{}-{}", kNames[giver], kNames[given]);
      const bool is_allowed = may(kRoles[giver], kRoles[given]);
      scopes_ = role_scopes(kRoles[giver]);
      const std::string body =
          fmt::format(R"({{"id":"{}","email":"{}@x.example","role":"{}"}})", id, id, kNames[given]);
      const std::string refused = fmt::format("refused {} /role missing_scope",
                                              static_cast<int>(RefusalReason::exceeds_author));
      EXPECT_EQ(said(create(EntityKind::user, body)), is_allowed ? id + " v1" : refused);
      scopes_ = role_scopes(Role::owner);
      if (!is_allowed) create(EntityKind::user, body);
      // Everything about somebody with a greater role is out of reach, and so is becoming one.
      scopes_ = role_scopes(kRoles[giver]);
      const EntityChange rename{.verb = ChangeVerb::merge, .kind = EntityKind::user, .id = id};
      EXPECT_EQ(said(apply(rename, R"({"name":"n"})", "1")), is_allowed ? id + " v2" : refused);
      EXPECT_EQ(said(apply(rename, R"({"role":"owner"})", "1")),
                kRoles[giver] != Role::owner   ? refused
                : kRoles[given] == Role::owner ? id + " v2 same"
                                               : id + " v3");
      if (kRoles[giver] == Role::owner) continue;
      const EntityChange removal{.verb = ChangeVerb::remove, .kind = EntityKind::user, .id = id};
      EXPECT_EQ(said(apply(removal, "", "1")), is_allowed ? id + " v3" : refused);
    }
  }
}

TEST_F(EntityWriterTest, TheLastOwnerStays) {
  const auto put_key = [&](TimeUs revoked_us, TimeUs expires_us) {
    return catalog_->put_key({.id = "adb_owner",
                              .tenant_id = "1",
                              .name = "owner",
                              .secret_hash = std::string(64, 'a'),
                              .scopes = all_scopes(),
                              .origins = {},
                              .created_us = 1,
                              .expires_us = expires_us,
                              .revoked_us = revoked_us});
  };
  ASSERT_TRUE(put_key(0, 0));
  const auto user = [&](const std::string& id, const std::string& more) {
    return said(create(EntityKind::user,
                       fmt::format(R"({{"id":"{}","email":"{}@x.example"{}}})", id, id, more)));
  };
  const std::string last = refused(RefusalReason::last_owner);
  const auto change = [&](const std::string& id, const std::string& body) {
    return said(apply({.verb = body.empty() ? ChangeVerb::remove : ChangeVerb::merge,
                       .kind = EntityKind::user,
                       .id = id},
                      body, "1"));
  };
  EXPECT_EQ(user("a", R"(,"role":"owner")"), "a v1");
  EXPECT_EQ(user("paused", R"(,"role":"owner","status":"PAUSED")"), "paused v1");
  EXPECT_EQ(user("admin", R"(,"role":"admin")"), "admin v1");
  EXPECT_EQ(change("a", R"({"status":"PAUSED"})"), "a v2") << "the key is an owner's";
  EXPECT_EQ(change("a", R"({"status":"ACTIVE"})"), "a v3");
  ASSERT_TRUE(put_key(0, 1'000)) << "it has expired";
  for (const char* body : {R"({"status":"PAUSED"})", R"({"role":"admin"})", ""}) {
    EXPECT_EQ(change("a", body), last) << body;
  }
  ASSERT_EQ(said(create(EntityKind::advertiser, R"({"id":"7","name":"n"})")), "7 v1");
  EXPECT_EQ(change("a", R"({"advertiser_id":"7"})"), last);
  EXPECT_EQ(change("a", R"({"name":"n"})"), "a v4");
  EXPECT_EQ(change("admin", ""), "admin v2");
  EXPECT_EQ(user("b", R"(,"role":"owner")"), "b v1");
  EXPECT_EQ(change("a", ""), "a v5");
  EXPECT_EQ(change("b", ""), last);
}

TEST_F(EntityWriterTest, WhatNamesItsCampaignBelowIsNotLeftBehind) {
  create(EntityKind::campaign, R"({"id":"1","name":"one"})");
  create(EntityKind::campaign, R"({"id":"2","name":"two"})");
  create(EntityKind::placement, R"({"id":"p","key":"top"})");
  for (const char* campaign : {"1", "2"}) {
    create(EntityKind::line_item,
           fmt::format(R"({{"id":"l{0}","campaign_id":"{0}","placement_id":"p","bid_cents":5}})",
                       campaign));
  }
  create(EntityKind::creative,
         R"({"id":"cr","line_item_id":"l1","landing_url":"https://a.example/"})");
  const auto move = [&](EntityKind kind, const std::string& id, const std::string& body) {
    return said(apply({.verb = ChangeVerb::merge, .kind = kind, .id = id}, body, "1"));
  };
  ASSERT_EQ(said(create(EntityKind::ad, R"({"id":"free","creative_id":"cr"})")), "free v1");
  EXPECT_EQ(move(EntityKind::line_item, "l1", R"({"campaign_id":"2"})"), "l1 v2");
  EXPECT_EQ(move(EntityKind::line_item, "l1", R"({"campaign_id":"1"})"), "l1 v3");
  create(EntityKind::ad, R"({"id":"ad","campaign_id":"1","creative_id":"cr"})");
  EXPECT_EQ(move(EntityKind::line_item, "l1", R"({"campaign_id":"2"})"),
            refused(RefusalReason::in_use, "/campaign_id contradiction"));
  EXPECT_EQ(move(EntityKind::creative, "cr", R"({"line_item_id":"l2"})"),
            refused(RefusalReason::in_use, "/line_item_id contradiction"));
  EXPECT_EQ(move(EntityKind::line_item, "l1", R"({"bid_cents":6})"), "l1 v4");
  EXPECT_EQ(move(EntityKind::ad, "ad", R"({"campaign_id":null})"), "ad v2");
  EXPECT_EQ(move(EntityKind::creative, "cr", R"({"line_item_id":"l2"})"), "cr v2");
  create(EntityKind::attribution_rule, R"({"id":"r","campaign_id":"2","line_item_id":"l2"})");
  EXPECT_EQ(move(EntityKind::line_item, "l2", R"({"campaign_id":"1"})"),
            refused(RefusalReason::in_use, "/campaign_id contradiction"));
}

}  // namespace
}  // namespace adbacus
