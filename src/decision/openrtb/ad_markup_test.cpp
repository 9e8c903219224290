// What is sent to be rendered: banners and native ads.
#include <gtest/gtest.h>

#include "decision/openrtb/imp_rule.hpp"
#include "decision/openrtb/native_answer.hpp"

namespace adbacus {
namespace {

const AdLinks kLinks{.impression = "https://a.example/i?d=1&x=2", .click = "https://a.example/c/1"};
constexpr const char* kPixel =
    R"(<img src="https://a.example/i?d=1&amp;x=2" width="1" height="1" alt="")"
    R"( style="position:absolute;left:-9999px">)";

TEST(BannerMarkup, AnImageLinksAndIsCounted) {
  Creative creative;
  creative.image_url = R"(https://cdn.example/a.png?"><script>)";
  EXPECT_EQ(banner_markup(creative, AdSize{300, 250}, kLinks),
            std::string(R"(<a href="https://a.example/c/1" target="_blank" rel="noopener">)"
                        R"(<img src="https://cdn.example/a.png?&quot;&gt;&lt;script&gt;")"
                        R"( width="300" height="250")"
                        R"( alt="" border="0"></a>)") +
                kPixel);
}

TEST(BannerMarkup, ACreativesOwnMarkupNamesItsLinks) {
  Creative creative;
  creative.markup = "<a href='{click_url}'>{not ours}</a>{";
  EXPECT_EQ(banner_markup(creative, {}, kLinks),
            "<a href='https://a.example/c/1'>{not ours}</a>{" + std::string(kPixel));
  creative.markup = "<x e={click_url_enc} i='{impression_url}' p=${AUCTION_PRICE}>";
  EXPECT_EQ(
      banner_markup(creative, {}, kLinks),
      "<x e=https%3A%2F%2Fa.example%2Fc%2F1 i='https://a.example/i?d=1&x=2' p=${AUCTION_PRICE}>");
}

TEST(BannerMarkup, ATestSaysAuditForEveryMacroOfTheExchange) {
  EXPECT_EQ(with_audit_macros("a${AUCTION_PRICE}b${AUCTION_ID:B64}${OTHER}${AUCTION_"),
            "aAUDITbAUDIT${OTHER}${AUCTION_");
}

class NativeAnswer : public ::testing::Test {
 protected:
  // nullopt: the creative does not have what is asked for.
  std::optional<std::string> answer(const std::string& request, bool is_secure = false) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    EXPECT_EQ(parser.parse(request).get(root), simdjson::SUCCESS) << request;
    JsonFields fields;
    const NativeRequest asked = read_native_request("", root, fields);
    EXPECT_TRUE(fields.problems().empty()) << request;
    return native_answer(asked, item_, creative_, is_secure, kLinks);
  }
  void give_markup() {
    creative_.markup = R"({"assets":[{"title":{"text":"Grüße"}},)"
                       R"({"img":{"type":1,"url":"http://cdn.example/i.png","w":80,"h":80}},)"
                       R"({"data":{"type":2,"value":"The best"}}]})";
  }

  ServingItem item_ = {.advertiser = std::make_shared<const Advertiser>(
                           Advertiser{.name = "Shop", .domain = "shop.example"})};
  Creative creative_ = {.image_url = "https://cdn.example/a.png", .w = 1200, .h = 627};
};

