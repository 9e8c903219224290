// Forms of a body, limits and broken text: what survives and what is told, case by case.
#include "ingest/intake.hpp"

#include <gtest/gtest.h>

#include "ingest/testing/intake_fixture.hpp"

namespace adbacus {
namespace {

std::string good(int id) {
  return R"({"event_id":"e)" + std::to_string(id) + R"(","event_type":"click"})";
}

// Ids of the events in the batch.
std::string ids(const ReadBody& read) {
  std::string text;
  for (const Event& event : read.events) {
    if (!text.empty()) text += ' ';
    text += event.event_id;
  }
  return text;
}

std::string refusals(const ReadBody& read) {
  std::string text;
  for (const Rejection& rejection : read.result.rejections) {
    if (!text.empty()) text += ' ';
    text += std::to_string(rejection.index) + ":" + std::string(reject_code_name(rejection.code)) +
            ":" + rejection.pointer;
  }
  return text;
}

struct FormCase {
  std::string body;
  BodyForm form;
  const char* ids;
  const char* refusals;
};

TEST(Intake, ReadsEveryFormAndKeepsTheNeighboursOfBadEvents) {
  const std::string bad = R"({"event_id":"b","event_type":"bogus"})";
  const std::string invalid_utf8 = "{\"event_id\":\"b\xff\",\"event_type\":\"click\"}";
  const std::string control = "{\"event_id\":\"b\x01\",\"event_type\":\"click\"}";
  const auto j = BodyForm::json;
  const auto n = BodyForm::ndjson;
  const FormCase cases[] = {
      {good(1), j, "e1", ""},
      {"\xef\xbb\xbf " + good(1) + "\r\n", j, "e1", ""},
      {"[" + good(1) + "," + good(2) + "]", j, "e1 e2", ""},
      {"[" + good(1) + "," + bad + "," + good(2) + "]", j, "e1 e2",
       "1:unknown_event_type:/1/event_type"},
      {R"({"events":[)" + bad + " , " + good(2) + "]}", j, "e2",
       "0:unknown_event_type:/events/0/event_type"},
      {R"({"key":"k","tenant_id":"1","x":[1,{"y":2}],"events":[)" + good(1) + "]}", j, "e1", ""},
      {bad, j, "", "0:unknown_event_type:/event_type"},
      {"[1,null,[],\"x\"," + good(2) + "]", j, "e2",
       "0:invalid_type:/0 1:invalid_type:/1 2:invalid_type:/2 3:invalid_type:/3"},
      {"[" + invalid_utf8 + "," + good(2) + "]", j, "e2", "0:invalid_utf8:/0/event_id"},
      {"[" + good(1) + "," + control + "]", j, "e1", "1:invalid_string:/1/event_id"},
      {R"([{"event_type":"click","user_id":"\ud800"},)" + good(2) + "]", j, "e2",
       "0:invalid_string:/0/user_id"},
      {R"([{"event_type":"click","user_id":"\udc00x"},)" + good(2) + "]", j, "e2",
       "0:invalid_string:/0/user_id"},
      {R"([{"event_type":"click","user_id":"a\u0000b"},)" + good(2) + "]", j, "e2",
       "0:invalid_string:/0/user_id"},
      {R"([{"event_type":"click","metadata":{"a":["\q"]}},)" + good(2) + "]", j, "e2",
       "0:invalid_string:/0/metadata/a/0"},
      {R"([{"event_type":"click","value":NaN},)" + good(2) + "]", j, "e2",
       "0:malformed_json:/0/value"},
      {R"([{"event_type":"click","a/b~c":1e999},)" + good(2) + "]", j, "e2",
       "0:invalid_number:/0/a~1b~0c"},
      {R"([{"event_type":"click","metadata":{"n":)" + std::string(100, '9') + "}}," + good(2) + "]",
       j, "e2", "0:invalid_number:/0/metadata/n"},
      // Newline separated objects.
      {good(1) + "\n" + good(2) + "\n", n, "e1 e2", ""},
      {good(1) + "\r\n\r\n" + good(2), n, "e1 e2", ""},
      {good(1) + "\n" + bad + "\n" + good(2), n, "e1 e2", "1:unknown_event_type:/1/event_type"},
      {good(1) + "\n\n{\"broken\n" + good(2), n, "e1 e2", "2:malformed_json:/2"},
      {good(1) + "\n{\"a\":[\n" + good(2), n, "e1 e2", "1:malformed_json:/1"},
      {good(1) + "\n{\"a\":\n" + good(2), n, "e1 e2", "1:malformed_json:/1"},
      {good(1) + " " + good(9) + "\n" + good(2), n, "e2", "0:malformed_json:/0"},
      {invalid_utf8 + "\n" + good(2), n, "e2", "0:invalid_utf8:/0"},
      {"hello\n" + good(2), n, "e2", "0:malformed_json:/0"},
      {"[" + good(1) + "]\n" + good(2), n, "e2", "0:invalid_type:/0"},
      {good(1) + "\n" + good(2), j, "e1 e2", ""},
      {good(1) + "\n{\"broken\n" + good(2), j, "e1 e2", "1:malformed_json:/1"},
  };
  IntakeFixture fixture;
  for (const FormCase& c : cases) {
    const ReadBody& read = fixture.read(c.body, c.form);
    EXPECT_EQ(read.result.problem.status, 0) << c.body << read.result.problem.detail;
    EXPECT_EQ(ids(read), c.ids) << c.body;
    EXPECT_EQ(refusals(read), c.refusals) << c.body;
  }
}

TEST(Intake, TellsWhichFormAValidBodyShouldHave) {
  IntakeFixture fixture;
  for (const std::string body : {"5", "-1.5e3", R"("x")", "null", "true", " false\n"}) {
    const ReadBody& read = fixture.read(body);
    EXPECT_EQ(read.result.problem.status, 0) << body;
    EXPECT_EQ(refusals(read), "0:invalid_type:") << body;
    EXPECT_NE(read.result.rejections.at(0).detail.find("object or an array"), std::string::npos);
  }
  for (const std::string body :
       {R"({"events":{}})", R"({"events":null})", R"({"events":3})",
        R"({"events":{"a":[{}]},"sent_at":5})", R"({"x":1,"events":"[]"})"}) {
    const ReadBody& read = fixture.read(body);
    EXPECT_EQ(read.result.problem.status, 0) << body;
    EXPECT_EQ(refusals(read), "0:invalid_type:/events") << body;
    EXPECT_TRUE(read.result.batch.entries.empty());
  }
  // A member of that name inside an event is one of its own.
  EXPECT_EQ(refusals(fixture.read(R"({"event_type":"click","events":3})")), "");
  EXPECT_EQ(refusals(fixture.read(R"({"metadata":{"events":3}})")), "0:missing_field:/event_type");
}

TEST(Intake, RefusesABodyThatIsNotJson) {
  IntakeFixture fixture;
  for (const std::string body : {"",
                                 "  ",
                                 "hello",
                                 "5 5",
                                 "\"x\" y",
                                 "\"\\x\"",
                                 "05",
                                 "nul",
                                 "{\"events\":{}",
                                 "{",
                                 "[",
                                 "[{]",
                                 "{\"event_type\":click}",
                                 "[1,]",
                                 "{\"a\" 1}",
                                 "{\"a\":1,}",
                                 "[{\"a\":1 \"b\":2}]",
                                 "{\"events\":[}",
                                 "{\"events\":[]} x",
                                 "[] []",
                                 "{\"event_type\":\"click",
                                 "{\"event_type\":\"click\"}}",
                                 "{\"event_type\":\"click\"} []",
                                 "\xff\xfe",
                                 "{1:2}",
                                 "{\"events\":[],\"events\":[]}",
                                 "{\"events\":[],\"a\":nope}"}) {
    const ReadBody& read = fixture.read(body);
    EXPECT_EQ(read.result.problem.status, 400) << body;
  }
  EXPECT_EQ(fixture.read("", BodyForm::ndjson).result.problem.status, 400);
  EXPECT_EQ(fixture.read(R"({"tenant_id":2,"events":[]})").result.problem.status, 403);
  EXPECT_EQ(fixture.read(R"({"sent_at":true,"events":[]})").result.problem.status, 0);
  EXPECT_EQ(fixture.read(R"({"sent_at":"x","events":[]})").result.problem.status, 422);
}

std::string nested(int levels) {
  return std::string(static_cast<std::size_t>(levels), '[') +
         std::string(static_cast<std::size_t>(levels), ']');
}
std::string many_keys(int count) {
  std::string text = R"({"event_type":"click")";
  for (int i = 1; i < count; ++i) text += ",\"k" + std::to_string(i) + "\":1";
  return text + "}";
}

TEST(Intake, HoldsItsLimits) {
  const std::string in_event = R"([{"event_type":"click","event_id":"e0","m":)";
  struct {
    std::string body;
    const char* refusals;
  } cases[] = {
      {in_event + nested(30) + "}]", ""},
      {in_event + nested(31) + "}," + good(2) + "]",
       "0:too_deep:/0/m/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0"},
      {in_event + nested(5000) + "}," + good(2) + "]",
       "0:too_deep:/0/m/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0"},
      {"[" + many_keys(256) + "]", ""},
      {"[" + many_keys(257) + "," + good(2) + "]", "0:too_many_keys:/0/k256"},
      {in_event + "1,\"m\":2}]", "0:duplicate_key:/0/m"},
      {in_event + "1,\"\\u006d\":2}]", "0:duplicate_key:/0/m"},
      {R"([{"event_type":"click","event_type":"click"}])", "0:duplicate_key:/0/event_type"},
      {R"([{"event_type":"click","metadata":{"a":{"long_name_1":1,"long_name_1":2}}}])",
       "0:duplicate_key:/0/metadata/a/long_name_1"},
      {R"([{"event_type":"click","metadata":{"a":{"x":1},"b":{"x":1},"x":2},"x":1}])", ""},
      {R"([{"event_type":"click","user_agent":")" + std::string(8192, 'a') + "\"}]", ""},
      {R"([{"event_type":"click","user_agent":")" + std::string(8193, 'a') + "\"}]",
       "0:string_too_long:/0/user_agent"},
      {R"([{"event_type":"click","metadata":{"a":")" + std::string(4096 - 8, 'a') + "\"}}]", ""},
      {R"([{"event_type":"click","metadata":{"a":")" + std::string(4096 - 7, 'a') + "\"}}]",
       "0:metadata_too_large:/0/metadata"},
      {R"([{"event_type":"click","blob":")" + std::string(5000, 'a') + "\"}]",
       "0:metadata_too_large:/0/metadata"},
      {"[{" + std::string(65536, ' ') + "\"event_type\":\"click\"}," + good(2) + "]",
       "0:event_too_large:/0"},
  };
  IntakeFixture fixture;
  for (const auto& c : cases) {
    const ReadBody& read = fixture.read(c.body);
    EXPECT_EQ(read.result.problem.status, 0) << c.body.substr(0, 200);
    EXPECT_EQ(refusals(read), c.refusals) << c.body.substr(0, 200);
    EXPECT_EQ(read.result.batch.entries.size() + read.result.rejected, read.result.received);
  }
}

