#include "catalog/key_administration.hpp"

#include <gtest/gtest.h>

#include "base/testing/sim_clock.hpp"
#include "catalog/api_key.hpp"
#include "catalog/entity_store.hpp"
#include "catalog/registry.hpp"
#include "http/http.hpp"

namespace adbacus {
namespace {

class KeyAdministrationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    CatalogOptions options;
    options.path = ":memory:";
    auto opened = open_catalog(options);
    ASSERT_TRUE(opened);
    catalog_ = *std::move(opened);
    const Tenant tenant{.id = "1", .name = "one"};
    ASSERT_TRUE(catalog_->put_tenant(tenant));
  }
  static KeyRequest request() {
    return {.tenant_id = "1", .name = "shop", .scopes = http::scope_ingest, .origins = {}};
  }
  ApiKey stored(const std::string& id) { return **catalog_->key(id); }

  SimClock clock_{kDayUs};
  std::unique_ptr<Catalog> catalog_;
};

TEST_F(KeyAdministrationTest, StoresTheHashOfTheKeyItReturns) {
  KeyRequest wanted = request();
  wanted.lifetime_us = kHourUs;
  const auto created = KeyAdministration(*catalog_, clock_).create(wanted);
  ASSERT_TRUE(created);
  const auto parts = parse_key(created->text);
  ASSERT_TRUE(parts);
  const ApiKey key = stored(std::string(parts->id));
  EXPECT_EQ(key.secret_hash, hash_to_hex(hash_secret(parts->secret)));
  EXPECT_EQ(key.name, "shop");
  EXPECT_EQ(key.created_us, kDayUs);
  EXPECT_EQ(key.expires_us, kDayUs + kHourUs);
}

