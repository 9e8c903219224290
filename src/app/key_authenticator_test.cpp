#include "app/key_authenticator.hpp"

#include <atomic>
#include <cstdlib>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <thread>

#include "base/testing/sim_clock.hpp"
#include "catalog/api_key.hpp"
#include "catalog/entity_store.hpp"
#include "catalog/key_administration.hpp"

namespace adbacus {
namespace {

Error away() {
  return {ErrorCode::unavailable, "away"};
}

// Of what it could hold only the keys, which are the catalog's.
class FakeEntities final : public EntityStore, public EntityTransaction, public AuditLog {
 public:
  explicit FakeEntities(Catalog& catalog) : catalog_(catalog) {}
  Result<void> transact(const std::string&, const Work& work) override { return work(*this); }
  Result<void> put_key(const ApiKey& key) override { return catalog_.put_key(key); }
  Result<std::vector<ApiKey>> keys() override { return catalog_.keys(""); }
  Result<std::optional<Entity>> find(const std::string&, EntityKind, const std::string&) override {
    return away();
  }
  Result<std::vector<Entity>> list(const EntityQuery&) override { return away(); }
  Result<std::vector<Entity>> changes(std::int64_t, std::size_t) override { return away(); }
  Result<std::int64_t> last_change() override { return away(); }
  AuditLog& audit() override { return *this; }
  Result<std::optional<Entity>> find(EntityKind, const std::string&) override { return away(); }
  Result<std::vector<EntityKey>> with_value(EntityKind, const std::string&, const std::string&,
                                            std::size_t) override {
    return away();
  }
  Result<std::vector<EntityKey>> referring_to(EntityKind, const std::string&,
                                              std::size_t) override {
    return away();
  }
  Result<std::string> next_id(EntityKind) override { return away(); }
  Result<void> put(Entity&, std::span<const EntityTerm>) override { return away(); }
  Result<std::optional<KeptAnswer>> kept_answer(const std::string&, const std::string&,
                                                const std::string&) override {
    return away();
  }
  Result<void> keep_answer(const KeptAnswer&, TimeUs) override { return away(); }
  Result<void> append_audit(AuditEntry&) override { return away(); }
  Result<std::vector<AuditEntry>> newest(const AuditQuery&) override { return away(); }
  Result<std::vector<AuditEntry>> read(const std::string&, std::int64_t, std::size_t) override {
    return away();
  }
  Result<std::vector<AuditHead>> heads() override { return away(); }
  std::vector<AuditHead> written() override { return {}; }

 private:
  Catalog& catalog_;
};

// In memory, and away on demand.
class FakeCatalog final : public Catalog {
 public:
  EntityStore& entities() override { return entities_; }
  SignInStore& sign_ins() override { std::abort(); }
  Result<std::string> secret(const std::string&) override { return away(); }
  Result<void> put_tenant(const Tenant& tenant) override {
    const std::lock_guard lock(mutex_);
    tenants_[tenant.id] = tenant;
    return {};
  }
  Result<std::optional<Tenant>> tenant(const std::string&) override { return away(); }
  Result<std::vector<Tenant>> tenants() override {
    const std::lock_guard lock(mutex_);
    if (is_away_) return away();
    std::vector<Tenant> rows;
    for (const auto& [id, tenant] : tenants_) rows.push_back(tenant);
    return rows;
  }
  Result<void> put_key(const ApiKey& key) override {
    const std::lock_guard lock(mutex_);
    keys_[key.id] = key;
    return {};
  }
  Result<std::optional<ApiKey>> key(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    const auto found = keys_.find(id);
    return found == keys_.end() ? std::optional<ApiKey>() : found->second;
  }
  Result<std::vector<ApiKey>> keys(const std::string&) override {
    const std::lock_guard lock(mutex_);
    if (is_away_) return away();
    ++reads_;
    std::vector<ApiKey> rows;
    for (const auto& [id, key] : keys_) rows.push_back(key);
    return rows;
  }
  Result<void> record_key_use(std::span<const KeyUse> uses) override {
    const std::lock_guard lock(mutex_);
    for (const KeyUse& use : uses) keys_[use.id].last_used_us = use.last_used_us;
    ++use_writes_;
    return {};
  }
  Result<void> deny_token(const DeniedToken&) override { return away(); }
  Result<std::vector<DeniedToken>> denied_tokens(const std::string&) override { return away(); }
  void set_away(bool is_away) {
    const std::lock_guard lock(mutex_);
    is_away_ = is_away;
  }
  int reads() const { return reads_; }
  int use_writes() const { return use_writes_; }

