// Click links from the browser's side: where they lead, what is counted, and what is not followed.
#include "ingest/links/click_route.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "ingest/links/link_routes.hpp"
#include "ingest/testing/url_fixture.hpp"
#include "model/decision_id.hpp"

namespace adbacus {
namespace {

class Gate final : public http::RateGate {
 public:
  std::optional<http::Response> pass(http::Request&, bool) override { return std::nullopt; }
  std::optional<http::Response> pass_unknown(http::Request& request) override {
    return is_full ? std::optional(http::problem(request, 429, "rate_limited", "")) : std::nullopt;
  }
  bool is_full = false;
};

class ClickRouteTest : public ::testing::Test, protected UrlFixture {
 protected:
  ClickRouteTest()
      : UrlFixture("click"),
        route_(
            door_, gate_, clock_, [this] { return objects_.snapshot(); }, signing_,
            [this] { return options_; }),
        links_([this] { return objects_.snapshot(); }, signing_, [this] { return options_; },
               clock_) {
    keys_["admin"] = {.tenant = "1", .key_id = "admin", .scopes = http::scope_admin};
    keys_["sender"] = {.tenant = "1", .key_id = "sender", .scopes = http::scope_ingest};
    route_.add_routes(router_);
    links_.add_routes(router_);
  }

  std::string token(const Link& link) { return encode_link(link, signing_); }
  Link to(std::string destination) {
    Link link;
    link.tenant = "1";
    link.destination = std::move(destination);
    return link;
  }
  std::shared_ptr<Kept> click(const Link& link, const std::string& query = {}) {
    return get("/v1/c/" + token(link) + query);
  }
  std::string location(const Link& link, const std::string& query = {}) {
    const auto kept = click(link, query);
    EXPECT_EQ(kept->answer.status, 302) << kept->answer.body;
    EXPECT_EQ(kept->header("Cache-Control"), "no-store");
    EXPECT_EQ(kept->answer.body, "");
    return kept->header("Location");
  }
  std::shared_ptr<Kept> make(const std::string& body, const char* key = "admin") {
    return request(http::Method::post, "/v1/links",
                   {{"Authorization", std::string("Bearer ") + key}}, body);
  }