TEST_F(KeyAdministrationTest, RefusesWhatTheCatalogRefuses) {
  KeyRequest unknown_tenant = request();
  unknown_tenant.tenant_id = "2";
  KeyRequest reading_public = request();
  reading_public.is_public = true;
  reading_public.origins = {"https://a.example"};
  reading_public.scopes |= http::scope_read;
  KeyAdministration keys(*catalog_, clock_);
  EXPECT_EQ(keys.create(unknown_tenant).error().code, ErrorCode::not_found);
  EXPECT_EQ(keys.create(reading_public).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(catalog_->keys("")->empty());
}

TEST_F(KeyAdministrationTest, TheListedPlacementsAreTheTenantsOwn) {
  ASSERT_TRUE(catalog_->put_tenant({.id = "2", .name = "two"}));
  for (const char* tenant : {"1", "2"}) {
    Entity placement{.kind = EntityKind::placement,
                     .tenant_id = tenant,
                     .id = std::string("of ") + tenant,
                     .version = 1,
                     .body = R"({"key":"top"})"};
    ASSERT_TRUE(catalog_->entities().transact(
        tenant, [&](EntityTransaction& transaction) { return transaction.put(placement, {}); }));
  }
  KeyRequest wanted = request();
  wanted.scopes = http::scope_decide;
  wanted.is_public = true;
  wanted.origins = {"https://a.example"};
  KeyAdministration keys(*catalog_, clock_);
  for (const char* foreign : {"of 2", "nobody", ""}) {
    wanted.placements = {"of 1", foreign};
    EXPECT_EQ(keys.create(wanted).error().code, ErrorCode::invalid_argument) << foreign;
  }
  wanted.placements = {"of 1"};
  const auto made = keys.create(wanted);
  ASSERT_TRUE(made);
  EXPECT_EQ(stored(made->key.id).placements, wanted.placements);
  const auto next = keys.rotate(made->key.id, 0);
  ASSERT_TRUE(next);
  EXPECT_EQ(stored(next->key.id).placements, wanted.placements);
}

TEST_F(KeyAdministrationTest, APublicKeyHasOriginsAndNoOtherKeyHas) {
  KeyAdministration keys(*catalog_, clock_);
  KeyRequest page = request();
  page.is_public = true;
  EXPECT_EQ(keys.create(page).error().code, ErrorCode::invalid_argument);
  page.origins = {"https://A.example:443", "https://a.example", "http://b.example:8080"};
  const auto made = keys.create(page);
  ASSERT_TRUE(made);
  const std::vector<std::string> stored_as{"https://a.example", "http://b.example:8080"};
  EXPECT_EQ(stored(made->key.id).origins, stored_as);
  const auto rotated = keys.rotate(made->key.id, kHourUs);
  ASSERT_TRUE(rotated);
  EXPECT_EQ(rotated->key.origins, stored_as);
  EXPECT_TRUE(rotated->key.is_public);
  page.origins = {"a.example"};
  EXPECT_EQ(keys.create(page).error().code, ErrorCode::invalid_argument);
  KeyRequest secret = request();
  secret.origins = {"https://a.example"};
  EXPECT_EQ(keys.create(secret).error().code, ErrorCode::invalid_argument);
}

TEST_F(KeyAdministrationTest, RevokesOnceAndKeepsTheFirstTime) {
  KeyAdministration keys(*catalog_, clock_);
  const auto created = keys.create(request());
  ASSERT_TRUE(created);
  clock_.advance(1);
  ASSERT_TRUE(keys.revoke(created->key.id));
  clock_.advance(1);
  ASSERT_TRUE(keys.revoke(created->key.id));
  EXPECT_EQ(stored(created->key.id).revoked_us, kDayUs + 1);
  EXPECT_EQ(keys.revoke("adb_absent").error().code, ErrorCode::not_found);
}

TEST_F(KeyAdministrationTest, RotatesWithAnOverlap) {
  KeyAdministration keys(*catalog_, clock_);
  KeyRequest wanted = request();
  wanted.lifetime_us = 30 * kDayUs;
  const auto old = keys.create(wanted);
  ASSERT_TRUE(old);
  clock_.advance(20 * kDayUs);
  const auto next = keys.rotate(old->key.id, kDayUs);
  ASSERT_TRUE(next);
  EXPECT_NE(next->key.id, old->key.id);
  EXPECT_EQ(stored(next->key.id).scopes, old->key.scopes);
  EXPECT_EQ(stored(next->key.id).name, "shop");
  EXPECT_EQ(stored(next->key.id).expires_us, clock_.wall_us() + 30 * kDayUs);
  EXPECT_EQ(stored(old->key.id).expires_us, clock_.wall_us() + kDayUs);
  EXPECT_EQ(stored(old->key.id).revoked_us, 0);
}

TEST_F(KeyAdministrationTest, AnOverlapNeverProlongsTheOldKey) {
  KeyAdministration keys(*catalog_, clock_);
  KeyRequest wanted = request();
  wanted.lifetime_us = kHourUs;
  const auto old = keys.create(wanted);
  ASSERT_TRUE(old && keys.rotate(old->key.id, kDayUs));
  EXPECT_EQ(stored(old->key.id).expires_us, kDayUs + kHourUs);
}

TEST_F(KeyAdministrationTest, RotatingWithoutOverlapRevokes) {
  KeyAdministration keys(*catalog_, clock_);
  const auto old = keys.create(request());
  ASSERT_TRUE(old && keys.rotate(old->key.id, 0));
  EXPECT_EQ(stored(old->key.id).revoked_us, clock_.wall_us());
  EXPECT_EQ(keys.rotate(old->key.id, 0).error().code, ErrorCode::conflict);
}

TEST_F(KeyAdministrationTest, TheLastOwnersKeyIsNotRevoked) {
  KeyAdministration keys(*catalog_, clock_);
  KeyRequest wanted = request();
  wanted.scopes = http::scope_own | http::scope_admin;
  const auto one = keys.create(wanted);
  const auto other = keys.create(wanted);
  ASSERT_TRUE(one && other && keys.create(request()));
  EXPECT_TRUE(keys.revoke(one->key.id, OwnerRule::one_stays));
  EXPECT_EQ(keys.revoke(other->key.id, OwnerRule::one_stays).error().code, ErrorCode::conflict);
  EXPECT_EQ(stored(other->key.id).revoked_us, 0);
  const auto next = keys.rotate(other->key.id, 0);
  ASSERT_TRUE(next);
  EXPECT_EQ(keys.revoke(next->key.id, OwnerRule::one_stays).error().code, ErrorCode::conflict);
  EXPECT_TRUE(keys.revoke(next->key.id, OwnerRule::any));
}

TEST_F(KeyAdministrationTest, AChangeThatCannotBeNotedIsNotMade) {
  std::vector<std::string> told;
  bool works = true;
  KeyAdministration keys(*catalog_, clock_,
                         [&](EntityTransaction&, const char* action, const ApiKey& key) {
                           told.push_back(action + (" " + key.id));
                           return works ? Result<void>() : Error{ErrorCode::corrupt, "no audit"};
                         });
  const auto made = keys.create(request());
  ASSERT_TRUE(made);
  EXPECT_EQ(told, std::vector<std::string>{"create " + made->key.id});
  works = false;
  EXPECT_EQ(keys.create(request()).error().code, ErrorCode::corrupt);
  EXPECT_EQ(keys.rotate(made->key.id, 0).error().code, ErrorCode::corrupt);
  EXPECT_EQ(keys.revoke(made->key.id).error().code, ErrorCode::corrupt);
  EXPECT_EQ(catalog_->keys("")->size(), 1U);
  EXPECT_EQ(stored(made->key.id).revoked_us, 0);
}

TEST_F(KeyAdministrationTest, RefusesToRotateAnExpiredKey) {
  KeyAdministration keys(*catalog_, clock_);
  KeyRequest wanted = request();
  wanted.lifetime_us = kHourUs;
  const auto old = keys.create(wanted);
  ASSERT_TRUE(old);
  clock_.advance(kHourUs);
  EXPECT_EQ(keys.rotate(old->key.id, 0).error().code, ErrorCode::conflict);
}

}  // namespace
}  // namespace adbacus
