#include "ingest/pixel_route.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "ingest/testing/url_fixture.hpp"
#include "model/decision_id.hpp"

namespace adbacus {
namespace {

class ScriptedGate final : public http::RateGate {
 public:
  std::optional<http::Response> pass(http::Request& request, bool) override {
    caller = request.principal.key_id;
    return is_full ? std::optional(http::problem(request, 429, "rate_limited", "")) : std::nullopt;
  }
  std::optional<http::Response> pass_unknown(http::Request& request) override {
    address = request.remote_ip;
    return is_full ? std::optional(http::problem(request, 429, "rate_limited", "")) : std::nullopt;
  }
  bool is_full = false;
  std::string caller;
  std::string address;
};

class PixelRouteTest : public ::testing::Test, protected UrlFixture {
 protected:
  PixelRouteTest() : UrlFixture("pixel"), route_(door_, *this, gate_, *signing_) {
    options_->signing_keys = signing_;
    const auto origins = std::make_shared<const std::vector<std::string>>(
        std::vector<std::string>{"https://shop.example"});
    keys_["pub"] = {.tenant = "1", .key_id = "pub", .scopes = http::scope_ingest};
    keys_["pub"].is_public = true;
    keys_["pub"].origins = origins;
    keys_["secret"] = {.tenant = "1", .key_id = "secret", .scopes = http::scope_ingest};
    keys_["reader"] = {.tenant = "1", .key_id = "reader", .scopes = http::scope_read};
    keys_["limited"] = keys_["secret"];
    keys_["limited"].publisher_id = "pub";
    route_.add_routes(router_);
  }

  std::string refusal(const std::string& target,
                      std::vector<std::pair<std::string, std::string>> headers = {}) {
    const auto kept = get(target, std::move(headers));
    expect_gif(*kept);
    return kept->header("X-Adbacus-Error");
  }
  static void expect_gif(const Kept& kept) {
    EXPECT_EQ(kept.sent, 1);
    EXPECT_EQ(kept.answer.status, 200);
    EXPECT_EQ(kept.answer.content_type, "image/gif");
    EXPECT_EQ(kept.answer.body.size(), 43U);
    EXPECT_EQ(kept.answer.body.substr(0, 6), "GIF89a");
    EXPECT_EQ(kept.answer.body.back(), ';');
    EXPECT_EQ(kept.header("Cache-Control"), "no-store");
  }