  const SigningKeys signing_{{{1, std::string(32, 'k')}, {2, std::string(32, 'n')}}};
  Gate gate_;
  ClickRoute route_;
  LinkRoutes links_;
};

TEST_F(ClickRouteTest, SendsOnToTheCreativesLandingPageAndCountsTheClick) {
  Link link;
  link.tenant = "1";
  link.creative_id = "cr1";
  EXPECT_EQ(location(link, "?user_id=u-1&source=mail&gclid=g1"), "https://shop.example/1");
  ASSERT_EQ(stored(), 1U);
  const Event e = last();
  EXPECT_EQ(e.type, EventType::click);
  EXPECT_EQ(e.campaign_id, "c1");
  EXPECT_EQ(e.line_item_id, "li1");
  EXPECT_EQ(e.placement_id, "pl1");
  EXPECT_EQ(e.user_id, "u-1");
  EXPECT_EQ(e.source, "mail");
  EXPECT_EQ(e.metadata, R"({"extra":{"gclid":"g1"}})");
  EXPECT_EQ(e.url, "https://shop.example/1");
  EXPECT_EQ(e.event_id, e.click_id);
  EXPECT_EQ(e.event_id.size(), 36U);
  EXPECT_EQ(e.ip_prefix, "203.0.113.0/24");
  link.creative_id.clear();
  link.ad_id = "odd";  // an ad names its creative
  EXPECT_EQ(location(link), "https://shop.example/2");
}

TEST_F(ClickRouteTest, FillsMacrosWithTheIdOfTheClickThatIsStored) {
  Link link = to("https://t.example/r?c={click_id}&to={lpurl}");
  link.creative_id = "cr2";
  const std::string found = location(link);
  EXPECT_EQ(found, "https://t.example/r?c=" + std::string(last().click_id) +
                       "&to=https%3A%2F%2Fshop.example%2F2");
  EXPECT_NE(location(link), found) << "each click has its own id";
}

TEST_F(ClickRouteTest, CountsNoHeadAndNoPrefetch) {
  const Link link = to("https://shop.example/x");
  const std::string target = "/v1/c/" + token(link);
  const auto head = request(http::Method::head, target);
  EXPECT_EQ(head->answer.status, 302);
  EXPECT_EQ(head->header("Location"), "https://shop.example/x");
  using Headers = std::vector<std::pair<std::string, std::string>>;
  for (const Headers& headers :
       {Headers{{"Sec-Purpose", "prefetch"}}, Headers{{"Purpose", "prefetch"}},
        Headers{{"X-Moz", "prefetch"}}, Headers{{"X-Purpose", "preview"}}})
    EXPECT_EQ(get(target, headers)->header("Location"), "https://shop.example/x");
  EXPECT_EQ(stored(), 0U);
  EXPECT_EQ(get(target, {{"Sec-Purpose", "other"}})->answer.status, 302);
  EXPECT_EQ(stored(), 1U);
}

TEST_F(ClickRouteTest, SendsOnWhateverBecomesOfTheClick) {
  const Link link = to("https://shop.example/x");
  Counter& lost = counter("adbacus_click_redirects_total", "", R"(result="lost")");
  const std::uint64_t before = lost.value();
  log_.fail_with(Error{ErrorCode::storage_full, "full"});
  EXPECT_EQ(location(link), "https://shop.example/x");
  log_.fail_with(std::nullopt);
  admission_.next.verdict = Admission::Verdict::refuse;
  EXPECT_EQ(location(link), "https://shop.example/x");
  EXPECT_EQ(stored(), 0U);
  EXPECT_EQ(lost.value(), before + 2);
  admission_.next.verdict = Admission::Verdict::delay;
  EXPECT_EQ(location(link), "https://shop.example/x");
  EXPECT_EQ(stored(), 0U) << "sent on before the click was taken";
  admission_.waiting();
  EXPECT_EQ(stored(), 1U);
}

TEST_F(ClickRouteTest, CountsAClickWithoutParametersThatAreRefused) {
  Link link = to("https://shop.example/x");
  link.campaign_id = "c1";
  for (const std::string& bad : {std::string("?user_id=a@b.de&source=mail"),
                                 "?long=" + std::string(8'000, 'x'), std::string("?a=1&a=2")}) {
    const std::size_t before = stored();
    EXPECT_EQ(location(link, bad), "https://shop.example/x");
    ASSERT_EQ(stored(), before + 1) << bad;
    EXPECT_EQ(last().campaign_id, "c1");
    EXPECT_EQ(last().source, "");
    EXPECT_EQ(last().metadata, "");
  }
}

TEST_F(ClickRouteTest, BelievesTheLinkAndNotItsParameters) {
  Link link = to("https://shop.example/x");
  link.campaign_id = "c1";
  EXPECT_EQ(
      location(link,
               "?campaign_id=c2&line_item_id=li2&event_type=conversion&e=conversion&event_id=mine&"
               "click_id=mine&cost=9&value=9&ts=1&tenant_id=2&click_url=https://evil.example&"
               "decision_id=d"),
      "https://shop.example/x");
  ASSERT_EQ(stored(), 1U);
  const Event e = last();
  EXPECT_EQ(e.type, EventType::click);
  EXPECT_EQ(e.campaign_id, "c1");
  EXPECT_EQ(e.line_item_id, "");
  EXPECT_NE(e.event_id, "mine");
  EXPECT_NE(e.click_id, "mine");
  EXPECT_FALSE(e.has_cost);
  EXPECT_FALSE(e.has_value);
  EXPECT_EQ(e.time_us, kTestNowUs);
  EXPECT_EQ(e.url, "https://shop.example/x");
  EXPECT_EQ(e.decision_id, "");
}

TEST_F(ClickRouteTest, LeadsToTheRequestsPageOnlyInTheLinksDomains) {
  Link link;
  link.tenant = "1";
  link.domains = {"shop.example"};
  EXPECT_EQ(location(link, "?url=https%3A%2F%2Fwww.shop.example%2Fbed%3Fa%3D%7Bclick_id%7D"),
            "https://www.shop.example/bed?a={click_id}")
      << "the landing page stays as it is";
  for (const char* bad :
       {"//evil", "https:evil", "\\evil", "javascript:alert(1)", "https://evil.example/",
        "http://shop.example/", "https://shop.example%40evil.example/",
        "https://shop.example%0d%0aX:y", "https://shop.example/%250d%250aX",
        "https://shop.example.evil.example/", "https://evilshop.example/",
        "https://sh%C3%B6p.example/", "https://shop.example%5C@evil.example",
        "https://shop.example//evil.example", "/relative", "shop.example"}) {
    const auto kept = click(link, std::string("?url=") + bad);
    EXPECT_EQ(kept->answer.status, 400) << bad;
    EXPECT_FALSE(kept->has("Location")) << bad;
    EXPECT_NE(kept->answer.body.find("destination_not_allowed"), std::string::npos) << bad;
  }
  EXPECT_EQ(stored(), 1U);
  EXPECT_EQ(click(link)->answer.status, 404) << "it names no page itself";
  const auto fixed = click(to("https://shop.example/"), "?url=https://evil.example/");
  EXPECT_EQ(fixed->answer.status, 400);
}

TEST_F(ClickRouteTest, FollowsNothingThatWasNotSignedForIt) {
  const std::string good = token(to("https://shop.example/x"));
  const auto refused = [&](const std::string& text) {
    const auto kept = get("/v1/c/" + text);
    EXPECT_EQ(kept->answer.status, 400) << text;
    EXPECT_FALSE(kept->has("Location")) << text;
  };
  for (const char* text : {"x", "https:%2F%2Fevil.example", "%2F%2Fevil", "javascript:alert(1)",
                           "%0d%0a", "AAAA", "..", "cr1"})
    refused(text);
  Rng rng(test_seed());
  for (int round = 0; round < 2'000; ++round) {
    std::string text = good;
    const std::size_t at = rng.below(text.size());
    const char other = "ABCabc019-_"[rng.below(11)];
    if (text[at] == other) continue;
    text[at] = other;
    refused(text);
  }
  for (std::size_t cut = 1; cut < good.size(); ++cut) refused(good.substr(0, cut));
  const SigningKeys others{{{1, std::string(32, 'x')}, {2, std::string(32, 'y')}}};
  refused(encode_link(to("https://shop.example/x"), others));
  refused(signing_.seal("decision", *signing_.open("link", good)));
  EXPECT_EQ(stored(), 0U);
  const SigningKeys old{{{1, std::string(32, 'k')}}};
  const std::string before = encode_link(to("https://shop.example/x"), old);
  EXPECT_EQ(get("/v1/c/" + before)->answer.status, 302) << "keys are exchanged one after the other";
}

TEST_F(ClickRouteTest, TakesADecisionIdForALink) {
  options_->signing_keys = std::make_shared<const SigningKeys>(
      std::vector<SigningKey>{{1, std::string(32, 'k')}, {2, std::string(32, 'n')}});
  DecisionFacts decision{.number = 9, .time_us = kTestNowUs - kMinuteUs, .tenant = "1"};
  decision.campaign_id = "c1";
  decision.line_item_id = "li1";
  decision.creative_id = "cr1";
  decision.price_micros = 300'000;
  const std::string id = encode_decision_id(decision, signing_);
  EXPECT_EQ(get("/v1/c/" + id)->header("Location"), "https://shop.example/1");
  ASSERT_EQ(stored(), 1U);
  EXPECT_EQ(last().decision_id, id);
  EXPECT_EQ(last().campaign_id, "c1");
  EXPECT_EQ(last().cost_micros, 300'000);
  EXPECT_EQ(last().flags & event_flag::signed_decision, event_flag::signed_decision);
  EXPECT_EQ(get("/v1/c/" + id + "?url=https://shop.example/")->answer.status, 400);
  clock_.now_us += 2 * kDayUs;
  EXPECT_EQ(get("/v1/c/" + id)->answer.status, 302) << "an old page leads on";
  EXPECT_EQ(last().campaign_id, "c1");
  EXPECT_FALSE(last().has_cost);
  EXPECT_EQ(last().flags & event_flag::foreign_decision, event_flag::foreign_decision);
}

TEST_F(ClickRouteTest, EndsWithItsTimeItsDomainsAndItsCreative) {
  Link link = to("https://shop.example/x");
  link.expires_at = kTestNowUs + 10 * kSecondUs;
  EXPECT_EQ(click(link)->answer.status, 302);
  clock_.now_us += 10 * kSecondUs;
  EXPECT_EQ(click(link)->answer.status, 400);
  EXPECT_NE(click(link)->answer.body.find("link_expired"), std::string::npos);
  options_->click_domains = {"other.example"};
  EXPECT_EQ(click(to("https://shop.example/x"))->answer.status, 400);
  EXPECT_EQ(click(to("https://a.other.example/x"))->answer.status, 302);
  Link stored_page;
  stored_page.tenant = "1";
  stored_page.creative_id = "cr1";
  EXPECT_EQ(click(stored_page)->answer.status, 302) << "the catalog's own pages are no strangers";
  objects_.add(EntityKind::creative, "cr1", "{}", true);
  EXPECT_EQ(click(stored_page)->answer.status, 404);
  stored_page.tenant = "2";
  EXPECT_EQ(click(stored_page)->answer.status, 404) << "another tenant's creative is none";
}

TEST_F(ClickRouteTest, NeverSendsOnToAStoredPageThatIsUnsafe) {
  for (const char* bad : {"https://shop.example/%0d%0aX", "javascript:alert(1)", "//evil", ""}) {
    objects_.add(EntityKind::creative, "odd",
                 std::string(R"({"line_item_id":"li1","landing_url":")") + bad + "\"}");
    Link link;
    link.tenant = "1";
    link.creative_id = "odd";
    const auto kept = click(link);
    EXPECT_GE(kept->answer.status, 400) << bad;
    EXPECT_FALSE(kept->has("Location")) << bad;
  }
}

TEST_F(ClickRouteTest, MakesLinksForWhatTheTenantHas) {
  const auto made =
      make(R"({"creative_id":"cr1","placement_id":"pl1","expires_at":"2026-11-22T00:00:00Z"})");
  ASSERT_EQ(made->answer.status, 201) << made->answer.body;
  const std::string& body = made->answer.body;
  const std::string path =
      body.substr(body.find("/v1/c/"), body.find('"', body.find("/v1/c/")) - body.find("/v1/c/"));
  EXPECT_EQ(get(path)->header("Location"), "https://shop.example/1");
  EXPECT_NE(body.find(R"("expires_at":"2026-11-22T00:00:00)"), std::string::npos) << body;
  EXPECT_EQ(make(R"({"destination":"https://shop.example/?c={click_id}"})")->answer.status, 201);
  EXPECT_EQ(make(R"({"destination":"https://s.example/k\u00fcche"})")->answer.status, 201);
  EXPECT_EQ(make(R"({"campaign_id":"c1","domains":["Shop.Example"]})")->answer.status, 201);
}

TEST_F(ClickRouteTest, MakesNoLinkThatLeadsAstray) {
  objects_.add(EntityKind::creative, "theirs",
               R"({"line_item_id":"li1","landing_url":"https://s.example"})", false, "2");
  for (const char* unknown : {R"({"creative_id":"theirs"})", R"({"creative_id":"nope"})",
                              R"({"destination":"https://s.example","ad_id":"nope"})",
                              R"({"campaign_id":"gone","creative_id":"cr1"})",
                              R"({"placement_id":"x","creative_id":"cr1"})",
                              R"({"line_item_id":"x","creative_id":"cr1"})"})
    EXPECT_EQ(make(unknown)->answer.status, 404) << unknown;
  for (const char* bad :
       {R"({})", R"({"campaign_id":"c1"})", R"({"destination":"//evil"})",
        R"({"destination":"https:evil"})", R"({"destination":"\\evil"})",
        R"j({"destination":"javascript:alert(1)"})j",
        R"({"destination":"https://s.example/%0d%0a"})", R"({"destination":"https://u@s.example"})",
        R"({"destination":"https://b\u00fccher.example/"})",
        R"({"destination":"https://s.example","x":1})",
        R"({"creative_id":"cr1","expires_at":"2020-01-01T00:00:00Z"})",
        R"({"creative_id":"cr1","tenant":"2"})", R"({"creative_id":"cr1","domains":["a b"]})",
        R"([])"})
    EXPECT_EQ(make(bad)->answer.status, 422) << bad;
  options_->click_domains = {"shop.example"};
  EXPECT_EQ(make(R"({"destination":"https://evil.example"})")->answer.status, 422);
  EXPECT_EQ(make(R"({"destination":"https://a.shop.example"})")->answer.status, 201);
  EXPECT_EQ(make("{")->answer.status, 400);
  EXPECT_EQ(make(R"({"creative_id":"cr1"})", "sender")->answer.status, 403);
  EXPECT_EQ(make(R"({"creative_id":"cr1"})", "none")->answer.status, 401);
}

}  // namespace
}  // namespace adbacus
