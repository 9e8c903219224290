// The shortcut against the long way: over random bodies, usual, odd and damaged ones, both must
// give the same bytes, keys, refusals and warnings.
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "ingest/testing/catalog_objects.hpp"
#include "ingest/testing/intake_fixture.hpp"

namespace adbacus {
namespace {

std::string pick(Rng& rng, std::initializer_list<std::string_view> from) {
  return std::string(from.begin()[rng.below(from.size())]);
}

// A value for any field, most of them good for some field.
std::string random_value(Rng& rng) {
  switch (rng.below(12)) {
    case 0:
      return std::to_string(rng.next() >> rng.below(64));
    case 1:
      return pick(rng, {"0", "007", "-1", "1.25", "1e3", "12345678", "123456789", "null", "true",
                        "[]", "{}", "[1]", "{\"a\":1}", "nul", "1.", "99999999999999999999"});
    case 2:
      return pick(rng, {"\"2026-11-21T11:00:00.123Z\"", "\"2026-11-21T11:00:60.000Z\"",
                        "\"2026-11-21T11:00:0x.000Z\"", "\"2026-11-21T11:59:59.999Z\"",
                        "\"2026-11-21 11:59:59.999Z\"", "\"2026-11-21T11:59:59,999Z\"",
                        "\"2026-11-21T13:00:00+02:00\"", "1795262400000", "1795262400",
                        "\"2020-01-01T00:00:00.000Z\"", "\"2027-01-01T00:00:00.000Z\""});
    case 3:
      return pick(rng, {"\"impression\"", "\"CLICK\"", "\"Conversion\"", "\"custom\"",
                        "\"video_start\"", "\"page_view\"", "\"nonsense\"", "\"\""});
    case 4:
      return pick(rng,
                  {"\"de\"", "\"DE\"", "\"dE\"", "\"USD\"", "\"usd\"", "\"deu\"", "\"refund\""});
    case 5:
      return pick(rng, {"\"a@b.de\"", "\"+4930123456\"", "\"555-123-4567\"", "\"@\"", "\"1@2\""});
    case 6:
      return pick(rng, {"\"http://a.de/x\"", "\"ftp://a\"", "\"https:\\/\\/a.de\"",
                        "\"203.0.113.9\"", "\"approved\"", "\"pending\"", "\"x y\""});
    case 7:
      return "\"" + std::string(rng.below(300), 'x') + "\"";
    case 8:
      return pick(rng,
                  {"\"\\u0041\"", "\"\\\"\"", "\"\xc3\xa9\"", "\"\xff\"", "\"a\tb\"", "\"\\q\""});
    case 9:
      return pick(rng, {"\"c1\"", "\"c2\"", "\"li1\"", "\"cr2\"", "\"top\"", "\"side\"", "\"pl1\"",
                        "\"ad1\"", "\"gone\""});
    default:
      return "\"v-" + std::to_string(rng.below(1000)) + "\"";
  }
}

std::string random_key(Rng& rng) {
  std::size_t fields = 0;
  while (fields < kFieldsMax && kEventFields[fields].name != "key") ++fields;
  if (rng.below(30) == 0) return pick(rng, {"unknown", "k", "ip_adress", "eventid", "campaign_ie"});
  return std::string(kEventFields[rng.below(fields + 1)].name);
}

std::string blank(Rng& rng) {
  return rng.below(12) == 0 ? pick(rng, {" ", "\t", "\r", "  "}) : "";
}

std::string random_metadata(Rng& rng) {
  std::string text = "{";
  for (std::uint64_t left = rng.below(5); left > 0; --left) {
    text += blank(rng) + "\"" +
            pick(rng, {"device", "country", "os", "browser", "region", "city", "ip", "client_ip",
                       "extra", "campaign_name", "campaign_type", "a"}) +
            "\"" + blank(rng) + ":" + blank(rng) + random_value(rng);
    if (left > 1) text += ",";
  }
  return text + blank(rng) + "}";
}

// Starts with what every event needs, so that many are accepted.
std::string random_event(Rng& rng) {
  std::string text = "{" + blank(rng) + R"("event_id":"5f0c2f6a-8a1b-4c67-9a64-0f4c1c0f8f11")";
  text += R"(,"event_type":)";
  text += rng.below(5) == 0 ? random_value(rng)
                            : pick(rng, {"\"impression\"", "\"CLICK\"", "\"conversion\""});
  text += R"(,"ts":"2026-11-21T11:)" + std::to_string(10 + rng.below(49)) + ":00.5" +
          std::to_string(rng.below(10)) + "0Z\"";
  for (std::uint64_t left = rng.below(9); left > 0; --left) {
    const std::string key = random_key(rng);
    text += "," + blank(rng) + "\"" + key + "\"" + blank(rng) + ":" + blank(rng);
    const bool object = key == "metadata" || key == "consent";
    text += object && rng.below(8) != 0 ? random_metadata(rng) : random_value(rng);
    text += blank(rng);
  }
  return text + "}";
}

std::string all_of(const IntakeResult& result) {
  std::string text(result.problem.code);
  text += result.problem.detail + "|" + std::to_string(result.received) + "|" +
          std::to_string(result.rejected) + "|" + "|";
  for (const Rejection& rejection : result.rejections)
    text += std::to_string(rejection.index) + std::string(reject_code_name(rejection.code)) +
            rejection.pointer + std::string(rejection.detail) + "|";
  for (const WarningCount& warning : result.warnings)
    text += std::to_string(warning.count) + "," + std::to_string(warning.first_index) + "|";
  text += std::to_string(result.batch.entries.size()) + "|";
  // Ids that the server makes are random, and so are the bytes.
  if (result.warnings[static_cast<std::size_t>(Warning::no_event_id)].count > 0) return text;
  for (const EntryMeta& entry : result.batch.entries)
    text += std::to_string(entry.offset) + "+" + std::to_string(entry.length) + "," +
            std::to_string(entry.id_key.low) + "," + std::to_string(entry.transaction_key.low) +
            "," + std::to_string(entry.content_hash) + "," + std::to_string(entry.partition) + "|";
  return text + result.batch.bytes;
}

class BothWays {
 public:
  BothWays() { tenant_.event_types = {"video_start"}; }

