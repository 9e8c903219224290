#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "catalog/schema/field_reader.hpp"
#include "catalog/schema/field_writer.hpp"
#include "catalog/schema/schema_text.hpp"
#include "catalog/schema/schemas.hpp"
#include "catalog/schema/stored.hpp"
#include "http/testing/json_check.hpp"

namespace adbacus {
namespace {

template <class T>
struct Read {
  T object;
  Problems problems;
};

template <class T>
Read<T> read(std::string_view json, ReadMode mode = ReadMode::replace, T start = {}) {
  Read<T> out{std::move(start), {}};
  const auto node = parse_json(json);
  EXPECT_TRUE(node) << (node ? "" : node.error().message);
  if (node) read_fields(schema_of(kKindOf<T>), *node, mode, "", {}, &out.object, out.problems);
  return out;
}

template <class T>
std::string write(const T& object) {
  http::JsonWriter json;
  json.begin_object();
  write_fields(schema_of(kKindOf<T>), &object, json);
  json.end_object();
  return std::move(json).take();
}

template <class T>
std::string wrong(std::string_view json, ReadMode mode = ReadMode::replace, T start = {}) {
  std::string text;
  for (const auto& item : read<T>(json, mode, std::move(start)).problems) {
    text += item.pointer + " " + item.code + "; ";
  }
  return text;
}

TEST(Schema, AnEmptyCampaignHasTheDefaultsOfTheHandbook) {
  const auto campaign = read<Campaign>(R"({"name":"Spring"})");
  EXPECT_TRUE(campaign.problems.empty());
  EXPECT_EQ(write(campaign.object),
            R"({"name":"Spring","advertiser_id":null,"status":"DRAFT","start_at":null,)"
            R"("end_at":null,"daily_budget_micros":null,"daily_budget_cents":null,)"
            R"("budget_micros":null,"budget_cents":null,"currency":null,"timezone":null,)"
            R"("caps":[],"goals":[]})");
  const auto item = read<LineItem>(R"({"campaign_id":10,"placement_id":"p","bid_cents":150})");
  EXPECT_TRUE(item.problems.empty());
  EXPECT_EQ(item.object.campaign_id, "10");
  EXPECT_EQ(item.object.bid, 1'500'000);
  EXPECT_EQ(item.object.pricing, Pricing::cpc);
  EXPECT_EQ(item.object.pacing_mode, PacingMode::standard);
  EXPECT_EQ(item.object.targeting, Targeting());
}

TEST(Schema, EveryKindReadsBackWhatItWrites) {
  const auto back = [](const auto& object) {
    using T = std::decay_t<decltype(object)>;
    const std::string text = write(object);
    EXPECT_TRUE(http::is_well_formed_json(text)) << text;
    const auto again = read<T>(text, ReadMode::replace);
    EXPECT_TRUE(again.problems.empty()) << text << " " << again.problems[0].pointer;
    EXPECT_EQ(again.object, object) << text;
  };
  back(Campaign{.name = "a \"quoted\" ☂ name",
                .advertiser_id = "7",
                .status = LifeStatus::active,
                .start_at = 1'700'000'000'123'456,
                .end_at = 1'800'000'000'000'000,
                .daily_budget = 1,
                .budget = kAmountMaxMicros,
                .currency = "JPY",
                .timezone = "Asia/Tokyo",
                .caps = {{5, 24}, {1, 1}},
                .goals = {{GoalMetric::revenue, GoalPeriod::daily, 12}}});
  LineItem item{.name = "x", .campaign_id = "1", .placement_id = "2", .bid = 12'345'000};
  item.targeting = read<LineItem>(R"({"campaign_id":1,"placement_id":1,"bid_cents":1,
          "targeting_json":{"all":[{"country":["DE"]},{"not":{"field":"os","value":"ios"}}]}})")
                       .object.targeting;
  ASSERT_EQ(item.targeting.root.children.size(), 2U);
  back(item);
  back(Advertiser{"n", "shop.example", {"IAB1", "IAB2-3"}, {{2, 3}}});
  back(Publisher{"n", "news.example"});
  back(Placement{"key", "n", "pub", {{300, 250}, {1, 1}}, 1'000});
  back(Creative{.line_item_id = "1",
                .product_sku = "SKU-1",
                .image_url = "https://cdn.example/a.png",
                .landing_url = "http://[2001:db8::1]:8080/p?x={click_id}",
                .markup = "<b>\n</b>",
                .w = 1,
                .h = 2});
  back(Ad{"n", "1", "2", AdType::video, SwitchStatus::paused, {}});
  back(AttributionRule{.campaign_id = "3", .model = AttributionModel::time_decay});
  back(ConversionType{"purchase", "Purchase", 5, "EUR"});
  back(Experiment{.name = "e",
                  .level = ExperimentLevel::ranking,
                  .variants = {{"a", 1, ""}, {"b", 2, "ecpm"}}});
  back(User{"a@b.example", "A", "sub-1", Role::admin, SwitchStatus::active, "1", ""});
}

TEST(Schema, EveryProblemIsToldWithItsPlace) {
  EXPECT_EQ(wrong<Campaign>("{}"), "/name required; ");
  EXPECT_EQ(wrong<Campaign>(R"({"name":null})"), "/name required; ");
  EXPECT_EQ(wrong<Campaign>(R"({"name":""})"), "/name out_of_range; ");
  EXPECT_EQ(
      wrong<Campaign>(R"({"name":1,"spent":2,"a/b":1,"version":3})"),
      "/name invalid_type; /spent unknown_field; /a~1b unknown_field; /version unknown_field; ");
  EXPECT_EQ(wrong<Campaign>(R"({"name":"x","status":"ENDED"})", ReadMode::create),
            "/status invalid_value; ");
  EXPECT_EQ(wrong<Campaign>(R"({"name":"x","status":"ENDED"})"), "");
  EXPECT_EQ(wrong<Campaign>(R"({"name":"x","daily_budget_cents":1.00001})"),
            "/daily_budget_cents invalid_type; ");
  EXPECT_EQ(wrong<Campaign>(R"({"name":"x","budget_cents":-1})"), "/budget_cents out_of_range; ");
  EXPECT_EQ(wrong<Campaign>(R"({"name":"x","budget_cents":1,"budget_micros":10001})"),
            "/budget_cents contradiction; ");
  EXPECT_EQ(wrong<Campaign>(R"({"name":"x","start_at":"2026-02-01","end_at":"2026-01-01"})"),
            "/end_at out_of_range; ");
  EXPECT_EQ(wrong<Campaign>(R"({"name":"x","currency":"eur","timezone":"Mars/Olympus"})"),
            "/currency invalid_value; /timezone invalid_value; ");
  EXPECT_EQ(wrong<Campaign>(R"({"name":"x","caps":[{"count":1,"period_hours":24},{"count":0}]})"),
            "/caps/1/count out_of_range; /caps/1/period_hours required; ");
  EXPECT_EQ(wrong<LineItem>(R"({"campaign_id":-1,"placement_id":1.5,"bid_cents":"1"})"),
            "/campaign_id invalid_value; /placement_id invalid_value; /bid_cents invalid_type; ");
  EXPECT_EQ(
      wrong<LineItem>(R"({"campaign_id":1,"placement_id":1,"bid_micros":1500,"pricing":"cpm"})"),
      "/bid_micros invalid_value; ");
  EXPECT_EQ(wrong<Creative>(R"({"line_item_id":1,"landing_url":"https://a.example","w":1})"),
            "/h required; ");
  EXPECT_EQ(wrong<Campaign>("[]"), " invalid_type; ");
}

TEST(Schema, LandingPagesAreWebPages) {
  for (const char* url :
       {"https://user@evil.example/", "https:evil.example", "javascript:alert(1)", "//evil.example",
        "https://a b.example", "https://a.example\\\\@b.example", "ftp://a.example", "https://",
        "https://.example", "https://a..example", "https://a.example:x",
        "https://a.example/\\r\\nLocation: x"}) {
    EXPECT_EQ(wrong<Creative>(fmt::format(R"({{"line_item_id":1,"landing_url":"{}"}})", url)),
              "/landing_url invalid_value; ")
        << url;
  }
}

TEST(Schema, MergingChangesOnlyWhatIsThere) {
  const Campaign start{.name = "x", .status = LifeStatus::ended, .budget = 5, .caps = {{1, 1}}};
  const auto renamed = read<Campaign>(R"({"name":"y"})", ReadMode::merge, start);
  EXPECT_EQ(renamed.object.name, "y");
  EXPECT_EQ(renamed.object.budget, 5);
  EXPECT_EQ(renamed.object.status, LifeStatus::ended);
  const auto unset = read<Campaign>(R"({"budget_cents":null,"caps":null})", ReadMode::merge, start);
  EXPECT_EQ(unset.object.budget, std::nullopt);
  EXPECT_TRUE(unset.object.caps.empty());
  EXPECT_EQ(wrong<Campaign>(R"({"name":null})", ReadMode::merge, start), "/name required; ");
}

TEST(Schema, TargetingIsATreeWithReasonsForRefusal) {
  const auto of = [](std::string_view json) {
    return wrong<LineItem>(fmt::format(
        R"({{"campaign_id":1,"placement_id":1,"bid_cents":1,"targeting_json":{}}})", json));
  };
  constexpr const char* kGood[] = {
      "{}",
      "null",
      R"({"country":"CA","room_type":["bedroom","bath"]})",
      R"({"any":[{"field":"hour_of_week","op":"daypart","value":"mon-fri 08-18"}]})",
      R"({"not":[{"field":"ip","op":"cidr","value":["10.0.0.0/8","2001:db8::/32"]}]})",
      R"({"field":"location","op":"geo_radius","value":"52.5,13.4,10"})",
      R"({"field":"age","op":"between","value":[18,65]})",
      R"({"field":"user","op":"exists"})"};
  for (const char* good : kGood) {
    EXPECT_EQ(of(good), "") << good;
  }
  EXPECT_EQ(of("[]"), "/targeting_json invalid_type; ");
  EXPECT_EQ(of(R"({"all":[]})"), "/targeting_json/all out_of_range; ");
  EXPECT_EQ(of(R"({"all":[{"not":{}}],"any":[]})"), "/targeting_json ambiguous; ");
  EXPECT_EQ(of(R"({"any":[{"field":"x","op":"near","value":1}]})"),
            "/targeting_json/any/0/op invalid_value; ");
  EXPECT_EQ(of(R"({"field":"x","op":"regex","value":"("})"),
            "/targeting_json/value invalid_value; ");
  EXPECT_EQ(of(R"({"field":"x","op":"cidr","value":"10.0.0.0/33"})"),
            "/targeting_json/value invalid_value; ");
  EXPECT_EQ(of(R"({"field":"x","op":"between","value":1})"),
            "/targeting_json/value invalid_type; ");
  EXPECT_EQ(of(R"({"field":"x","op":"eq","value":[1,2]})"), "/targeting_json/value invalid_type; ");
  EXPECT_EQ(of(R"({"country":{"de":1}})"), "/targeting_json/country invalid_type; ");
  std::string deep = "{}";
  for (int i = 0; i < 9; ++i) deep = R"({"all":[)" + deep + "]}";
  EXPECT_NE(of(deep).find("too_complex"), std::string::npos);
}

TEST(Schema, AConditionThatCanNeverHoldIsRefusedOrItsFieldImplied) {
  constexpr std::string_view kItem =
      R"({{"campaign_id":1,"placement_id":1,"bid_cents":1,"targeting_json":{}}})";
  const auto leaf = [&](std::string_view json) {
    return read<LineItem>(fmt::format(kItem, json)).object.targeting.root;
  };
  EXPECT_EQ(leaf(R"({"op":"daypart","value":"mon-fri 08-18"})"),
            leaf(R"({"field":"hour_of_week","op":"daypart","value":"mon-fri 08-18"})"));
  EXPECT_EQ(leaf(R"({"op":"daypart","value":"sun"})").field, "hour_of_week");
  EXPECT_EQ(leaf(R"({"op":"segment","values":["vip","new"]})").field, "segment");
  EXPECT_EQ(leaf(R"({"not":{"op":"cidr","value":"10.0.0.0/8"}})").children.at(0).field, "ip");
  EXPECT_EQ(leaf(R"({"op":"geo_radius","value":"52.5,13.4,10"})").field, "location");

  const auto of = [&](std::string_view json) { return wrong<LineItem>(fmt::format(kItem, json)); };
  EXPECT_EQ(of(R"({"op":"eq","value":"DE"})"), "/targeting_json/field required; ");
  EXPECT_EQ(of(R"({"op":"exists"})"), "/targeting_json/field required; ");
  EXPECT_EQ(of(R"({"op":"DE"})"), "/targeting_json/op invalid_value; ");
  EXPECT_EQ(of(R"({"any":[{"field":"hour","op":"daypart","value":"sun"}]})"),
            "/targeting_json/any/0/field invalid_value; ");
  EXPECT_EQ(of(R"({"field":"interest","op":"segment","value":"vip"})"),
            "/targeting_json/field invalid_value; ");
  EXPECT_EQ(of(R"({"field":"country","op":"cidr","value":"10.0.0.0/8"})"),
            "/targeting_json/field invalid_value; ");
  EXPECT_EQ(of(R"({"field":"city","op":"geo_radius","value":"52.5,13.4,10"})"),
            "/targeting_json/field invalid_value; ");
  EXPECT_EQ(of(R"({"field":"client_ip","op":"cidr","value":"10.0.0.0/8"})"), "");
}

// Else the line item would be for everybody.
TEST(Schema, StoredTargetingStaysWhateverRequestsMaySayNow) {
  for (const char* json : {R"({"op":"eq","value":"DE"})", R"({"op":"daypart","value":"always"})",
                           R"({"op":"x"})", R"({"field":"hour","op":"daypart","value":"sun"})",
                           R"({"field":"country","op":"cidr","value":"10.0.0.0/8"})"}) {
    LineItem item;
    ASSERT_TRUE(
        read_stored(kLineItemSchema, fmt::format(R"({{"targeting_json":{}}})", json), &item));
    EXPECT_EQ(item.targeting.json, json);
    EXPECT_NE(item.targeting.root, TargetingNode()) << json;
  }
}

TEST(Schema, AnyBytesAreReadOrRefusedWithoutHarm) {
  const char* given = std::getenv("ADBACUS_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : secure_random_u64();
  SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
  Rng rng(seed);
  const std::string start =
      R"({"name":"x","status":"ACTIVE","caps":[{"count":1,"period_hours":2}],"budget_cents":1.25,)"
      R"("start_at":"2026-01-01T00:00:00Z","goals":[{"metric":"clicks","target":3}]})";
  for (int round = 0; round < 3'000; ++round) {
    std::string text = start;
    for (std::uint64_t n = 1 + rng.below(4); n > 0; --n) {
      const std::size_t at = rng.below(text.size());
      switch (rng.below(3)) {
        case 0:
          text[at] = static_cast<char>(rng.below(256));
          break;
        case 1:
          text.erase(at, 1 + rng.below(6));
          break;
        default:
          text.insert(at, start.substr(rng.below(start.size()), rng.below(8)));
      }
      if (text.empty()) text = "{";
    }
    const auto node = parse_json(text);
    if (!node) continue;
    Campaign campaign;
    Problems problems;
    read_fields(kCampaignSchema, *node, ReadMode::replace, "", {}, &campaign, problems);
    if (problems.empty()) {
      const auto again = read<Campaign>(write(campaign), ReadMode::stored);
      EXPECT_EQ(again.object, campaign) << text;
    }
  }
}

TEST(JsonNode, RefusesWhatIsNotJson) {
  for (const char* bad : {"", "{", "1", "\"a\"", "{}x", "{\"a\":1,}", "{\"a\":01}", "{\"a\":+1}",
                          "{\"a\":nul}", "{\"a\":1 2}", "{\"a\":\"\\x\"}", "{\"a\":\"\xff\"}",
                          "{\"a\":1,\"a\":2}", "[1,2", "{a:1}", "[tru]", "[.5]", "[1.]", "[--1]"}) {
    EXPECT_FALSE(parse_json(bad)) << bad;
  }
  EXPECT_FALSE(parse_json(std::string(100, '[') + std::string(100, ']')));
  const auto exact = parse_json(R"({"n":12345678901234567890.10, "s":"é\n"})");
  ASSERT_TRUE(exact);
  EXPECT_EQ(json_text(*exact), "{\"n\":12345678901234567890.10,\"s\":\"é\\n\"}");
}

TEST(Schema, IsWellFormedForOpenApi) {
  for (const EntityKind kind : kEntityKinds) {
    for (const SchemaUse use : {SchemaUse::creation, SchemaUse::change, SchemaUse::answer}) {
      EXPECT_TRUE(http::is_well_formed_json(schema_text(schema_of(kind), use)));
    }
  }
}

}  // namespace
}  // namespace adbacus