  const std::shared_ptr<const SigningKeys> signing_ =
      std::make_shared<const SigningKeys>(std::vector<SigningKey>{{1, std::string(32, 'k')}});
  ScriptedGate gate_;
  PixelRoute route_;
};

TEST_F(PixelRouteTest, StoresAnImpressionWithTheFieldsOfItsQuery) {
  EXPECT_EQ(refusal("/v1/p.gif?key=pub&event_id=e1&creative_id=cr1&user_id=u-1&country=de&"
                    "device_type=mobile&x=3&y=-4&cost=0.25&campaign=Spring%20Sale&cb=123&source="),
            "");
  ASSERT_EQ(stored(), 1U);
  const Event e = last();
  EXPECT_EQ(e.type, EventType::impression);
  EXPECT_EQ(e.tenant, "1");
  EXPECT_EQ(e.event_id, "e1");
  EXPECT_EQ(e.user_id, "u-1");
  EXPECT_EQ(e.campaign_id, "c1") << "of the creative";
  EXPECT_EQ(e.country, "DE");
  EXPECT_EQ(e.device, "mobile");
  EXPECT_EQ(e.geometry, "3,-4,,");
  EXPECT_FALSE(e.has_cost) << "whoever reads the page has its key";
  EXPECT_EQ(e.metadata, R"({"extra":{"campaign":"Spring Sale"}})");
  EXPECT_EQ(e.time_us, kTestNowUs);
}

TEST_F(PixelRouteTest, TakesAnyTypeAndItsShortName) {
  EXPECT_EQ(refusal("/v1/p.gif?key=pub&e=viewable_impression"), "");
  EXPECT_EQ(last().type, EventType::viewable_impression);
  EXPECT_EQ(refusal("/v1/p.gif?key=pub&event_type=Conversion&value=19.99&type=purchase"), "");
  EXPECT_EQ(last().type, EventType::conversion);
  EXPECT_EQ(last().value_micros, 19'990'000);
}

TEST_F(PixelRouteTest, KnowsTheDeviceByItsConnectionOnly) {
  EXPECT_EQ(refusal("/v1/p.gif?key=pub&ip=198.51.100.7&user_agent=forged",
                    {{"User-Agent", "browser"},
                     {"X-Device-IP", "198.51.100.8"},
                     {"Referer", "https://shop.example/cart?a=1"},
                     {"Sec-GPC", "1"}}),
            "");
  const Event e = last();
  EXPECT_EQ(e.ip_prefix, "203.0.113.0/24");
  EXPECT_EQ(e.user_agent, "browser");
  EXPECT_EQ(e.url, "https://shop.example/cart?a=1");
  EXPECT_EQ(e.consent, R"({"gpc":true})");
}

TEST_F(PixelRouteTest, ReadsTheConsentParametersOfAdTags) {
  EXPECT_EQ(
      refusal("/v1/p.gif?key=pub&gdpr=1&gdpr_consent=CQS&gpp=DBA&gpp_sid=2,6&us_privacy=1YNN"), "");
  EXPECT_EQ(last().consent,
            R"({"gdpr":true,"tcf":"CQS","gpp":"DBA","gpp_sid":"2,6","us_privacy":"1YNN"})");
}

TEST_F(PixelRouteTest, AnswersARefusalWithTheSameImage) {
  EXPECT_EQ(refusal("/v1/p.gif"), "unauthorized");
  EXPECT_EQ(refusal("/v1/p.gif?key=nope"), "unauthorized");
  EXPECT_EQ(refusal("/v1/p.gif?key=pub&key=pub"), "ambiguous_credential");
  EXPECT_EQ(refusal("/v1/p.gif?key=secret"), "secret_key_in_query");
  EXPECT_EQ(refusal("/v1/p.gif", {{"Authorization", "Bearer reader"}}), "missing_scope");
  EXPECT_EQ(refusal("/v1/p.gif", {{"Authorization", "Bearer limited"}}), "limited_caller");
  EXPECT_EQ(refusal("/v1/p.gif?key=pub&e=nonsense"), "unknown_event_type");
  EXPECT_EQ(refusal("/v1/p.gif?key=pub&user_id=a@b.de"), "pii_in_id");
  EXPECT_EQ(refusal("/v1/p.gif?key=pub&tenant_id=2"), "tenant_mismatch");
  EXPECT_EQ(refusal("/v1/p.gif?key=pub&metadata=%7B%22a%22:1%7D,%22x%22:%7B"), "invalid_type");
  options_->rejects_unknown_refs = true;
  EXPECT_EQ(refusal("/v1/p.gif?key=pub&campaign_id=nope"), "unknown_ref");
  EXPECT_EQ(stored(), 0U);
  log_.fail_with(Error{ErrorCode::storage_full, "full"});
  EXPECT_EQ(refusal("/v1/p.gif?key=pub"), "storage_full");
  log_.fail_with(std::nullopt);
  admission_.next.verdict = Admission::Verdict::refuse;
  EXPECT_EQ(refusal("/v1/p.gif?key=pub"), "overloaded");
  EXPECT_EQ(stored(), 0U);
  EXPECT_EQ(refusal("/v1/p.gif", {{"Authorization", "Bearer secret"}}), "");
  EXPECT_EQ(stored(), 1U);
}

TEST_F(PixelRouteTest, TakesADecisionsIdInPlaceOfAKey) {
  DecisionFacts decision{.number = 9, .time_us = kTestNowUs - kSecondUs, .tenant = "1"};
  decision.campaign_id = "c1";
  decision.creative_id = "cr1";
  decision.pricing = Pricing::cpm;
  decision.price_micros = 2'500;
  decision.life_s = 60;
  const std::string url = "/v1/p.gif?decision_id=" + encode_decision_id(decision, *signing_);
  EXPECT_EQ(refusal(url + "&user_id=u-1&country=de&campaign_id=c2&cost=9&ts=1&event_id=mine&url=x",
                    {{"Referer", "https://any.example/"}}),
            "");
  ASSERT_EQ(stored(), 1U);
  const Event e = last();
  EXPECT_EQ(e.type, EventType::impression);
  EXPECT_EQ(e.campaign_id, "c1");
  EXPECT_EQ(e.line_item_id, "li1");
  EXPECT_EQ(e.cost_micros, 2'500);
  EXPECT_EQ(e.user_id, "u-1");
  EXPECT_EQ(e.country, "DE");
  EXPECT_EQ(e.url, "https://any.example/");
  EXPECT_NE(e.event_id, "mine");
  EXPECT_EQ(e.time_us, kTestNowUs);
  EXPECT_EQ(refusal(url + "&e=viewable_impression"), "");
  EXPECT_EQ(last().type, EventType::viewable_impression);
  for (const char* type : {"click", "conversion", "custom", "page_view", "nonsense"})
    EXPECT_EQ(refusal(url + "&e=" + type), "key_required") << type;
  EXPECT_EQ(refusal(url + "&e=impression&event_type=conversion"), "key_required");
  EXPECT_EQ(refusal(url + "x"), "unauthorized");
  EXPECT_EQ(refusal("/v1/p.gif?decision_id=42"), "unauthorized");
  decision.tenant = "2";
  EXPECT_EQ(refusal("/v1/p.gif?decision_id=" + encode_decision_id(decision, *signing_)),
            "unknown_tenant");
  EXPECT_EQ(stored(), 2U);
}

TEST_F(PixelRouteTest, HoldsCallersToTheirQuotas) {
  EXPECT_EQ(refusal("/v1/p.gif?key=pub"), "");
  EXPECT_EQ(gate_.caller, "pub");
  EXPECT_EQ(refusal("/v1/p.gif?key=nope"), "unauthorized");
  EXPECT_EQ(gate_.address, "203.0.113.9");
  gate_.is_full = true;
  EXPECT_EQ(refusal("/v1/p.gif?key=pub"), "rate_limited");
  EXPECT_EQ(refusal("/v1/p.gif?key=nope"), "rate_limited");
  EXPECT_EQ(stored(), 1U);
}

TEST_F(PixelRouteTest, TakesAPublicKeyFromItsPagesAndFromWhereNoPageIsNamed) {
  EXPECT_EQ(refusal("/v1/p.gif?key=pub"), "");
  EXPECT_EQ(refusal("/v1/p.gif?key=pub", {{"Referer", "https://shop.example"}}), "");
  EXPECT_EQ(refusal("/v1/p.gif?key=pub", {{"Origin", "https://shop.example"}}), "");
  for (const char* other : {"https://evil.example/", "https://shop.example.evil.example/x",
                            "http://shop.example/", "https://evil.example/?https://shop.example",
                            "https://shop.example@evil.example/", "android-app://x.y"}) {
    EXPECT_EQ(refusal("/v1/p.gif?key=pub", {{"Referer", other}}), "origin_not_allowed") << other;
  }
  for (const char* other : {"null", "https://evil.example"})
    EXPECT_EQ(refusal("/v1/p.gif?key=pub", {{"Origin", other}}), "origin_not_allowed") << other;
  EXPECT_EQ(stored(), 3U);
}

TEST_F(PixelRouteTest, CountsNothingThatNobodySees) {
  const auto head = request(http::Method::head, "/v1/p.gif?key=pub");
  expect_gif(*head);
  EXPECT_EQ(head->header("X-Adbacus-Error"), "");
  EXPECT_EQ(refusal("/v1/p.gif?key=pub", {{"Sec-Purpose", "prefetch;prerender"}}), "");
  EXPECT_EQ(refusal("/v1/p.gif?key=pub", {{"Purpose", "Prefetch"}}), "");
  EXPECT_EQ(refusal("/v1/p.gif?key=pub", {{"X-Moz", "prefetch"}}), "");
  EXPECT_EQ(stored(), 0U);
}

TEST_F(PixelRouteTest, WaitsWithTheAnswerUntilTheEventIsTaken) {
  admission_.next.verdict = Admission::Verdict::delay;
  const auto kept = get("/v1/p.gif?key=pub");
  EXPECT_EQ(kept->sent, 0);
  admission_.waiting();
  expect_gif(*kept);
  EXPECT_EQ(stored(), 1U);
}

TEST_F(PixelRouteTest, SurvivesAnyQuery) {
  Rng rng(test_seed());
  static constexpr std::string_view kBytes = "key=pub&e%22{}[]:,\\\xff\x01 metadata_consent.gdpr01";
  for (int round = 0; round < 5'000; ++round) {
    std::string query;
    for (std::uint64_t left = rng.below(60); left > 0; --left)
      query += kBytes[rng.below(kBytes.size())];
    expect_gif(*get("/v1/p.gif?key=pub&" + query));
  }
}

}  // namespace
}  // namespace adbacus
