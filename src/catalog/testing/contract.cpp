#include "catalog/testing/contract.hpp"

#include <fmt/format.h>
#include <thread>
#include <vector>

#include "catalog/api_key.hpp"
#include "catalog/sign_in_store.hpp"
#include "http/http.hpp"

namespace adbacus {

static bool operator==(const Tenant& a, const Tenant& b) {
  return a.id == b.id && a.name == b.name && a.currency == b.currency && a.timezone == b.timezone &&
         a.created_us == b.created_us;
}

static bool operator==(const ApiKey& a, const ApiKey& b) {
  return a.id == b.id && a.tenant_id == b.tenant_id && a.name == b.name &&
         a.secret_hash == b.secret_hash && a.scopes == b.scopes && a.is_operator == b.is_operator &&
         a.is_public == b.is_public && a.origins == b.origins && a.placements == b.placements &&
         a.created_us == b.created_us && a.expires_us == b.expires_us &&
         a.revoked_us == b.revoked_us && a.last_used_us == b.last_used_us && a.quota == b.quota &&
         a.quota_period_s == b.quota_period_s;
}

namespace testing {

Tenant sample_tenant(int n) {
  return {.id = fmt::format("tenant {}", n),
          .name = fmt::format("Ténant № {}", n),
          .currency = "EUR",
          .timezone = "Europe/Berlin",
          .created_us = n};
}

ApiKey sample_key(const std::string& tenant_id, int n) {
  return {.id = fmt::format("adb_{:08}", n),
          .tenant_id = tenant_id,
          .name = "a 'quoted' name; --",
          .secret_hash = hash_to_hex(hash_secret(std::to_string(n))),
          .scopes = http::scope_ingest | http::scope_read,
          .is_operator = tenant_id.empty(),
          .origins = {},
          .created_us = n};
}

#define ASSERT_OK(expression)                                         \
  do {                                                                \
    const auto& outcome = (expression);                               \
    ASSERT_TRUE(outcome) << (outcome ? "" : outcome.error().message); \
  } while (false)

TEST_P(CatalogContract, KeepsTenantsAcrossReopening) {
  ASSERT_OK(catalog_->put_tenant(sample_tenant(2)));
  ASSERT_OK(catalog_->put_tenant(sample_tenant(1)));
  Tenant changed = sample_tenant(1);
  changed.currency = "JPY";
  ASSERT_OK(catalog_->put_tenant(changed));
  catalog_.reset();
  catalog_ = stage_->open();
  const auto found = catalog_->tenant("tenant 1");
  ASSERT_OK(found);
  EXPECT_EQ(*found, changed);
  const auto absent = catalog_->tenant("tenant 3");
  ASSERT_OK(absent);
  EXPECT_EQ(*absent, std::nullopt);
  const auto all = catalog_->tenants();
  ASSERT_OK(all);
  EXPECT_EQ(*all, (std::vector<Tenant>{changed, sample_tenant(2)}));
}

TEST_P(CatalogContract, KeepsEveryFieldOfAKey) {
  ASSERT_OK(catalog_->put_tenant(sample_tenant(1)));
  ApiKey key = sample_key("tenant 1", 7);
  key.scopes = http::scope_ingest;
  key.is_public = true;
  key.origins = {"https://a.example", "https://b.example:8443"};
  key.expires_us = 8;
  key.revoked_us = 9;
  key.last_used_us = 10;
  ASSERT_OK(catalog_->put_key(key));
  catalog_.reset();
  catalog_ = stage_->open();
  const auto found = catalog_->key(key.id);
  ASSERT_OK(found);
  EXPECT_EQ(*found, key);
  key = sample_key("tenant 1", 8);
  key.scopes = http::scope_decide;
  key.is_public = true;
  key.origins = {"https://a.example"};
  key.placements = {"7", "top of page"};
  ASSERT_OK(catalog_->put_key(key));
  const auto deciding = catalog_->key(key.id);
  ASSERT_OK(deciding);
  EXPECT_EQ(*deciding, key);
}

TEST_P(CatalogContract, ListsKeysOfOneTenantOrAll) {
  ASSERT_OK(catalog_->put_tenant(sample_tenant(1)));
  ASSERT_OK(catalog_->put_tenant(sample_tenant(2)));
  const std::vector<ApiKey> keys{sample_key("tenant 1", 1), sample_key("", 2),
                                 sample_key("tenant 2", 3), sample_key("tenant 1", 4)};
  for (const ApiKey& key : keys) ASSERT_OK(catalog_->put_key(key));
  const auto all = catalog_->keys("");
  ASSERT_OK(all);
  EXPECT_EQ(*all, keys);
  const auto some = catalog_->keys("tenant 1");
  ASSERT_OK(some);
  EXPECT_EQ(*some, (std::vector<ApiKey>{keys[0], keys[3]}));
}

TEST_P(CatalogContract, RefusesAKeyOfAnUnknownTenant) {
  const auto refused = catalog_->put_key(sample_key("nobody", 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::not_found);
}

TEST_P(CatalogContract, RefusesToTurnAKeyIntoAnother) {
  ASSERT_OK(catalog_->put_tenant(sample_tenant(1)));
  ASSERT_OK(catalog_->put_tenant(sample_tenant(2)));
  const ApiKey key = sample_key("tenant 1", 1);
  ASSERT_OK(catalog_->put_key(key));
  ApiKey other_secret = key;
  other_secret.secret_hash = sample_key("tenant 1", 2).secret_hash;
  ApiKey other_tenant = key;
  other_tenant.tenant_id = "tenant 2";
  ApiKey to_operator = key;
  to_operator.tenant_id.clear();
  to_operator.is_operator = true;
  for (const ApiKey& changed : {other_secret, other_tenant, to_operator}) {
    const auto refused = catalog_->put_key(changed);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  }
  const auto kept = catalog_->key(key.id);
  ASSERT_OK(kept);
  EXPECT_EQ(*kept, key);
}

TEST_P(CatalogContract, NeverUndoesARevocation) {
  ASSERT_OK(catalog_->put_tenant(sample_tenant(1)));
  const ApiKey live = sample_key("tenant 1", 1);
  ApiKey revoked = live;
  revoked.revoked_us = 50;
  ASSERT_OK(catalog_->put_key(live));
  ASSERT_OK(catalog_->put_key(revoked));
  const auto refused = catalog_->put_key(live);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ((*catalog_->key(live.id))->revoked_us, 50);
}

TEST_P(CatalogContract, MovesLastUseForwardOnlyAndChangesNothingElse) {
  ASSERT_OK(catalog_->put_tenant(sample_tenant(1)));
  ApiKey key = sample_key("tenant 1", 1);
  ASSERT_OK(catalog_->put_key(key));
  const std::vector<KeyUse> uses{{key.id, 100}, {"unknown", 5}};
  ASSERT_OK(catalog_->record_key_use(uses));
  ASSERT_OK(catalog_->record_key_use(std::vector<KeyUse>{{key.id, 60}}));
  ASSERT_OK(catalog_->put_key(key));  // its 0 is older
  key.last_used_us = 100;
  EXPECT_EQ(*catalog_->keys(""), std::vector<ApiKey>{key});
}

TEST_P(CatalogContract, KeepsDeniedTokensUntilTheyHaveLongExpired) {
  ASSERT_OK(catalog_->put_tenant(sample_tenant(1)));
  ASSERT_OK(catalog_->put_tenant(sample_tenant(2)));
  const auto deny = [&](int tenant, const char* id, TimeUs at_us, TimeUs expires_us) {
    return catalog_->deny_token(
        {sample_tenant(tenant).id, "https://id.example", id, at_us, expires_us});
  };
  ASSERT_OK(deny(1, "a", 1'000, 2'000));
  ASSERT_OK(deny(1, "b", 1'001, 0));
  ASSERT_OK(deny(2, "a", 1'002, 0));
  ASSERT_OK(deny(1, "a", 1'003, 9'000));
  EXPECT_EQ(deny(3, "a", 1, 0).error().code, ErrorCode::not_found);
  EXPECT_EQ(deny(1, "", 1, 0).error().code, ErrorCode::invalid_argument);
  catalog_.reset();
  catalog_ = stage_->open();
  const auto ids = [&](const std::string& tenant) {
    std::string text;
    const auto found = catalog_->denied_tokens(tenant);
    EXPECT_TRUE(found);
    for (const DeniedToken& token : *found) {
      text += fmt::format("{}@{}-{} ", token.token_id, token.denied_us, token.expires_us);
    }
    return text;
  };
  EXPECT_EQ(ids(sample_tenant(1).id), "a@1000-2000 b@1001-0 ");
  EXPECT_EQ(ids(""), "a@1000-2000 b@1001-0 a@1002-0 ");
  ASSERT_OK(deny(2, "c", kDayUs + 2'001, 0));
  EXPECT_EQ(ids(""), fmt::format("b@1001-0 a@1002-0 c@{}-0 ", kDayUs + 2'001));
}

TEST_P(CatalogContract, KeepsPasswordsAndEndsSessionsWithThem) {
  ASSERT_OK(catalog_->put_tenant(sample_tenant(1)));
  ASSERT_OK(catalog_->put_tenant(sample_tenant(2)));
  const std::string one = sample_tenant(1).id;
  const std::string two = sample_tenant(2).id;
  SignInStore* store = &catalog_->sign_ins();
  ASSERT_OK(store->put_password({one, "u", "hash 1", 1}));
  ASSERT_OK(store->put_password({two, "u", "hash 2", 2}));
  EXPECT_EQ(store->put_password({"nobody", "u", "h", 1}).error().code, ErrorCode::not_found);
  EXPECT_EQ(store->open_session({"s", "nobody", "u", 1, 9}, 3).error().code, ErrorCode::not_found);
  for (int i = 1; i <= 5; ++i) {
    ASSERT_OK(store->open_session({fmt::format("s{}", i), one, "u", i, 1'000 + i}, 3));
  }
  ASSERT_OK(store->open_session({"other", one, "v", 6, 20}, 3));
  ASSERT_OK(store->open_session({"two", two, "u", 7, 2'000}, 3));
  catalog_.reset();
  catalog_ = stage_->open();
  store = &catalog_->sign_ins();
  const auto ids = [&](TimeUs now_us) {
    std::string text;
    const auto sessions = store->sessions(now_us);
    EXPECT_TRUE(sessions);
    for (const StoredSession& session : *sessions) text += session.id + " ";
    return text;
  };
  EXPECT_EQ(ids(8), "other s3 s4 s5 two ") << "the oldest of a user's go";
  EXPECT_EQ(ids(20), "s3 s4 s5 two ");
  ASSERT_OK(store->end_session("s4"));
  ASSERT_OK(store->end_session("s4"));
  EXPECT_EQ(ids(20), "s3 s5 two ");
  const auto found = store->sessions(1'004);
  ASSERT_TRUE(found && found->size() == 2U);
  EXPECT_EQ((*found)[0], (StoredSession{"s5", one, "u", 5, 1'005}));
  ASSERT_OK(store->put_password({one, "u", "hash 3", 9}));
  EXPECT_EQ(ids(20), "two ");
  EXPECT_EQ(**store->password(one, "u"), (StoredPassword{one, "u", "hash 3", 9}));
  EXPECT_EQ((**store->password(two, "u")).hash, "hash 2");
  EXPECT_FALSE(store->password(one, "v")->has_value());
}

TEST_P(CatalogContract, RefusesBadFieldsByName) {
  const auto name_of_refused = [&](const Result<void>& outcome) {
    if (outcome || outcome.error().code != ErrorCode::invalid_argument)
      return std::string("stored");
    return outcome.error().message.substr(0, outcome.error().message.find(':'));
  };
  const auto tenant_with = [&](auto change) {
    Tenant tenant = sample_tenant(1);
    change(tenant);
    return name_of_refused(catalog_->put_tenant(tenant));
  };
  EXPECT_EQ(tenant_with([](Tenant& t) { t.id.clear(); }), "id");
  EXPECT_EQ(tenant_with([](Tenant& t) { t.id.assign(129, 'x'); }), "id");
  EXPECT_EQ(tenant_with([](Tenant& t) { t.name = "two\nlines"; }), "name");
  EXPECT_EQ(tenant_with([](Tenant& t) { t.currency = "usd"; }), "currency");
  EXPECT_EQ(tenant_with([](Tenant& t) { t.currency = "ABC"; }), "currency");
  EXPECT_EQ(tenant_with([](Tenant& t) { t.timezone.clear(); }), "timezone");
  ASSERT_OK(catalog_->put_tenant(sample_tenant(1)));
  const auto key_with = [&](auto change) {
    ApiKey key = sample_key("tenant 1", 1);
    change(key);
    return name_of_refused(catalog_->put_key(key));
  };
  EXPECT_EQ(key_with([](ApiKey& k) { k.tenant_id.clear(); }), "tenant_id");
  EXPECT_EQ(key_with([](ApiKey& k) { k.is_operator = true; }), "tenant_id");
  EXPECT_EQ(key_with([](ApiKey& k) { k.secret_hash = "secret"; }), "secret_hash");
  EXPECT_EQ(key_with([](ApiKey& k) { k.scopes = 0; }), "scopes");
  EXPECT_EQ(key_with([](ApiKey& k) { k.is_public = true; }), "scopes");
  EXPECT_EQ(key_with([](ApiKey& k) {
              k.is_public = true;
              k.scopes = http::scope_ingest | http::scope_decide;
            }),
            "scopes");
  EXPECT_EQ(key_with([](ApiKey& k) { k.origins = {"a\nb"}; }), "origins");
  EXPECT_EQ(key_with([](ApiKey& k) { k.placements = {"7"}; }), "placements");
  EXPECT_EQ(key_with([](ApiKey& k) {
              k.is_public = true;
              k.scopes = http::scope_decide;
              k.placements = {""};
            }),
            "placements");
  EXPECT_TRUE(catalog_->keys("")->empty());
}

TEST_P(CatalogContract, ServesManyThreads) {
  ASSERT_OK(catalog_->put_tenant(sample_tenant(1)));
  constexpr int kThreads = 4;
  constexpr int kKeysEach = 10;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int n = 0; n < kKeysEach; ++n) {
        const ApiKey key = sample_key("tenant 1", thread * kKeysEach + n);
        EXPECT_TRUE(catalog_->put_key(key));
        EXPECT_TRUE(catalog_->record_key_use(std::vector<KeyUse>{{key.id, n + 1}}));
        EXPECT_TRUE(catalog_->keys("tenant 1"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(catalog_->keys("tenant 1")->size(), std::size_t{kThreads * kKeysEach});
}

}  // namespace testing
}  // namespace adbacus
