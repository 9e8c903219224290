#include "access/oidc_flow.hpp"

#include <gtest/gtest.h>
#include <set>

#include "base/base64url.hpp"
#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kNowUs = 1'790'000'000 * kSecondUs;

TEST(OidcFlow, ComesBackFromItsCookieForTenMinutes) {
  const OidcFlow flow = begin_oidc_flow("tenant.one", "/dashboard?a=b&c=%20", kNowUs);
  const auto back = read_oidc_flow(flow.cookie, kNowUs + kOidcFlowS * kSecondUs);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->tenant_id, "tenant.one");
  EXPECT_EQ(back->return_to, "/dashboard?a=b&c=%20");
  EXPECT_EQ(back->state(), flow.state());
  EXPECT_EQ(back->nonce(), flow.nonce());
  EXPECT_EQ(back->code_verifier(), flow.code_verifier());
  EXPECT_FALSE(read_oidc_flow(flow.cookie, kNowUs + (kOidcFlowS + 1) * kSecondUs));
  EXPECT_FALSE(read_oidc_flow(flow.cookie, kNowUs - kSecondUs)) << "from the future";
}

TEST(OidcFlow, WhatIsSentToTheProviderTellsNothingElse) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const OidcFlow flow = begin_oidc_flow("1", "/", kNowUs);
    for (const std::string& text :
         {flow.cookie, flow.state(), flow.nonce(), flow.code_verifier(), flow.code_challenge()}) {
      EXPECT_TRUE(seen.insert(text).second) << text;
    }
    // RFC 7636, 4.1 and 4.2.
    EXPECT_GE(flow.code_verifier().size(), 43U);
    EXPECT_LE(flow.code_verifier().size(), 128U);
    EXPECT_EQ(base64url_decode(flow.code_challenge())->size(), 32U);
  }
}

TEST(OidcFlow, EveryChangeOfTheCookieIsAnotherSignInOrNone) {
  const std::uint64_t seed = test_seed();
  Rng rng(seed);
  const OidcFlow flow = begin_oidc_flow("1", "/dashboard", kNowUs);
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_. =;/\\";
  for (int i = 0; i < 20'000; ++i) {
    std::string cookie = flow.cookie;
    const std::size_t at = rng.below(cookie.size());
    const char letter = kLetters[rng.below(kLetters.size())];
    if (rng.below(4) == 0) {
      cookie.erase(at, 1 + rng.below(3));
    } else if (cookie[at] != letter) {
      cookie[at] = letter;
    } else {
      continue;
    }
    const auto read = read_oidc_flow(cookie, kNowUs);
    if (!read) continue;
    EXPECT_NE(read->state(), flow.state()) << cookie;
    EXPECT_TRUE(is_local_path(read->return_to)) << cookie;
  }
}

TEST(OidcFlow, LeadsToPathsOfThisServerOnly) {
  for (const char* path : {"/", "/a", "/a//b", "/a?next=//b.example", "/%2F%2Fb.example"}) {
    EXPECT_TRUE(is_local_path(path)) << path;
  }
  for (const char* path : {"", "a", "//b.example", "/\\b.example", "\\/b.example", "/a\\b",
                           "https://b.example/", "/a b", "/a\nb", "/\xc3\xa4", "javascript:1"}) {
    EXPECT_FALSE(is_local_path(path)) << path;
  }
  EXPECT_FALSE(is_local_path("/" + std::string(512, 'a')));
}

}  // namespace
}  // namespace adbacus