 private:
  std::mutex mutex_;
  std::map<std::string, Tenant> tenants_;
  std::map<std::string, ApiKey> keys_;
  bool is_away_ = false;
  std::atomic<int> reads_{0};
  std::atomic<int> use_writes_{0};
  FakeEntities entities_{*this};
};

class KeyAuthenticatorTest : public ::testing::Test {
 protected:
  KeyAuthenticatorTest() {
    for (const char* id : {"1", "2"}) {
      Tenant tenant;
      tenant.id = id;
      tenant.currency = id[0] == '1' ? "USD" : "EUR";
      EXPECT_TRUE(catalog_.put_tenant(tenant));
    }
  }
  CreatedKey make_key(const std::string& tenant_id, TimeUs lifetime_us = 0) {
    KeyRequest request;
    request.tenant_id = tenant_id;
    request.is_operator = tenant_id.empty();
    request.scopes = http::scope_ingest | http::scope_read;
    request.lifetime_us = lifetime_us;
    return *KeyAdministration(catalog_, clock_).create(request);
  }
  // Reloads by itself only if a test says so.
  std::unique_ptr<KeyAuthenticator> start(int reload_interval_ms = 3'600'000) {
    KeyAuthenticatorOptions options;
    options.reload_interval_ms = reload_interval_ms;
    auto started = KeyAuthenticator::start(catalog_, clock_, options);
    EXPECT_TRUE(started);
    return *std::move(started);
  }
  static std::string refusal(Result<http::Principal> outcome) {
    if (outcome) return "let in";
    return outcome.error().code == ErrorCode::forbidden ? "403" : "401";
  }
  static bool eventually(const std::function<bool()>& condition) {
    const TimeUs give_up_us = system_clock().mono_us() + 30 * kSecondUs;
    while (!condition()) {
      if (system_clock().mono_us() > give_up_us) return false;
      std::this_thread::yield();
    }
    return true;
  }

