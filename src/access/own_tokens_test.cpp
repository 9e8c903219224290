#include "access/own_tokens.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <stdlib.h>

#include "base/base64url.hpp"
#include "base/testing/sim_clock.hpp"
#include "catalog/registry.hpp"
#include "catalog/scope_names.hpp"

namespace adbacus {
namespace {

class OwnTokensTest : public ::testing::Test {
 protected:
  OwnTokensTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tokens_test.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    CatalogOptions options;
    options.path = folder_ + "/catalog.sqlite";
    catalog_ = *open_catalog(options);
  }
  ~OwnTokensTest() override {
    catalog_.reset();
    std::filesystem::remove_all(folder_);
  }
  OwnTokensTest(const OwnTokensTest&) = delete;
  OwnTokensTest& operator=(const OwnTokensTest&) = delete;

  std::unique_ptr<OwnTokens> start() {
    OwnTokens::KeyHolder holder = [this](std::string_view id,
                                         std::string_view) -> Result<http::Principal> {
      if (!live_.contains(std::string(id))) {
        return Error{ErrorCode::unauthorized, "the key has ended"};
      }
      http::Principal principal;
      principal.tenant = "1";
      principal.key_id = id;
      principal.scopes = held_;
      return principal;
    };
    auto started = OwnTokens::start(*catalog_, clock_, std::move(holder));
    EXPECT_TRUE(started);
    return *std::move(started);
  }

  std::string folder_;
  std::unique_ptr<Catalog> catalog_;
  SimClock clock_{1'790'000'000 * kSecondUs};
  std::set<std::string> live_{"adb_one"};
  std::uint32_t held_ = role_scopes(Role::owner);
};

TEST_F(OwnTokensTest, ATokenActsForItsKeyWithinItsScopesAndItsTime) {
  const auto tokens = start();
  const auto token = tokens->issue("adb_one", http::scope_read | http::scope_ingest);
  ASSERT_TRUE(token);
  EXPECT_TRUE(OwnTokens::names_us(*token));
  const auto caller = tokens->authenticate(*token, "");
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_EQ(caller->key_id, "adb_one");
  EXPECT_EQ(caller->scopes, http::scope_read | http::scope_export | http::scope_ingest);
  held_ = http::scope_read;
  EXPECT_EQ(tokens->authenticate(*token, "")->scopes, http::scope_read) << "the key has no more";
  clock_.advance(OwnTokens::kLifetimeUs + 29 * kSecondUs);
  EXPECT_TRUE(tokens->authenticate(*token, ""));
  clock_.advance(2 * kSecondUs);
  EXPECT_FALSE(tokens->authenticate(*token, ""));
}

TEST_F(OwnTokensTest, ATokenEndsWithItsKey) {
  const auto tokens = start();
  const auto token = tokens->issue("adb_one", http::scope_read);
  EXPECT_TRUE(tokens->authenticate(*token, ""));
  live_.clear();
  EXPECT_FALSE(tokens->authenticate(*token, ""));
}

TEST_F(OwnTokensTest, SecretsChangeAndTheLastOnesStillCount) {
  const auto early = start();
  const auto first = early->issue("adb_one", http::scope_read);
  const auto other = start();  // another process of this catalog
  EXPECT_TRUE(other->authenticate(*first, ""));
  clock_.advance(30 * kDayUs);
  const auto second = other->issue("adb_one", http::scope_read);
  EXPECT_NE(first->substr(0, first->find('.')), second->substr(0, second->find('.')));
  EXPECT_TRUE(early->authenticate(*second, "")) << "though it has issued nothing since";
}

TEST_F(OwnTokensTest, NobodyElseMakesThem) {
  const auto tokens = start();
  const auto token = tokens->issue("adb_one", http::scope_read);
  for (std::size_t i = 0; i < token->size(); ++i) {
    std::string changed = *token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens->authenticate(changed, "")) << i;
  }
  EXPECT_FALSE(OwnTokens::names_us("eyJhbGciOiJub25lIn0.e30."));
  EXPECT_FALSE(OwnTokens::names_us(base64url_encode(R"({"kid":"adbacus"})") + ".e30."));
  EXPECT_FALSE(OwnTokens::names_us("adb_abcdefgh.secret"));
}

}  // namespace
}  // namespace adbacus