TEST_F(NativeAnswer, HasEachAssetThatWasAskedFor) {
  give_markup();
  EXPECT_EQ(
      answer(R"({"ver":"1.2","assets":[{"id":1,"required":1,"title":{"len":25}},)"
             R"({"id":2,"required":1,"img":{"type":3,"wmin":600,"hmin":300}},)"
             R"({"id":3,"img":{"type":1,"w":80,"h":80}},{"id":4,"data":{"type":2,"len":90}},)"
             R"({"id":5,"data":{"type":1}},{"id":6,"data":{"type":12}},{"id":7,"video":{}}]})"),
      R"({"ver":"1.2","assets":[{"id":1,"required":1,"title":{"text":"Grüße"}},)"
      R"({"id":2,"required":1,"img":{"url":"https://cdn.example/a.png","w":1200,"h":627}},)"
      R"({"id":3,"img":{"url":"http://cdn.example/i.png","w":80,"h":80}},)"
      R"({"id":4,"data":{"value":"The best"}},)"
      R"({"id":5,"data":{"value":"Shop"}}],"link":{"url":"https://a.example/c/1"},)"
      R"("eventtrackers":[{"event":1,"method":1,"url":"https://a.example/i?d=1&x=2"}]})");
}

TEST_F(NativeAnswer, IsWrittenAsItWasAsked) {
  EXPECT_EQ(
      answer(R"({"native":{"ver":"1.1","assets":[{"id":1,"data":{"type":11}}]}})"),
      R"({"native":{"ver":"1.1","assets":[{"id":1,"data":{"value":"shop.example"}}],)"
      R"("link":{"url":"https://a.example/c/1"},"imptrackers":["https://a.example/i?d=1&x=2"]}})");
}

TEST_F(NativeAnswer, NothingIsSentWithoutARequiredAsset) {
  const auto has = [&](const std::string& asset, bool is_secure = false) {
    return answer(R"({"assets":[{"id":1,"required":1,)" + asset + "}]}", is_secure).has_value();
  };
  EXPECT_FALSE(has(R"("title":{"len":90})"));
  EXPECT_TRUE(has(R"("img":{"type":3})"));
  EXPECT_FALSE(has(R"("img":{"type":1})"));
  EXPECT_FALSE(has(R"("img":{"type":3,"w":300,"h":250})"));
  EXPECT_FALSE(has(R"("img":{"type":3,"wmin":1201,"hmin":1})"));
  EXPECT_TRUE(has(R"("img":{"type":3,"w":300,"h":250,"wmin":300,"hmin":157})"));
  EXPECT_FALSE(has(R"("video":{"mimes":[]})"));
  give_markup();
  EXPECT_TRUE(has(R"("title":{"len":5})")) << "characters, not bytes";
  EXPECT_FALSE(has(R"("title":{"len":4})"));
  EXPECT_TRUE(has(R"("img":{"type":1})"));
  EXPECT_FALSE(has(R"("img":{"type":1})", true));
  for (const char* markup :
       {"<b>html</b>", "{", "[]", "{\"assets\":5}", "{\"assets\":[{\"title\":{\"text\":5}}]}"}) {
    creative_.markup = markup;
    EXPECT_EQ(has(R"("title":{"len":3})"), std::string_view(markup).ends_with("]}")) << markup;
  }
}

TEST(ImpRule, LooksAtWhatIsShownAndWhereItLeads) {
  Creative facts;
  facts.image_url = "http://cdn.example/a.png";
  facts.landing_url = "https://www.shop.example/p";
  ServingItem item = {.advertiser_id = "a1"};
  ServingCreative creative;
  const auto allows = [&](const Imp& imp, const BidRequest& request) {
    creative.facts = std::make_shared<const Creative>(facts);
    return ImpRule(imp, std::make_shared<const RequestLimits>(request)).allows(item, creative);
  };
  Imp banner;
  banner.has_banner = true;
  BidRequest any;
  EXPECT_TRUE(allows(banner, any));
  EXPECT_FALSE(allows({}, any));
  Imp secure = banner;
  secure.is_secure = true;
  EXPECT_FALSE(allows(secure, any));
  BidRequest blocking;
  blocking.blocked_domains = {"shop.example"};
  EXPECT_FALSE(allows(banner, blocking)) << "by the landing page, as no advertiser is known";
  item.advertiser =
      std::make_shared<const Advertiser>(Advertiser{.name = "A", .domain = "other.example"});
  EXPECT_TRUE(allows(banner, blocking));
  BidRequest seats;
  seats.seats = {"a1"};
  EXPECT_TRUE(allows(banner, seats));
  seats.seats = {"a2"};
  EXPECT_FALSE(allows(banner, seats));
  creative.ad_type = AdType::native;
  EXPECT_FALSE(allows(banner, any));
  creative.ad_type = AdType::video;
  EXPECT_FALSE(allows(banner, any));
  creative.ad_type = AdType::text;
  facts.image_url.clear();
  EXPECT_FALSE(allows(banner, any)) << "there is nothing to show";
}

}  // namespace
}  // namespace adbacus
