#include "access/jwt_authenticator.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "access/credentials.hpp"
#include "access/testing/jwt_signer.hpp"
#include "base/base64url.hpp"
#include "base/testing/sim_clock.hpp"
#include "base/testing/sim_file_system.hpp"
#include "catalog/scope_names.hpp"
#include "catalog/testing/fixed_tenants.hpp"

namespace adbacus {
namespace {

constexpr const char* kFile = "/keys.json";

class JwtAuthenticatorTest : public ::testing::Test {
 protected:
  JwtAuthenticatorTest() {
    options_.issuer = "https://id.example";
    options_.audience = "adbacus";
    options_.keys_file = kFile;
    options_.reload_interval_ms = 3'600'000;  // reload() is called where it matters
    write_keys(first_.jwk());
  }
  void write(const std::string& text) { EXPECT_TRUE(write_file_atomically(fs_, kFile, text)); }
  void write_keys(const std::string& jwk) { write(R"({"keys":[)" + jwk + "]}"); }
  std::unique_ptr<JwtAuthenticator> start() {
    auto started = JwtAuthenticator::start(fs_, tenants_, clock_, denied(), options_);
    EXPECT_TRUE(started) << (started ? "" : started.error().message);
    return *std::move(started);
  }
  JwtAuthenticator::ReadDenied denied() {
    return [this] { return denied_; };
  }
  std::string token(const JwtSigner& signer, std::string_view more) const {
    const std::int64_t now_s = 1'790'000'000;
    return signer.sign(signer.header(),
                       fmt::format(R"({{"iss":"https://id.example","aud":"adbacus","iat":{},)"
                                   R"("exp":{}{}{}}})",
                                   now_s, now_s + 300, more.empty() ? "" : ",", more));
  }
  std::string refusal(JwtAuthenticator& tokens, std::string_view more) const {
    const auto caller = tokens.authenticate(token(first_, more), "");
    return caller ? "" : caller.error().message;
  }

  SimClock clock_{1'790'000'000 * kSecondUs};
  SimFileSystem fs_;
  FixedTenants tenants_{{"1", "2"}};
  JwtOptions options_;
  Result<std::vector<DeniedToken>> denied_ = std::vector<DeniedToken>();
  JwtSigner first_{JwtAlgorithm::eddsa, "first"};
  JwtSigner second_{JwtAlgorithm::es256, "second"};
};

TEST_F(JwtAuthenticatorTest, ClaimsSayTenantUserAndRights) {
  const auto tokens = start();
  const auto caller =
      tokens->authenticate(token(first_, R"("sub":"anna","tenant_id":"1","role":"analyst")"), "1");
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_EQ(caller->tenant, "1");
  EXPECT_EQ(caller->user_id, "anna");
  EXPECT_EQ(caller->key_id, "token:anna");
  EXPECT_EQ(caller->scopes, role_scopes(Role::analyst));
  EXPECT_FALSE(caller->is_operator);
  EXPECT_FALSE(caller->is_limited());
}

TEST_F(JwtAuthenticatorTest, RightsAreThoseOfTheRoleOrTheScopesAndOfBothWhatBothAllow) {
  const auto tokens = start();
  const auto scopes = [&](std::string_view claims) {
    const auto caller =
        tokens->authenticate(token(first_, fmt::format(R"("tenant_id":"1",{})", claims)), "");
    return caller ? caller->scopes : ~0U;
  };
  for (const auto& [name, role] : {std::pair{"owner", Role::owner},
                                   {"admin", Role::admin},
                                   {"analyst", Role::analyst},
                                   {"viewer", Role::viewer},
                                   {"sender", Role::sender}}) {
    EXPECT_EQ(scopes(fmt::format(R"("role":"{}")", name)), role_scopes(role)) << name;
  }
  EXPECT_EQ(scopes(R"("scope":"read openid ingest")"),
            http::scope_read | http::scope_export | http::scope_ingest);
  EXPECT_EQ(scopes(R"("scope":"openid profile")"), 0U);
  EXPECT_EQ(scopes(R"("scope":"all")"), 0U) << "only what is named";
  EXPECT_EQ(scopes(R"("role":"viewer","scope":"read admin")"), http::scope_read);
  for (const char* role : {R"("Owner")", R"("root")", "null", R"(["owner"])", R"("")", "1"}) {
    EXPECT_EQ(scopes(fmt::format(R"("role":{},"scope":"read")", role)), ~0U) << role;
  }
  EXPECT_EQ(refusal(*tokens, R"("tenant_id":"1")"), "the token names neither role nor scope");
}

TEST_F(JwtAuthenticatorTest, TheTenantIsTheTokens) {
  const auto tokens = start();
  EXPECT_EQ(refusal(*tokens, R"("role":"owner")"), "the token names no tenant");
  EXPECT_EQ(refusal(*tokens, R"("role":"owner","tenant_id":"3")"),
            "the token names a tenant that there is not");
  EXPECT_EQ(refusal(*tokens, R"("role":"owner","tenant_id":["1"])"), "the token names no tenant");
  EXPECT_EQ(refusal(*tokens, R"("role":"owner","tenant_id":2)"), "");
  const auto foreign =
      tokens->authenticate(token(first_, R"("role":"owner","tenant_id":"1")"), "2");
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, ErrorCode::forbidden);
}

TEST_F(JwtAuthenticatorTest, ALimitStaysALimit) {
  const auto tokens = start();
  const auto caller = tokens->authenticate(
      token(first_, R"("role":"viewer","tenant_id":"1","advertiser_id":7)"), "");
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->advertiser_id, "7");
  EXPECT_TRUE(caller->is_limited());
  for (const char* bad : {"null", R"("")", "[]", R"(["7"])", "false", "-1", "{}"}) {
    EXPECT_NE(
        refusal(*tokens, fmt::format(R"("role":"viewer","tenant_id":"1","publisher_id":{})", bad)),
        "")
        << bad;
  }
}

TEST_F(JwtAuthenticatorTest, KeysOfAChangedFileActAndThoseTakenOutEnd) {
  const auto tokens = start();
  const std::string claims = R"("role":"viewer","tenant_id":"1")";
  const auto accepts = [&](const JwtSigner& signer) {
    return static_cast<bool>(tokens->authenticate(token(signer, claims), ""));
  };
  EXPECT_TRUE(accepts(first_));
  EXPECT_FALSE(accepts(second_));
  write_keys(first_.jwk() + "," + second_.jwk());
  EXPECT_TRUE(tokens->reload());
  EXPECT_TRUE(accepts(first_) && accepts(second_));
  write("not JSON");
  EXPECT_FALSE(tokens->reload());
  EXPECT_TRUE(accepts(first_) && accepts(second_)) << "a broken file changes nothing";
  write_keys(second_.jwk());
  EXPECT_TRUE(tokens->reload());
  EXPECT_FALSE(accepts(first_));
  EXPECT_TRUE(accepts(second_));
}

TEST_F(JwtAuthenticatorTest, DoesNotStartWithoutKeys) {
  write("{}");
  const auto broken = JwtAuthenticator::start(fs_, tenants_, clock_, denied(), options_);
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message.find(kFile), std::string::npos);
  options_.keys_file = "/absent.json";
  EXPECT_FALSE(JwtAuthenticator::start(fs_, tenants_, clock_, denied(), options_));
}

