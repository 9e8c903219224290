#include "decision/openrtb/bid_request.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "decision/openrtb/country_codes.hpp"
#include "decision/request_consent.hpp"

namespace adbacus {
namespace {

// "code at pointer; ..." of what is wrong.
std::string problems_of(const std::string& body) {
  BidRequest request;
  const bool is_read = read_bid_request(body, request);
  std::string out;
  for (const http::ProblemItem& item : request.fields.problems()) {
    out += item.code + " " + item.pointer + "; ";
  }
  EXPECT_EQ(is_read, out.empty()) << body;
  return out;
}

std::string value_of(const BidRequest& request, std::string_view field) {
  std::string out;
  for (const auto& [name, value] : request.ads.context) {
    if (name == field) out += std::string(value) + "|";
  }
  return out;
}

constexpr const char* kFull = R"({"id":"r1","at":2,"tmax":120,"test":0,"cur":["EUR","USD"],
  "bcat":["IAB25","IAB7-39"],"badv":["Casino.Example","b.example"],"wseat":["s1"],"bseat":["s9"],
  "source":{"tid":"x"},"ext":{"anything":[1,{"a":null}]},
  "imp":[{"id":"1","tagid":"top","bidfloor":0.75,"bidfloorcur":"EUR","secure":1,"instl":0,
          "banner":{"w":300,"h":250,"format":[{"w":728,"h":90},{"wratio":4,"hratio":3}],"pos":1}},
         {"id":"2","tagid":7,"video":{"mimes":["video/mp4"]}},
         {"id":"3","native":{"ver":"1.2","request":
            "{\"assets\":[{\"id\":1,\"required\":1,\"title\":{\"len\":25}}]}"},
          "pmp":{"private_auction":1,"deals":[]}}],
  "site":{"id":"s","domain":"news.example","page":"https://News.Example:8443/sports/today?x=1",
          "keywords":"football, news","publisher":{"id":"p"}},
  "device":{"ua":"UA","ip":"192.0.2.7","devicetype":4,"os":"iOS","osv":"18.1","language":"de",
            "geo":{"country":"DEU","region":"BE","city":"Berlin","lat":52.5,"lon":13.4}},
  "user":{"id":"u","data":[{"id":"d","segment":[{"id":"cars"},{"id":"dogs"}]}]}})";

