// Every rule of an event's fields as one line: the body, and the refusal or the event it becomes.
#include "ingest/event_rules.hpp"

#include <functional>
#include <gtest/gtest.h>

#include "ingest/testing/intake_fixture.hpp"

namespace adbacus {
namespace {

// An event of the given fields, with the rest of what an event needs.
std::string with(const std::string& fields) {
  return R"({"event_id":"e1","event_type":"impression","ts":"2026-11-21T11:59:00Z")" +
         (fields.empty() ? "" : "," + fields) + "}";
}
std::string conversion(const std::string& fields) {
  return R"({"event_id":"e1","event_type":"conversion","ts":"2026-11-21T11:59:00Z")" +
         (fields.empty() ? "" : "," + fields) + "}";
}

struct Refusal {
  std::string body;
  const char* code;
  const char* pointer;
};

const std::string kLongId(129, 'i');
const std::string kLongUrl = "https://example.com/" + std::string(2030, 'u');

const Refusal kRefusals[] = {
    {R"({"event_id":"e1"})", "missing_field", "/event_type"},
    {R"({"event_id":"e1","event_type":null})", "missing_field", "/event_type"},
    {R"({"event_type":"bogus"})", "unknown_event_type", "/event_type"},
    {R"({"event_type":""})", "unknown_event_type", "/event_type"},
    {R"({"event_type":5})", "invalid_type", "/event_type"},
    {R"({"event_type":"attributed_conversion"})", "unknown_event_type", "/event_type"},
    {R"({"event_type":"custom"})", "missing_field", "/name"},
    {R"({"event_type":"custom","name":5})", "invalid_type", "/name"},
    {R"({"event_type":"custom","name":""})", "invalid_id", "/name"},
    {R"({"event_type":"click","event_id":""})", "invalid_id", "/event_id"},
    {R"({"event_type":"click","event_id":")" + kLongId + R"("})", "invalid_id", "/event_id"},
    {R"({"event_type":"click","event_id":1.5})", "invalid_id", "/event_id"},
    {R"({"event_type":"click","event_id":-1})", "invalid_id", "/event_id"},
    {R"({"event_type":"click","event_id":1e3})", "invalid_id", "/event_id"},
    {R"({"event_type":"click","event_id":true})", "invalid_type", "/event_id"},
    {R"({"event_type":"click","event_id":["a"]})", "invalid_type", "/event_id"},
    {with(R"("campaign_id":{"a":1})"), "invalid_type", "/campaign_id"},
    {with(R"("user_id":"jane@example.com")"), "pii_in_id", "/user_id"},
    {with(R"("session_id":"+49 30 901820")"), "pii_in_id", "/session_id"},
    {with(R"("user_id":"555-123-4567")"), "pii_in_id", "/user_id"},
    {with(R"("tenant_id":2)"), "tenant_mismatch", "/tenant_id"},
    {with(R"("tenant_id":"2")"), "tenant_mismatch", "/tenant_id"},
    {with(R"("timestamp":"2026-11-21T11:58:00Z")"), "conflicting_fields", "/timestamp"},
    {R"({"event_type":"click","ts":"yesterday"})", "invalid_timestamp", "/ts"},
    {R"({"event_type":"click","ts":-5})", "invalid_timestamp", "/ts"},
    {R"({"event_type":"click","ts":12345})", "invalid_timestamp", "/ts"},
    {R"({"event_type":"click","ts":true})", "invalid_type", "/ts"},
    {R"({"event_type":"click","timestamp":"2026-11-18T11:59:59Z"})", "timestamp_too_old",
     "/timestamp"},
    {R"({"event_type":"click","ts":"2026-11-22T12:00:01Z"})", "timestamp_in_future", "/ts"},
    {R"({"event_type":"click","ts":4102444800000})", "timestamp_in_future", "/ts"},
    {R"({"event_type":"conversion","ts":"2026-08-23T11:59:59Z"})", "timestamp_too_old", "/ts"},
    {with(R"("sent_at":"soon")"), "invalid_timestamp", "/sent_at"},
    {conversion(R"("value":19.99,"value_cents":1998)"), "conflicting_fields", "/value_cents"},
    {conversion(R"("cost_cents":5,"cost_data":0.06)"), "conflicting_fields", "/cost_data"},
    {conversion(R"("value":"much")"), "invalid_value", "/value"},
    {conversion(R"("value":1e13)"), "invalid_value", "/value"},
    {conversion(R"("value":[1])"), "invalid_type", "/value"},
    {conversion(R"("value_cents":19.5)"), "invalid_value", "/value_cents"},
    {conversion(R"("value_cents":99999999999999999999)"), "invalid_value", "/value_cents"},
    {conversion(R"("value":-1)"), "negative_value", "/value"},
    {conversion(R"("value_cents":-1,"type":"purchase")"), "negative_value", "/value_cents"},
    {with(R"("cost":-0.01)"), "negative_value", "/cost"},
    {conversion(R"("currency":"EURO")"), "invalid_currency", "/currency"},
    {conversion(R"("currency":"E1R")"), "invalid_currency", "/currency"},
    {conversion(R"("currency":"ABC")"), "invalid_currency", "/currency"},
    {conversion(R"("currency":"btc","value":1)"), "invalid_currency", "/currency"},
    {conversion(R"("currency":978)"), "invalid_type", "/currency"},
    {conversion(R"("status":"maybe")"), "invalid_status", "/status"},
    {conversion(R"("status":1)"), "invalid_type", "/status"},
    {with(R"("url":"ftp://example.com/")"), "invalid_url", "/url"},
    {with(R"("url":"//evil.example/")"), "invalid_url", "/url"},
    {with(R"("click_url":"javascript:alert")"), "invalid_url", "/click_url"},
    {with(R"("referrer":"https://a b/")"), "invalid_url", "/referrer"},
    {with(R"("referrer":"http://")"), "invalid_url", "/referrer"},
    {with(R"("url":")" + kLongUrl + R"(")"), "invalid_url", "/url"},
    {with(R"("url":"https://a.example/","click_url":"https://b.example/")"), "conflicting_fields",
     "/click_url"},
    {with(R"("x":1.5)"), "invalid_geometry", "/x"},
    {with(R"("w":-1)"), "invalid_geometry", "/w"},
    {with(R"("h":"10")"), "invalid_type", "/h"},
    {with(R"("consent":"yes")"), "invalid_type", "/consent"},
    {with(R"("consent":{"gdpr":2})"), "invalid_consent", "/consent/gdpr"},
    {with(R"("consent":{"tcf":5})"), "invalid_consent", "/consent/tcf"},
    {with(R"("metadata":"x")"), "invalid_type", "/metadata"},
    {with(R"("metadata":[])"), "invalid_type", "/metadata"},
    {with(R"("source":5)"), "invalid_type", "/source"},
    {with(R"("source":")" + std::string(257, 's') + R"(")"), "string_too_long", "/source"},
    {with(R"("device":"a","device_type":"b")"), "conflicting_fields", "/device_type"},
};

TEST(EventRules, RefuseWithCodeAndPointer) {
  IntakeFixture fixture;
  for (const Refusal& c : kRefusals) {
    const ReadBody& read = fixture.read("[" + c.body + "]");
    EXPECT_EQ(read.code(), c.code) << c.body;
    EXPECT_EQ(read.pointer(), std::string("/0") + c.pointer) << c.body;
    EXPECT_TRUE(read.events.empty()) << c.body;
  }
}

struct Acceptance {
  std::string body;
  std::function<bool(const Event&)> holds;
  const char* warnings = "";
};

TEST(EventRules, NormaliseIdsTypesAndTexts) {
  const Acceptance cases[] = {
      {with(R"("campaign_id":10)"), [](const Event& e) { return e.campaign_id == "10"; }},
      {with(R"("campaign_id":"10")"), [](const Event& e) { return e.campaign_id == "10"; }},
      {with(R"("campaign_id":123456789012345678901234567890)"),
       [](const Event& e) { return e.campaign_id == "123456789012345678901234567890"; }},
      {with(R"("campaign_id":null)"), [](const Event& e) { return e.campaign_id.empty(); }},
      {with(R"("tenant_id":1)"), [](const Event& e) { return e.tenant == "1"; }},
      {with(R"("tenant_id":"1")"), [](const Event& e) { return e.tenant == "1"; }},
      {with(R"("user_id":"U-1@device")"), [](const Event& e) { return e.user_id == "U-1@device"; }},
      {with(R"("user_id":4930901820)"), [](const Event& e) { return e.user_id == "4930901820"; }},
      {with(R"("us\u0065r_id":"a\u00e9\ud83d\ude00\n")"),
       [](const Event& e) { return e.user_id == "a\xc3\xa9\xf0\x9f\x98\x80\n"; }},
      {R"({"event_id":"e1","event_type":"CLICK"})",
       [](const Event& e) {
         return e.type == EventType::click && e.click_id == "e1" && e.time_us == kTestNowUs &&
                e.flags == event_flag::no_time;
       }},
      {R"({"event_id":"e1","event_type":"click","click_id":"c9"})",
       [](const Event& e) { return e.click_id == "c9"; }},
      {R"({"event_id":"e1","event_type":"custom","name":"scroll"})",
       [](const Event& e) { return e.type == EventType::custom && e.type_name == "scroll"; }},
      {R"({"name":"scroll","event_id":"e1","event_type":"Custom"})",
       [](const Event& e) { return e.type_name == "scroll" && e.metadata.empty(); }},
      {R"({"event_id":"e1","event_type":"video_start"})",
       [](const Event& e) { return e.type == EventType::custom && e.type_name == "video_start"; }},
      {with(R"("name":"Hero","status":"ok")"),
       [](const Event& e) {
         return e.metadata == R"({"extra":{"name":"Hero","status":"ok"}})" && e.type_name.empty() &&
                e.status == ConversionStatus::none;
       }},
      {conversion(""), [](const Event& e) { return e.status == ConversionStatus::none; }},
      {conversion(R"("status":"Approved")"),
       [](const Event& e) { return e.status == ConversionStatus::approved; }},
      {conversion(R"("status":"Pending")"),
       [](const Event& e) { return e.status == ConversionStatus::pending; }},
      {with(R"("referrer":"","source":"","url":"HTTPS://Example.com/A?b=%20#c")"),
       [](const Event& e) {
         return e.referrer.empty() && e.source.empty() && e.url == "HTTPS://Example.com/A?b=%20#c";
       }},
      {with(R"("placement_key":"visualizer_native_1")"),
       [](const Event& e) { return e.placement_id == "visualizer_native_1"; }},
      {with(R"("placement_key":"k","placement_id":7)"),
       [](const Event& e) { return e.placement_id == "7"; }},
      {with(R"("x":10,"h":-0)"), [](const Event& e) { return e.geometry == "10,,,0"; }},
      {with(R"("x":-3,"y":4,"w":300,"h":250)"),
       [](const Event& e) { return e.geometry == "-3,4,300,250"; }},
      {with(R"("geo_country":"de","device_type":"mobile","os_type":"iOS","browser_type":"Safari")"),
       [](const Event& e) {
         return e.country == "DE" && e.device == "mobile" && e.os == "iOS" && e.browser == "Safari";
       }},
      {with(R"("key":"write-key-secret")"), [](const Event& e) { return e.metadata.empty(); }},
  };
  IntakeFixture fixture;
  for (const Acceptance& c : cases) {
    const ReadBody& read = fixture.read(c.body);
    EXPECT_EQ(read.code(), "") << c.body << " at " << read.pointer();
    ASSERT_EQ(read.events.size(), 1U) << c.body;
    EXPECT_TRUE(c.holds(read.events[0])) << c.body;
    EXPECT_EQ(read.warnings(), c.warnings) << c.body;
  }
}

TEST(EventRules, JudgeTimesAgainstTheReceiveTime) {
  constexpr TimeUs kMinute = kMinuteUs;
  const auto at = [](TimeUs us) { return [us](const Event& e) { return e.time_us == us; }; };
  const auto typed = [](const std::string& type, const std::string& fields) {
    return R"({"event_id":"e1","event_type":")" + type + "\"," + fields + "}";
  };
  const Acceptance cases[] = {
      {typed("click", R"("ts":"2026-11-18T12:00:00Z")"), at(kTestNowUs - 72 * kHourUs)},
      {typed("conversion", R"("ts":"2026-08-23T12:00:00Z")"), at(kTestNowUs - 90 * kDayUs)},
      {typed("click", R"("ts":"2026-11-21T12:05:00Z")"), at(kTestNowUs + 5 * kMinute)},
      {typed("click", R"("ts":"2026-11-21T12:06:00Z")"),
       [](const Event& e) {
         return e.time_us == kTestNowUs && e.sent_time_us == kTestNowUs + 6 * kMinute &&
                (e.flags & event_flag::clock_skew) != 0;
       },
       "clock_skew"},
      {typed("click", R"("ts":"2026-11-22T12:00:00Z")"), at(kTestNowUs), "clock_skew"},
      {typed("click", R"("ts":1795262400)"),
       [](const Event& e) {
         return e.time_us == kTestNowUs && (e.flags & event_flag::seconds_assumed) != 0;
       },
       "seconds_assumed"},
      {typed("click", R"("ts":"1795262400000")"), at(kTestNowUs)},
      {typed("click", R"("timestamp":1795262400000,"ts":"2026-11-21T12:00:00Z")"), at(kTestNowUs)},
      {typed("click", R"("ts":1795262400000000)"), at(kTestNowUs)},
      {typed("click", R"("ts":1795262400000000000)"), at(kTestNowUs)},
      {typed("click", R"("ts":"2026-11-21T14:00:00+02:00")"),
       [](const Event& e) { return e.time_us == kTestNowUs && e.utc_offset_min == 120; }},
      {typed("click", R"("ts":"2026-11-21T12:00:00")"), at(kTestNowUs), "no_timezone"},
      // The sender's clock is a day behind; its event was ten seconds old when it was sent.
      {typed("click", R"("ts":"2026-11-20T11:59:50Z","sent_at":"2026-11-20T12:00:00Z")"),
       at(kTestNowUs - 10 * kSecondUs)},
      // A year ahead: sent_at puts it right.
      {typed("click", R"("sent_at":"2027-11-21T12:00:00Z","ts":"2027-11-21T11:59:50Z")"),
       at(kTestNowUs - 10 * kSecondUs)},
  };
  IntakeFixture fixture;
  for (const Acceptance& c : cases) {
    const ReadBody& read = fixture.read(c.body);
    ASSERT_EQ(read.events.size(), 1U) << c.body << " " << read.code();
    EXPECT_TRUE(c.holds(read.events[0])) << c.body << " " << read.events[0].time_us;
    EXPECT_EQ(read.warnings(), c.warnings) << c.body;
  }
}

TEST(EventRules, TakeAnyAgeInAnImportButNotTheFuture) {
  IntakeFixture fixture;
  fixture.facts.import_run = "spring";
  const ReadBody& old =
      fixture.read(R"({"event_id":"e","event_type":"click","ts":"2019-01-01T00:00:00Z"})");
  ASSERT_EQ(old.events.size(), 1U);
  EXPECT_EQ(old.events[0].import_run, "spring");
  EXPECT_EQ(old.result.batch.entries[0].scope, IdScope::import_run);
  EXPECT_EQ(fixture.read(R"([{"event_type":"click","ts":"2027-01-01T00:00:00Z"}])").code(),
            "timestamp_in_future");
}

TEST(EventRules, TakeOnlyMillisecondsInStrictMode) {
  IntakeFixture fixture;
  fixture.facts.strict = true;
  for (const char* ts : {"1795262400", "1795262400000000", "\"1795262400\""})
    EXPECT_EQ(fixture.read(R"([{"event_type":"click","ts":)" + std::string(ts) + "}]").code(),
              "invalid_timestamp")
        << ts;
  for (const char* ts : {"1795262400000", "\"1795262400000\"", "\"2026-11-21T12:00:00Z\""})
    EXPECT_EQ(
        fixture.read(R"([{"event_id":"e","event_type":"click","ts":)" + std::string(ts) + "}]")
            .code(),
        "")
        << ts;
}

TEST(EventRules, ReadAmountsFromTheirText) {
  const Acceptance cases[] = {
      {conversion(R"("value":19.99)"),
       [](const Event& e) {
         return e.has_value && e.value_micros == 19'990'000 && e.currency == "USD" && !e.has_cost;
       }},
      {conversion(R"("value":"19.99","value_cents":1999,"currency":"eur")"),
       [](const Event& e) { return e.value_micros == 19'990'000 && e.currency == "EUR"; }},
      {conversion(R"("value_cents":"1999")"),
       [](const Event& e) { return e.value_micros == 19'990'000; }},
      {conversion(R"("value":0.1,"cost":1e-6)"),
       [](const Event& e) { return e.value_micros == 100'000 && e.cost_micros == 1; }},
      {conversion(R"("value":-5,"type":"refund")"),
       [](const Event& e) { return e.value_micros == -5'000'000; }},
      {conversion(R"("value":5,"type":"refund")"),
       [](const Event& e) { return e.value_micros == 5'000'000; }, "positive_refund"},
      {conversion(R"("type":"chargeback","value_cents":-500)"),
       [](const Event& e) { return e.value_micros == -5'000'000; }},
      {conversion(R"("value":0.0000005)"),
       [](const Event& e) {
         return e.value_micros == 0 && (e.flags & event_flag::value_rounded) != 0;
       },
       "value_rounded"},
      {with(R"("value_cents":0)"),
       [](const Event& e) { return e.has_value && e.value_micros == 0 && e.currency == "USD"; }},
      {with(R"("value":1.5)"), [](const Event& e) { return e.value_micros == 1'500'000; },
       "value_not_counted"},
      {R"({"event_id":"e","event_type":"impression","ts":1795262400000,"value_cents":150})",
       [](const Event& e) { return e.value_micros == 1'500'000 && e.currency == "USD"; },
       "value_not_counted"},
      {with(""), [](const Event& e) { return !e.has_value && e.currency.empty(); }},
      {with(R"("cost_data":0.25)"), [](const Event& e) { return e.cost_micros == 250'000; }},
  };
  IntakeFixture fixture;
  for (const Acceptance& c : cases) {
    const ReadBody& read = fixture.read(c.body);
    ASSERT_EQ(read.events.size(), 1U) << c.body << " " << read.code();
    EXPECT_TRUE(c.holds(read.events[0])) << c.body;
    EXPECT_EQ(read.warnings(), c.warnings) << c.body;
  }
}

TEST(EventRules, MakeAnIdWhereNoneWasSent) {
  IntakeFixture fixture;
  const ReadBody& read = fixture.read(R"({"event_type":"click"})");
  ASSERT_EQ(read.events.size(), 1U);
  const std::string_view id = read.events[0].event_id;
  ASSERT_EQ(id.size(), 36U);
  EXPECT_EQ(id[14], '7');
  EXPECT_EQ(read.result.single_event_id, id);
  EXPECT_EQ(read.events[0].click_id, id);
  EXPECT_NE(read.events[0].flags & event_flag::generated_id, 0);
  EXPECT_EQ(read.warnings(), "no_event_id");
  EXPECT_NE(fixture.read(R"({"event_type":"click"})").result.single_event_id, id);
}

TEST(EventRules, KeepOnlyAPrefixAndAKeyedHashOfAnAddress) {
  IntakeFixture fixture;
  fixture.facts.device_ip = "198.51.100.7";
  fixture.facts.device_agent.user_agent = "device-agent";
  const auto one = [&](const std::string& fields) -> const Event& {
    return fixture.read(with(fields)).events.at(0);
  };
  const Event& own = one(R"("ip":"203.0.113.9","user_agent":"own-agent")");
  EXPECT_EQ(own.ip_prefix, "203.0.113.0/24");
  EXPECT_EQ(own.ip_hash.size(), 16U);
  EXPECT_EQ(own.user_agent, "own-agent");
  const Event& same = one(R"("ip_address":"203.0.113.9")");
  EXPECT_EQ(same.ip_hash, own.ip_hash);
  EXPECT_EQ(same.user_agent, "device-agent");
  const Event& header = one("");
  EXPECT_EQ(header.ip_prefix, "198.51.100.0/24");
  EXPECT_NE(header.ip_hash, own.ip_hash);
  const Event& prefix = one(R"("ip":"106.114.177.*")");
  EXPECT_EQ(prefix.ip_prefix, "106.114.177.0/24");
  EXPECT_EQ(prefix.ip_hash, "");
  const Event& hidden = one(R"("metadata":{"ip":"203.0.113.9","a":1},"client_ip":"203.0.113.9")");
  EXPECT_EQ(hidden.ip_hash, own.ip_hash);
  EXPECT_EQ(hidden.metadata, R"({"a":1})");
  fixture.facts.device_ip = "unknown";
  const ReadBody& bad = fixture.read(with(""));
  EXPECT_EQ(bad.events.at(0).ip_prefix, "");
  EXPECT_EQ(bad.warnings(), "bad_device_ip");
  // As a proxy's header says it, or mistyped: the event counts, its address is unknown.
  for (const char* text : {"203.0.113.9:443", "203.0.113.9, 198.51.100.7", "300.1.2.3", "localhost",
                           "-", "[2001:db8::1]:80"}) {
    for (const char* name : {"ip", "ip_address"}) {
      const ReadBody& kept = fixture.read(with(R"(")" + std::string(name) + R"(":")" + text + '"'));
      ASSERT_EQ(kept.events.size(), 1U) << text;
      EXPECT_EQ(kept.events[0].ip_prefix, "") << text;
      EXPECT_EQ(kept.events[0].ip_hash, "") << text;
      EXPECT_EQ(kept.warnings(), "bad_device_ip") << text;
    }
  }
}

TEST(EventRules, TakeThePagesDeviceFromItsConnectionOnly) {
  IntakeFixture fixture;
  fixture.facts.from_page = true;
  fixture.facts.device_ip = "198.51.100.7";
  fixture.facts.device_agent.user_agent = "browser";
  const ReadBody& plain = fixture.read(with(""));
  EXPECT_EQ(plain.warnings(), "");
  const std::string hash(plain.events.at(0).ip_hash);
  EXPECT_EQ(plain.events.at(0).ip_prefix, "198.51.100.0/24");
  EXPECT_EQ(plain.events.at(0).user_agent, "browser");
  for (const char* claim : {R"("ip":"203.0.113.9")", R"("user_agent":"another")",
                            R"("metadata":{"ip":"203.0.113.9"})", R"("ip":"no address")"}) {
    const ReadBody& read = fixture.read(with(claim));
    ASSERT_EQ(read.events.size(), 1U) << claim << read.code();
    EXPECT_EQ(read.events[0].ip_hash, hash) << claim;
    EXPECT_EQ(read.events[0].user_agent, "browser") << claim;
    EXPECT_EQ(read.warnings(), "device_ignored") << claim;
  }
}

TEST(EventRules, WarnOfWhatIsAssumedAboutTheSendersClock) {
  IntakeFixture fixture;
  EXPECT_EQ(fixture.read(with(R"("sent_at":1795262400)")).warnings(), "seconds_assumed");
  EXPECT_EQ(fixture.read(with(R"("sent_at":"2026-11-21T12:00:00")")).warnings(), "no_timezone");
  const ReadBody& batch = fixture.read(R"({"sent_at":1795262400,"events":[)" + with("") + "]}");
  EXPECT_EQ(batch.warnings(), "seconds_assumed");
}

TEST(EventRules, SupplyTheTypeThatThePathNames) {
  IntakeFixture fixture;
  fixture.facts.path_type = EventType::click;
  EXPECT_EQ(fixture.read(R"({"event_id":"e"})").events.at(0).type, EventType::click);
  EXPECT_EQ(fixture.read(R"({"event_id":"e","event_type":"Click"})").code(), "");
  const ReadBody& other = fixture.read(R"({"event_id":"e","event_type":"impression"})");
  EXPECT_EQ(other.code(), "conflicting_event_type");
  EXPECT_EQ(other.pointer(), "/event_type");
}

}  // namespace
}  // namespace adbacus