TEST_F(JwtAuthenticatorTest, AConfiguredSecretSignsToo) {
  JwtSigner shared(JwtAlgorithm::hs256, "ignored");
  options_.hs256_secret = base64url_encode(shared.secret());
  options_.keys_file.clear();
  const auto tokens = start();
  const std::string claims = fmt::format(
      R"({{"iss":"https://id.example","aud":"adbacus","iat":1790000000,"exp":1790000300,)"
      R"("tenant_id":"1","role":"owner"}})");
  EXPECT_TRUE(tokens->authenticate(shared.sign(R"({"alg":"HS256"})", claims), ""));
  EXPECT_FALSE(tokens->authenticate(shared.sign(R"({"alg":"none"})", claims), ""));
}

TEST_F(JwtAuthenticatorTest, KeysAndTokensAreToldApartByTheirForm) {
  class Named final : public http::Authenticator {
   public:
    explicit Named(std::string name) : name_(std::move(name)) {}
    Result<http::Principal> authenticate(std::string_view credential, std::string_view) override {
      http::Principal principal;
      principal.key_id = name_;
      principal.tenant = credential;
      return principal;
    }

   private:
    const std::string name_;
  };
  Named keys("a key");
  Named sessions("a session");
  const auto tokens = start();
  const std::string good = token(first_, R"("role":"viewer","tenant_id":"1","sub":"u")");
  Named own("our token");
  Credentials all(keys, tokens.get(), sessions, own);
  EXPECT_EQ(all.authenticate(good, "")->key_id, "token:u");
  EXPECT_EQ(all.authenticate("adb_abcdefgh." + std::string(43, 'A'), "")->key_id, "a key");
  EXPECT_EQ(all.authenticate("", "")->key_id, "a key");
  EXPECT_EQ(all.authenticate("\x01secret", "")->key_id, "a session");
  EXPECT_EQ(all.authenticate("\x01secret", "")->tenant, "secret");
  EXPECT_EQ(all.authenticate(base64url_encode(R"({"kid":"adbacus-1"})") + ".e30.", "")->key_id,
            "our token");
  Credentials without_tokens(keys, nullptr, sessions, own);
  EXPECT_EQ(without_tokens.authenticate(good, "")->key_id, "a key");
}

TEST_F(JwtAuthenticatorTest, DeniedTokensEndForTheirTenantAndIssuerOnly) {
  const auto tokens = start();
  const auto refused = [&](const char* tenant, const char* id) {
    return refusal(*tokens,
                   fmt::format(R"("role":"viewer","tenant_id":"{}","jti":"{}")", tenant, id));
  };
  denied_->push_back({"1", "https://id.example", "j1", 1, 0});
  denied_->push_back({"1", "https://other.example", "j2", 1, 0});
  EXPECT_EQ(refused("1", "j1"), "");
  EXPECT_TRUE(tokens->reload());
  EXPECT_EQ(refused("1", "j1"), "the token is not accepted any more");
  EXPECT_EQ(refused("2", "j1"), "");
  EXPECT_EQ(refused("1", "j2"), "");
  EXPECT_EQ(refusal(*tokens, R"("role":"viewer","tenant_id":"1")"), "");
  denied_ = Error{ErrorCode::unavailable, "away"};
  EXPECT_FALSE(tokens->reload());
  EXPECT_NE(refused("1", "j1"), "") << "what is denied stays so";
  write("broken");
  denied_ = std::vector<DeniedToken>{{"1", "https://id.example", "j3", 1, 0}};
  EXPECT_FALSE(tokens->reload());
  EXPECT_NE(refused("1", "j3"), "") << "a broken file holds up no denial";
}

}  // namespace
}  // namespace adbacus