TEST(BidRequest, HasWhatDecisionsNeed) {
  const std::string body(kFull);
  BidRequest request;
  ASSERT_TRUE(read_bid_request(body, request)) << problems_of(body);
  EXPECT_EQ(request.id, "r1");
  EXPECT_EQ(request.tmax_ms, 120);
  EXPECT_FALSE(request.is_test);
  EXPECT_EQ(request.currencies, (std::vector<std::string_view>{"EUR", "USD"}));
  EXPECT_EQ(request.seats, (std::vector<std::string_view>{"s1"}));
  EXPECT_EQ(request.ads.blocks.advertisers,
            (std::vector<std::string_view>{"casino.example", "b.example", "s9"}));
  EXPECT_EQ(request.ads.blocks.categories, (std::vector<std::string_view>{"IAB25", "IAB7-39"}));
  ASSERT_EQ(request.imps.size(), 3U);
  const Imp& banner = request.imps[0];
  EXPECT_EQ(banner.tagid, "top");
  EXPECT_EQ(banner.floor, 750'000);
  EXPECT_EQ(banner.floor_currency, "EUR");
  EXPECT_TRUE(banner.is_secure && banner.can_be_shown());
  EXPECT_EQ(banner.sizes, (std::vector<AdSize>{{728, 90}, {300, 250}}));
  EXPECT_EQ(request.imps[1].tagid, "7");
  EXPECT_FALSE(request.imps[1].can_be_shown()) << "video";
  ASSERT_TRUE(request.imps[2].native && request.imps[2].native->assets.size() == 1);
  EXPECT_EQ(request.imps[2].native->assets[0].length_max, 25);
  EXPECT_FALSE(request.imps[2].can_be_shown()) << "deals only";
}

TEST(BidRequest, SaysWhoItIsForInTheWordsOfTargeting) {
  const std::string body(kFull);
  BidRequest request;
  ASSERT_TRUE(read_bid_request(body, request));
  for (const auto& [field, value] : {std::pair{"host", "news.example|"},
                                     {"path", "/sports/today|"},
                                     {"country", "DE|"},
                                     {"region", "BE|"},
                                     {"city", "Berlin|"},
                                     {"device", "mobile|"},
                                     {"os", "iOS|"},
                                     {"os_version", "18.1|"},
                                     {"language", "de|"},
                                     {"user_agent", "UA|"},
                                     {"ip", "192.0.2.7|"},
                                     {"location", "52.5,13.4|"},
                                     {"keyword", "football|news|"},
                                     {"segment", "cars|dogs|"},
                                     {"inventory", "site|"}}) {
    EXPECT_EQ(value_of(request, field), value) << field;
  }
  EXPECT_EQ(request.ads.user_id, "exchange:u");
}

TEST(BidRequest, TheBuyersOwnIdOfAUserIsPreferred) {
  const auto user_of = [](const std::string& more) {
    const std::string body = R"({"id":"r","imp":[{"id":"1"}],)" + more + "}";
    BidRequest request;
    EXPECT_TRUE(read_bid_request(body, request)) << body;
    apply_consent({}, GdprPlace::unknown, false, request.ads);
    return std::string(request.ads.may_identify ? request.ads.user_id : "nobody");
  };
  EXPECT_EQ(user_of(R"("user":{"id":"u","buyeruid":"b"},"device":{"ifa":"i"})"), "b");
  EXPECT_EQ(user_of(R"("user":{"id":"u"},"device":{"ifa":"i"})"), "exchange:u");
  EXPECT_EQ(user_of(R"("device":{"ifa":"i"})"), "ifa:i");
  EXPECT_EQ(user_of(R"("user":{"buyeruid":"b"},"device":{"ifa":"i","lmt":1})"), "");
  EXPECT_EQ(user_of(R"("device":{"ifa":"i","lmt":1})"), "");
  EXPECT_EQ(user_of(R"("user":{"buyeruid":"b"},"regs":{"coppa":1})"), "nobody");
  EXPECT_EQ(user_of(R"("user":{"buyeruid":"b"},"regs":{"gpc":1})"), "") << "known elsewhere too";
}

// Whatever order the members come in.
TEST(BidRequest, ObeysSignalsOfPrivacy) {
  struct Case {
    const char* signal;
    bool may_identify;
    bool may_personalise;
  };
  for (const Case& one : {Case{R"("regs":{"coppa":1})", false, false},
                          {R"("regs":{"gdpr":1},"user":{"consent":"x"})", false, false},
                          {R"("regs":{"ext":{"gdpr":1}})", false, false},
                          {R"("device":{"lmt":1})", true, false},
                          {R"("device":{"lmt":0,"dnt":1})", true, false},
                          {R"("regs":{"us_privacy":"1YYN"})", true, false},
                          {R"("regs":{"gpc":"1"})", true, false},
                          {R"("regs":{"us_privacy":"1YNN","gdpr":0,"coppa":0})", true, true}}) {
    const std::string who =
        R"("user":{"id":"u"},"device":{"ip":"192.0.2.7","geo":{"lat":1,"lon":2}})";
    for (const bool first : {true, false}) {
      const std::string more = first ? std::string(one.signal) + "," + who : who + "," + one.signal;
      const std::string body = R"({"id":"r","imp":[{"id":"1"}],)" + more + "}";
      BidRequest request;
      ASSERT_TRUE(read_bid_request(body, request)) << body;
      apply_consent({}, GdprPlace::unknown, false, request.ads);
      EXPECT_EQ(request.ads.may_identify, one.may_identify) << body;
      EXPECT_EQ(request.ads.may_personalise, one.may_personalise) << body;
      EXPECT_EQ(value_of(request, "location").empty(), !one.may_identify) << body;
      EXPECT_EQ(value_of(request, "ip").empty(), !one.may_identify) << body;
    }
  }
}

TEST(BidRequest, TellsWhatIsWrong) {
  EXPECT_EQ(problems_of(""), "required ; ");
  EXPECT_EQ(problems_of("{"), "invalid_json ; ");
  EXPECT_EQ(problems_of("[]"), "invalid_type ; ");
  EXPECT_EQ(problems_of("{}"), "required /id; required /imp; ");
  EXPECT_EQ(problems_of(R"({"id":"r","imp":[]})"), "required /imp; ");
  EXPECT_EQ(problems_of(R"({"id":"r","imp":{}})"), "invalid_type /imp; required /imp; ");
  EXPECT_EQ(problems_of(R"({"id":"r","imp":[{}]})"), "required /imp/0/id; ");
  EXPECT_EQ(problems_of(R"({"id":"r","imp":[{"id":"1"},{"id":"1"}]})"), "duplicate /imp/1/id; ");
  EXPECT_EQ(problems_of(R"({"id":"r","imp":[{"id":"1","bidfloor":-1}]})"),
            "out_of_range /imp/0/bidfloor; ");
  EXPECT_EQ(problems_of(R"({"id":"r","imp":[{"id":"1","banner":{"w":"wide"}}]})"),
            "invalid_type /imp/0/banner/w; ");
  EXPECT_EQ(problems_of(R"({"id":"r","imp":[{"id":"1","native":{"request":"{"}}]})"),
            "invalid_json /imp/0/native/request; ");
  std::string imps;
  for (int i = 0; i < 101; ++i)
    imps += (i > 0 ? R"(,{"id":")" : R"({"id":")") + std::to_string(i) + "\"}";
  EXPECT_EQ(problems_of(R"({"id":"r","imp":[)" + imps + "]}"), "too_many /imp; ");
  EXPECT_EQ(problems_of(std::string(kBidRequestBytesMax + 1, ' ')), "too_large ; ");
  std::string deep =
      R"({"id":"r","imp":[{"id":"1"}],"ext":)" + std::string(40, '[') + std::string(40, ']') + "}";
  EXPECT_EQ(problems_of(deep), "invalid_json ; ");
}

TEST(BidRequest, ForgivesWhatIsNotSaidAndHowNumbersAreWritten) {
  EXPECT_EQ(
      problems_of(
          R"({"id":5,"imp":[{"id":1,"bidfloor":"0.5","banner":{"w":"300","h":250.0}}],)"
          R"("site":null,"user":null,"device":{"ip":null},"regs":{"coppa":false},"cur":null})"),
      "");
}

// Nothing that a sender writes does any harm.
TEST(BidRequest, TakesOrRefusesEveryChangedRequest) {
  Rng rng(test_seed());
  const std::string whole(kFull);
  for (int i = 0; i < 20'000; ++i) {
    std::string body = whole;
    for (auto changes = 1 + rng.below(4); changes > 0; --changes) {
      const std::size_t at = rng.below(body.size());
      constexpr std::string_view kBytes = "{}[]\",:0-9e.truenl\\u\x80 ";
      switch (rng.below(3)) {
        case 0:
          body[at] = kBytes[rng.below(kBytes.size())];
          break;
        case 1:
          body.erase(at, 1 + rng.below(8));
          break;
        default:
          body.insert(at, 1, kBytes[rng.below(kBytes.size())]);
      }
    }
    BidRequest request;
    const bool is_read = read_bid_request(body, request);
    EXPECT_EQ(is_read, request.fields.problems().empty()) << body;
  }
}

TEST(CountryCodes, KnowsEveryCountryByThreeLetters) {
  EXPECT_EQ(country_alpha2("DEU"), "DE");
  EXPECT_EQ(country_alpha2("USA"), "US");
  EXPECT_EQ(country_alpha2("GBR"), "GB");
  EXPECT_EQ(country_alpha2("CHE"), "CH");
  EXPECT_EQ(country_alpha2("ABW"), "AW");
  EXPECT_EQ(country_alpha2("ZWE"), "ZW");
  for (const char* none : {"", "DE", "deu", "QQQ", "DEUX", "AAA", "ZZZ"}) {
    EXPECT_EQ(country_alpha2(none), "") << none;
  }
}

}  // namespace
}  // namespace adbacus