  std::size_t expect_equal(std::string_view body, BodyForm form, Rng& rng) {
    RequestFacts facts;
    facts.options = &options_;
    facts.tenant = &tenant_;
    facts.received_us = kTestNowUs;
    options_.rejects_unknown_refs = rng.below(4) == 0;
    if (rng.below(2) == 0) facts.objects = objects_.tenant();
    facts.strict = rng.below(8) == 0;
    facts.gpc = rng.below(8) == 0;
    if (rng.below(8) == 0) facts.path_type = EventType::click;
    RequestFacts same = facts;
    const std::vector<char> exact(body.begin(), body.end());  // the sanitizer sees a read behind it
    const std::string_view text(exact.data(), exact.size());
    const IntakeResult any = any_.read(text, form, facts, 42);
    const IntakeResult reference = long_.read(text, form, same, 42);
    EXPECT_EQ(all_of(any), all_of(reference)) << body;
    return any.batch.entries.size();
  }

 private:
  IngestOptions options_;
  const CatalogObjects objects_ = two_campaigns();
  TenantProfile tenant_{"1", "USD", {}};
  Intake any_;
  Intake long_{ParserWay::long_way};
};

TEST(EventShortcut, ReadsRandomEventsAsTheLongWayDoes) {
  Rng rng(test_seed());
  BothWays ways;
  std::size_t accepted = 0;
  for (int round = 0; round < 30'000 && !testing::Test::HasFailure(); ++round) {
    const bool lines = rng.below(2) == 0;
    std::string body;
    for (std::uint64_t left = 1 + rng.below(6); left > 0; --left)
      body += random_event(rng) + (left == 1 ? "" : lines ? "\n" : ",");
    if (!lines) body = "[" + body + "]";
    accepted += ways.expect_equal(body, lines ? BodyForm::ndjson : BodyForm::json, rng);
  }
  EXPECT_GT(accepted, 10'000U);
}

TEST(EventShortcut, ReadsDamagedEventsAsTheLongWayDoes) {
  Rng rng(test_seed());
  BothWays ways;
  static constexpr std::string_view kBytes = "{}[]:,\"\\ue0\xff\x01@- ntf19";
  for (int round = 0; round < 30'000 && !testing::Test::HasFailure(); ++round) {
    std::string body = "[" + random_event(rng) + "," + random_event(rng) + "]";
    for (std::uint64_t edits = 1 + rng.below(3); edits > 0; --edits) {
      const std::size_t at = rng.below(body.size());
      if (rng.below(3) == 0) {
        body.erase(at, 1 + rng.below(9));
      } else {
        body[at] = kBytes[rng.below(kBytes.size())];
      }
      if (body.empty()) body = "[";
    }
    ways.expect_equal(body, BodyForm::json, rng);
  }
}

// What keeps the shortcut worth its name.
TEST(EventShortcut, TakesTheUsualEvent) {
  const std::string body =
      R"({"event_id": "5f0c2f6a-8a1b-4c67-9a64-0f4c1c0f8f11", "tenant_id": 1, "user_id": "u-1",)"
      R"( "ts": "2026-11-21T12:00:00.123Z", "event_type": "IMPRESSION", "campaign_id": 42,)"
      R"( "value_cents": 12, "metadata": {"device": "mobile", "country": "de"}})";
  JsonIndex index;
  ASSERT_EQ(index.build(body), IndexError::none);
  IngestOptions options;
  TenantProfile tenant{"1", "USD", {}};
  RequestFacts facts;
  facts.options = &options;
  facts.tenant = &tenant;
  EventShortcut shortcut;
  shortcut.begin_body(index.tokens(), false, false);
  Arena arena;
  EventDraft draft;
  std::uint32_t at = 0;
  ASSERT_TRUE(shortcut.read(index.tokens(), at, 0, facts, arena, draft));
  EXPECT_EQ(draft.event.user_id, "u-1");
  EXPECT_EQ(draft.event.country, "DE");
  EXPECT_EQ(draft.event.metadata, R"({"device":"mobile","country":"de"})");
  EXPECT_EQ(draft.money[slot_value].micros, 120'000);
  EXPECT_EQ(draft.times[slot_ts].time.us, 1'795'262'400'123'000);
}

}  // namespace
}  // namespace adbacus