  SimClock clock_{kDayUs};
  FakeCatalog catalog_;
};

TEST_F(KeyAuthenticatorTest, TheKeyDecidesTenantAndScopes) {
  const CreatedKey key = make_key("1");
  const auto authenticator = start();
  const auto principal = authenticator->authenticate(key.text, "");
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->tenant, "1");
  EXPECT_EQ(principal->key_id, key.key.id);
  EXPECT_EQ(principal->scopes, http::scope_ingest | http::scope_read | http::scope_export);
  EXPECT_FALSE(principal->is_operator);
}

TEST_F(KeyAuthenticatorTest, APublicKeyCarriesItsOriginsAndMayIngestAtMost) {
  KeyRequest request;
  request.tenant_id = "1";
  request.scopes = http::scope_ingest;
  request.is_public = true;
  request.origins = {"https://a.example"};
  const CreatedKey key = *KeyAdministration(catalog_, clock_).create(request);
  ApiKey widened = key.key;  // behind the catalog's back
  widened.scopes |= http::scope_read | http::scope_admin;
  ASSERT_TRUE(catalog_.put_key(widened));
  const CreatedKey secret = make_key("1");
  const auto authenticator = start();
  const auto principal = authenticator->authenticate(key.text, "");
  ASSERT_TRUE(principal);
  EXPECT_TRUE(principal->is_public);
  EXPECT_EQ(principal->scopes, http::scope_ingest);
  ASSERT_NE(principal->origins, nullptr);
  EXPECT_EQ(*principal->origins, request.origins);
  EXPECT_EQ(authenticator->authenticate(secret.text, "")->origins, nullptr);
}

TEST_F(KeyAuthenticatorTest, APublicKeyThatDecidesCarriesItsPlacementsAndNoOtherRight) {
  const auto stored = [&](std::uint32_t scopes, std::vector<std::string> placements) {
    NewKey made = generate_key();
    ApiKey key{.id = made.id,
               .tenant_id = "1",
               .name = "",
               .secret_hash = made.secret_hash,
               .scopes = scopes,
               .is_public = true,
               .origins = {"https://a.example"},
               .placements = std::move(placements)};
    EXPECT_TRUE(catalog_.put_key(key));
    return made.text;
  };
  const std::string some = stored(http::scope_decide, {"p1", "p2"});
  const std::string all = stored(http::scope_decide, {});
  const std::string both = stored(http::scope_decide | http::scope_ingest, {});
  const auto authenticator = start();
  const auto principal = authenticator->authenticate(some, "");
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->scopes, http::scope_decide);
  ASSERT_NE(principal->placements, nullptr);
  EXPECT_EQ(*principal->placements, (std::vector<std::string>{"p1", "p2"}));
  EXPECT_EQ(authenticator->authenticate(all, "")->placements, nullptr);
  EXPECT_EQ(authenticator->authenticate(both, "")->scopes, http::scope_ingest);
}

TEST_F(KeyAuthenticatorTest, RefusesWhatIsNoKeyOfOurs) {
  const CreatedKey key = make_key("1");
  const auto authenticator = start();
  std::string wrong_secret = key.text;
  wrong_secret.back() = wrong_secret.back() == 'A' ? 'E' : 'A';
  for (const std::string& text :
       {std::string(), std::string("x"), wrong_secret, generate_key().text, key.key.id,
        key.key.id + "." + key.key.secret_hash}) {
    EXPECT_EQ(refusal(authenticator->authenticate(text, "")), "401") << text;
  }
  // An unknown key and a wrong secret get the same answer.
  EXPECT_EQ(authenticator->authenticate(wrong_secret, "").error().message,
            authenticator->authenticate(generate_key().text, "").error().message);
}

TEST_F(KeyAuthenticatorTest, AKeyEndsWhenItExpires) {
  const CreatedKey key = make_key("1", kHourUs);
  const auto authenticator = start();
  EXPECT_TRUE(authenticator->authenticate(key.text, ""));
  clock_.advance(kHourUs - 1);
  EXPECT_TRUE(authenticator->authenticate(key.text, ""));
  clock_.advance(1);
  EXPECT_EQ(refusal(authenticator->authenticate(key.text, "")), "401");
}

TEST_F(KeyAuthenticatorTest, ARevocationActsAfterAReload) {
  const CreatedKey key = make_key("1");
  const auto authenticator = start();
  ASSERT_TRUE(KeyAdministration(catalog_, clock_).revoke(key.key.id));
  EXPECT_TRUE(authenticator->authenticate(key.text, ""));
  ASSERT_TRUE(authenticator->reload());
  EXPECT_EQ(refusal(authenticator->authenticate(key.text, "")), "401");
}

TEST_F(KeyAuthenticatorTest, ReloadsByItself) {
  const CreatedKey key = make_key("1");
  const auto authenticator = start(1);
  ASSERT_TRUE(KeyAdministration(catalog_, clock_).revoke(key.key.id));
  EXPECT_TRUE(eventually([&] { return !authenticator->authenticate(key.text, ""); }));
}

