#include "app/load/event_stream.hpp"

#include <gtest/gtest.h>
#include <map>
#include <set>
#include <simdjson.h>

#include "app/load/event_text.hpp"
#include "app/load/load_request.hpp"

namespace adbacus {
namespace {

constexpr std::int64_t kNowMs = 1'795'262'400'123;  // 2026-11-21T12:00:00.123Z

std::string json_of(EventText& text, const LoadEvent& event) {
  std::string bytes(text.bytes_max(), '\0');
  bytes.resize(static_cast<std::size_t>(text.write_json(event, bytes.data()) - bytes.data()));
  return bytes;
}

std::string id_of(const LoadEvent& event) {
  std::string id(kEventIdBytes, '\0');
  EXPECT_EQ(write_event_id(event, id.data()), id.data() + id.size());
  return id;
}

TEST(EventStream, IsTheSameForTheSameSeedAndPart) {
  const LoadOptions options;
  EventText text(options);
  EventStream a(options, 7, 0);
  EventStream b(options, 7, 0);
  EventStream other_seed(options, 8, 0);
  EventStream other_part(options, 7, 1);
  for (int i = 0; i < 10'000; ++i) {
    const std::string event = json_of(text, a.next(kNowMs));
    ASSERT_EQ(event, json_of(text, b.next(kNowMs)));
    ASSERT_NE(event, json_of(text, other_seed.next(kNowMs)));
    ASSERT_NE(event, json_of(text, other_part.next(kNowMs)));
  }
}

TEST(EventStream, KeepsTheMixOfTheReferenceLoad) {
  const LoadOptions options;
  EventStream stream(options, 1, 0);
  constexpr int kEvents = 400'000;
  std::map<LoadEventType, double> types;
  std::map<std::uint32_t, double> campaigns;
  std::set<std::uint32_t> users;
  double duplicates = 0;
  for (int i = 0; i < kEvents; ++i) {
    const LoadEvent event = stream.next(kNowMs);
    types[event.type] += 1.0 / kEvents;
    campaigns[event.campaign] += 1.0 / kEvents;
    users.insert(event.user);
    if (event.is_duplicate) duplicates += 1.0 / kEvents;
    ASSERT_TRUE(event.campaign >= 1 && event.campaign <= 1'000);
    ASSERT_TRUE(event.placement >= 1 && event.placement <= 10 && event.creative <= 1);
    ASSERT_LT(event.user, 1'000'000U);
    ASSERT_EQ(event.type == LoadEventType::conversion, event.value_cents > 0);
  }
  EXPECT_NEAR(types[LoadEventType::impression], 0.90, 0.003);
  EXPECT_NEAR(types[LoadEventType::click], 0.08, 0.003);
  EXPECT_NEAR(types[LoadEventType::conversion], 0.02, 0.002);
  EXPECT_NEAR(duplicates, 0.02, 0.002);
  const double harmonic = 7.485;  // 1 + 1/2 + ... + 1/1000
  EXPECT_NEAR(campaigns[1], 1 / harmonic, 0.003);
  EXPECT_NEAR(campaigns[2], 0.5 / harmonic, 0.003);
  EXPECT_NEAR(campaigns[10], 0.1 / harmonic, 0.001);
  EXPECT_EQ(campaigns.size(), 1'000U);
  EXPECT_GT(users.size(), 300'000U);
}

TEST(EventStream, RepeatsEarlierEventsByteForByteAndNoOtherId) {
  LoadOptions options;
  options.duplicate_share = 0.3;
  EventText text(options);
  EventStream stream(options, 3, 0);
  std::map<std::string, std::string> events;
  int duplicates = 0;
  for (int i = 0; i < 50'000; ++i) {
    const LoadEvent event = stream.next(kNowMs + i);
    const std::string id = id_of(event);
    const std::string json = json_of(text, event);
    const auto [found, is_new] = events.emplace(id, json);
    ASSERT_EQ(is_new, !event.is_duplicate);
    ASSERT_EQ(found->second, json);
    duplicates += event.is_duplicate ? 1 : 0;
  }
  EXPECT_GT(duplicates, 10'000);
}

TEST(EventStream, SharesNoIdBetweenParts) {
  const LoadOptions options;
  std::set<std::string> ids;
  std::size_t originals = 0;
  for (std::uint32_t part = 0; part < 4; ++part) {
    EventStream stream(options, 11, part);
    for (int i = 0; i < 20'000; ++i) {
      const LoadEvent event = stream.next(kNowMs);
      ids.insert(id_of(event));
      originals += event.is_duplicate ? 0 : 1;
    }
  }
  EXPECT_EQ(ids.size(), originals);
}

TEST(ZipfSampler, DrawsEveryRankAndOnlyThose) {
  for (const std::uint32_t size : {1U, 2U, 3U, 100'000U}) {
    const ZipfSampler sampler(size);
    Rng rng(size);
    std::uint32_t greatest = 0;
    for (int i = 0; i < 200'000; ++i) greatest = std::max(greatest, sampler.draw(rng.next()));
    EXPECT_LT(greatest, size);
    EXPECT_GE(greatest, size - std::max(1U, size / 20));
  }
}

TEST(EventText, WritesTheReferenceEvent) {
  const LoadOptions options;
  EventText text(options);
  LoadEvent event;
  event.id_high = 0x5f0c2f6a8a1b4c67;
  event.id_low = 0x9a640f4c1c0f8f11;
  event.time_ms = kNowMs;
  event.campaign = 42;
  event.user = 123'456;
  event.session = 98'765'432;
  event.placement = 7;
  EXPECT_EQ(json_of(text, event),
            R"({"event_id":"5f0c2f6a-8a1b-4c67-9a64-0f4c1c0f8f11","tenant_id":1,)"
            R"("user_id":"u-00123456","session_id":"s-98765432","ts":"2026-11-21T12:00:00.123Z",)"
            R"("event_type":"IMPRESSION","campaign_id":42,"line_item_id":420,"placement_id":7,)"
            R"("creative_id":4200,"value_cents":0,"metadata":{"device":"mobile","country":"DE",)"
            R"("browser":"Chrome"}})");
}

TEST(EventText, IsValidJsonWithOrWithoutTenantAndConversionFields) {
  simdjson::dom::parser parser;
  for (const char* tenant : {"", "1", "0123", "shop-a"}) {
    for (const bool has_fields : {true, false}) {
      LoadOptions options;
      options.tenant = tenant;
      options.conversion_fields = has_fields;
      options.campaigns = 1'000'000;
      EventText text(options);
      EventStream stream(options, 5, 0);
      for (int i = 0; i < 3'000; ++i) {
        const LoadEvent event = stream.next(kNowMs + i * 977);
        simdjson::dom::element parsed;
        ASSERT_EQ(parser.parse(json_of(text, event)).get(parsed), simdjson::SUCCESS);
        const bool has_type = parsed["type"].error() == simdjson::SUCCESS;
        ASSERT_EQ(has_type, has_fields && event.type == LoadEventType::conversion);
        ASSERT_EQ(parsed["tenant_id"].error() == simdjson::SUCCESS, *tenant != '\0');
        ASSERT_EQ(parsed["line_item_id"].get_int64().value(), event.campaign * 10LL);
        ASSERT_EQ(parsed["value_cents"].get_int64().value(), event.value_cents);
      }
    }
  }
}

TEST(LoadRequestWriter, MakesABatchWhoseLengthIsRight) {
  LoadOptions options;
  options.key = "adb_k.s";
  LoadRequestWriter writer(options, "host:1", 1, 0);
  LoadRequest request;
  for (const std::uint32_t events : {1U, 100U, 3U}) {
    writer.write(kNowMs, events, request);
    const std::string text(request.bytes());
    EXPECT_TRUE(text.starts_with("POST /v1/events HTTP/1.1\r\nHost: host:1\r\n"));
    EXPECT_NE(text.find("\r\nAuthorization: Bearer adb_k.s\r\n"), std::string::npos);
    const std::size_t body = text.find("\r\n\r\n") + 4;
    const std::size_t length = text.find("Content-Length:") + 15;
    EXPECT_EQ(std::stoul(text.substr(length)), text.size() - body);
    simdjson::dom::parser parser;
    simdjson::dom::array array;
    ASSERT_EQ(parser.parse(text.substr(body)).get(array), simdjson::SUCCESS);
    EXPECT_EQ(array.size(), events);
    EXPECT_EQ(request.events.size(), events);
  }
}

TEST(LoadRequestWriter, MakesTheRequestsOfTheOtherModes) {
  LoadOptions options;
  options.key = "k";
  LoadRequest request;
  options.mode = LoadMode::pixel;
  LoadRequestWriter(options, "h", 1, 0).write(kNowMs, 1, request);
  EXPECT_TRUE(request.bytes().starts_with("GET /v1/p.gif?key=k&event_id="));
  EXPECT_EQ(request.events.size(), 1U);
  options.mode = LoadMode::report;
  LoadRequestWriter(options, "h", 1, 0).write(kNowMs, 1, request);
  EXPECT_TRUE(request.bytes().starts_with(
      "GET /api/report/summary/?tenant_id=1&from=1795176060000&to=1795262460000&campaign_id="));
  EXPECT_TRUE(request.bytes().ends_with("\r\n\r\n"));
  EXPECT_TRUE(request.events.empty());
  options.mode = LoadMode::decision;
  LoadRequestWriter(options, "h", 1, 0).write(kNowMs, 1, request);
  EXPECT_TRUE(request.bytes().starts_with("POST /v1/decision HTTP/1.1\r\n"));
  EXPECT_TRUE(request.bytes().ends_with("}}"));
}

}  // namespace
}  // namespace adbacus