TEST(Intake, TakesTenThousandEventsAndNotOneMore) {
  const auto array = [](int count) {
    std::string text = "[" + good(0);
    for (int i = 1; i < count; ++i) text += "," + good(i);
    return text + "]";
  };
  const auto lines = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += good(i) + "\n";
    return text;
  };
  IntakeFixture fixture;
  EXPECT_EQ(fixture.read(array(10'000)).result.batch.entries.size(), 10'000U);
  EXPECT_EQ(fixture.read(array(10'001)).result.problem.status, 413);
  EXPECT_EQ(fixture.read(lines(10'000), BodyForm::ndjson).result.batch.entries.size(), 10'000U);
  EXPECT_EQ(fixture.read(lines(10'001), BodyForm::ndjson).result.problem.status, 413);
}

TEST(Intake, ListsAThousandRefusalsAndCountsThemAll) {
  std::string body = "[{}";
  for (int i = 1; i < 1'500; ++i) body += ",{}";
  IntakeFixture fixture;
  const ReadBody& read = fixture.read(body + "," + good(1) + "]");
  EXPECT_EQ(read.result.rejections.size(), 1'000U);
  EXPECT_EQ(read.result.rejected, 1'500U);
  EXPECT_EQ(ids(read), "e1");
}

TEST(Intake, PutsUnknownFieldsUnderMetadataExtra) {
  struct {
    const char* fields;
    const char* metadata;
  } cases[] = {
      {R"("metadata":{"a":1,"b":[true,null]})", R"({"a":1,"b":[true,null]})"},
      {R"("metadata": { "a" : 1 , "b" : "x y" })", R"({"a":1,"b":"x y"})"},
      {R"("metadata":{})", "{}"},
      {R"("metadata":null)", ""},
      {R"("foo":{"a": [1, 2]})", R"({"extra":{"foo":{"a":[1,2]}}})"},
      {R"("foo":"x","metadata":{"a":1},"bar":2.50)", R"({"a":1,"extra":{"foo":"x","bar":2.50}})"},
      {R"("foo":1,"metadata":{"extra":{"z":1},"a":1})",
       R"({"a":1,"extra":{"extra":{"z":1},"foo":1}})"},
      {R"("metadata":{"extra":{"z":1}})", R"({"extra":{"z":1}})"},
      {R"("foo":"k\u00f6ln \"q\"")", R"({"extra":{"foo":"k\u00f6ln \"q\""}})"},
  };
  IntakeFixture fixture;
  for (const auto& c : cases) {
    const ReadBody& read =
        fixture.read(R"({"event_type":"click","event_id":"e",)" + std::string(c.fields) + "}");
    ASSERT_EQ(read.events.size(), 1U) << c.fields << read.code();
    EXPECT_EQ(read.events[0].metadata, c.metadata) << c.fields;
  }
  EXPECT_EQ(fixture.read(R"([{"event_type":"click","extra":1,"metadata":{"extra":2}}])").code(),
            "conflicting_fields");
}

TEST(Intake, ReadsDeviceFieldsOutOfMetadataUnlessSentThemselves) {
  IntakeFixture fixture;
  const Event& event =
      fixture
          .read(R"({"event_type":"click","event_id":"e","geo_city":"Bonn","metadata":{"device":)"
                R"("mobile","country":"de","os":"iOS","browser":"Safari","region":"NW","city":)"
                R"("Berlin"}})")
          .events.at(0);
  EXPECT_EQ(event.device, "mobile");
  EXPECT_EQ(event.country, "DE");
  EXPECT_EQ(event.os, "iOS");
  EXPECT_EQ(event.browser, "Safari");
  EXPECT_EQ(event.region, "NW");
  EXPECT_EQ(event.city, "Bonn");
  EXPECT_EQ(event.metadata,
            R"({"device":"mobile","country":"de","os":"iOS","browser":"Safari","region":"NW",)"
            R"("city":"Berlin"})");
}

TEST(Intake, KeepsConsentInCanonicalForm) {
  struct {
    const char* consent;
    bool gpc_header;
    const char* stored;
  } cases[] = {
      {R"({"tcf":"CQ.x","gdpr":1})", false, R"({"gdpr":true,"tcf":"CQ.x"})"},
      {R"({ "gpp" : "DBABM" , "gpp_sid" : [2, 6] })", false, R"({"gpp":"DBABM","gpp_sid":[2,6]})"},
      {R"({"lmt":0,"gpc":false,"vendor":{"a": 1}})", false,
       R"({"gpc":false,"lmt":false,"vendor":{"a":1}})"},
      {R"({"lmt":"0","gpc":false,"tcf":"x"})", true, R"({"tcf":"x","gpc":true,"lmt":false})"},
      {R"({"ad_user_data":"denied"})", true, R"({"gpc":true,"ad_user_data":"denied"})"},
      {R"({"tcf":null})", false, ""},
      {R"({})", true, R"({"gpc":true})"},
      {R"(null)", true, R"({"gpc":true})"},
      {R"(null)", false, ""},
  };
  IntakeFixture fixture;
  for (const auto& c : cases) {
    fixture.facts.gpc = c.gpc_header;
    const ReadBody& read = fixture.read(R"({"event_type":"click","event_id":"e","consent":)" +
                                        std::string(c.consent) + "}");
    ASSERT_EQ(read.events.size(), 1U) << c.consent << read.code();
    EXPECT_EQ(read.events[0].consent, c.stored) << c.consent;
  }
}

TEST(Intake, AppliesTheBatchesSentAtWhereverItStands) {
  const std::string event = R"({"event_id":"e","event_type":"click","ts":"2026-11-20T11:59:50Z"})";
  IntakeFixture fixture;
  const std::string sent_at = R"("sent_at":"2026-11-20T12:00:00Z")";
  for (const std::string& body : {"{" + sent_at + R"(,"events":[)" + event + "]}",
                                  R"({"events":[)" + event + "]," + sent_at + "}"}) {
    const ReadBody& read = fixture.read(body);
    ASSERT_EQ(read.events.size(), 1U) << body;
    EXPECT_EQ(read.events[0].time_us, kTestNowUs - 10 * kSecondUs) << body;
  }
}

TEST(Intake, CountsWarningsWithTheirFirstIndex) {
  IntakeFixture fixture;
  const ReadBody& read = fixture.read("[" + good(1) + R"(,{"event_type":"click"},{"event_type":)" +
                                      R"("click","ts":"2026-11-21T11:00:00"},{}])");
  const auto of = [&](Warning w) { return read.result.warnings[static_cast<std::size_t>(w)]; };
  EXPECT_EQ(of(Warning::no_event_id).count, 2U);
  EXPECT_EQ(of(Warning::no_event_id).first_index, 1U);
  EXPECT_EQ(of(Warning::no_timezone).count, 1U);
  EXPECT_EQ(of(Warning::no_timezone).first_index, 2U);
}

}  // namespace
}  // namespace adbacus