TEST_F(KeyAuthenticatorTest, ATenantHeaderMustNameTheKeysOwnTenant) {
  const CreatedKey key = make_key("1");
  const auto authenticator = start();
  EXPECT_TRUE(authenticator->authenticate(key.text, "1"));
  EXPECT_EQ(refusal(authenticator->authenticate(key.text, "2")), "403");
  EXPECT_EQ(refusal(authenticator->authenticate(key.text, "3")), "403");
  // Whether another tenant exists cannot be told from the answer.
  EXPECT_EQ(authenticator->authenticate(key.text, "2").error().message,
            authenticator->authenticate(key.text, "3").error().message);
}

TEST_F(KeyAuthenticatorTest, AnOperatorNamesTheTenant) {
  const CreatedKey key = make_key("");
  const auto authenticator = start();
  EXPECT_EQ(authenticator->authenticate(key.text, "")->tenant, "");
  const auto principal = authenticator->authenticate(key.text, "2");
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->tenant, "2");
  EXPECT_TRUE(principal->is_operator);
  EXPECT_EQ(refusal(authenticator->authenticate(key.text, "3")), "403");
}

TEST_F(KeyAuthenticatorTest, FindsTenantsOfTheLastReload) {
  const auto authenticator = start();
  ASSERT_TRUE(authenticator->find("2"));
  EXPECT_EQ(authenticator->find("2")->currency, "EUR");
  EXPECT_FALSE(authenticator->find("3"));
  Tenant third;
  third.id = "3";
  ASSERT_TRUE(catalog_.put_tenant(third));
  EXPECT_FALSE(authenticator->find("3"));
  ASSERT_TRUE(authenticator->reload());
  EXPECT_TRUE(authenticator->find("3"));
}

TEST_F(KeyAuthenticatorTest, GoesOnWithTheLastCopyWhileTheCatalogIsAway) {
  const CreatedKey key = make_key("1");
  const auto authenticator = start();
  catalog_.set_away(true);
  EXPECT_FALSE(authenticator->reload());
  EXPECT_TRUE(authenticator->authenticate(key.text, ""));
  EXPECT_TRUE(authenticator->find("1"));
}

TEST_F(KeyAuthenticatorTest, DoesNotStartWithoutACatalog) {
  catalog_.set_away(true);
  EXPECT_FALSE(KeyAuthenticator::start(catalog_, clock_, {}));
}

TEST_F(KeyAuthenticatorTest, WritesTheLastUseOnceAndOnlyOfUsedKeys) {
  const CreatedKey used = make_key("1");
  const CreatedKey idle = make_key("1");
  const auto authenticator = start();
  ASSERT_TRUE(authenticator->write_uses());
  EXPECT_EQ(catalog_.use_writes(), 0);
  ASSERT_TRUE(authenticator->authenticate(used.text, ""));
  ASSERT_TRUE(authenticator->reload());  // keeps what is not written yet
  ASSERT_TRUE(authenticator->write_uses());
  ASSERT_TRUE(authenticator->write_uses());
  EXPECT_EQ(catalog_.use_writes(), 1);
  EXPECT_EQ((*catalog_.key(used.key.id))->last_used_us, kDayUs);
  EXPECT_EQ((*catalog_.key(idle.key.id))->last_used_us, 0);
}

TEST_F(KeyAuthenticatorTest, WritesTheLastUseWhenItEnds) {
  const CreatedKey key = make_key("1");
  auto authenticator = start();
  ASSERT_TRUE(authenticator->authenticate(key.text, ""));
  authenticator.reset();
  EXPECT_EQ((*catalog_.key(key.key.id))->last_used_us, kDayUs);
}

TEST_F(KeyAuthenticatorTest, ServesManyThreadsWhileItReloads) {
  const CreatedKey key = make_key("1");
  const auto authenticator = start(1);
  std::atomic<bool> done{false};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!done) {
        if (!authenticator->authenticate(key.text, "1") || !authenticator->find("1")) ++refused;
      }
    });
  }
  EXPECT_TRUE(eventually([&] { return catalog_.reads() > 20; }));
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 0);
}

}  // namespace
}  // namespace adbacus
