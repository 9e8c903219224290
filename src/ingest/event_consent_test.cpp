// What an event keeps of a person, by the signals it came with.
#include <gtest/gtest.h>

#include "ingest/testing/intake_fixture.hpp"

namespace adbacus {
namespace {

// Valid, service-specific, policy 4, made in 2025: purposes 1, 2, 3, 4 and 7, no vendors.
constexpr const char* kFullConsent = "CQSbk4AQSbk4ANwAAAENAwEgAPIAAAAAAAYgAAAAAAAA";
constexpr std::uint16_t kAllDenied = 0x1f << event_flag::first_denied_bit;

std::string with(const std::string& members) {
  return R"({"event_id":"e","event_type":"click","user_id":"u","session_id":"s",)" + members +
         R"("campaign_id":1,"ts":1795262400000})";
}

class EventConsent : public ::testing::Test {
 protected:
  const Event& one(const std::string& consent) {
    return fixture_.read(with(consent.empty() ? "" : R"("consent":)" + consent + ",")).events.at(0);
  }
  unsigned denied_of(const std::string& consent) { return one(consent).flags & kAllDenied; }
  IntakeFixture fixture_;
};

TEST_F(EventConsent, NothingIsForbiddenWithoutSignals) {
  for (const char* none : {"", "{}", R"({"gdpr":false})", R"({"us_privacy":"1YNN","lmt":0})",
                           R"({"tcf":null,"something":"else"})"}) {
    const Event& event = one(none);
    EXPECT_EQ(event.flags & kAllDenied, 0) << none;
    EXPECT_EQ(event.user_id, "u") << none;
    EXPECT_EQ(event.session_id, "s") << none;
  }
}

TEST_F(EventConsent, WhoMayNotBeIdentifiedIsNotStored) {
  for (const char* signal : {R"({"gdpr":true})", R"({"gdpr":1,"tcf":"nonsense"})",
                             R"({"coppa":"1"})", R"({"gpp":"DBABM~x"})"}) {
    const Event& event = one(signal);
    const bool is_child = std::string_view(signal).find("coppa") != std::string_view::npos;
    EXPECT_EQ(event.flags & kAllDenied,
              is_child ? kAllDenied & ~event_flag::no_selection : kAllDenied)
        << signal;
    EXPECT_EQ(event.user_id, "") << signal;
    EXPECT_EQ(event.session_id, "") << signal;
    EXPECT_EQ(event.campaign_id, "1") << "it still counts";
  }
}

TEST_F(EventConsent, AStringAllowsWhatItSays) {
  EXPECT_EQ(denied_of(R"({"gdpr":true,"tcf":")" + std::string(kFullConsent) + "\"}"), 0U);
  EXPECT_EQ(denied_of(R"({"gpp":"DBABM~)" + std::string(kFullConsent) + R"(","gpp_sid":[2]})"), 0U);
  fixture_.options.consent.tcf_vendor_id = 7;
  EXPECT_EQ(denied_of(R"({"gdpr":true,"tcf":")" + std::string(kFullConsent) + "\"}"), kAllDenied);
}

TEST_F(EventConsent, AnOptOutForbidsSharingAndKeepsTheUser) {
  constexpr unsigned kOptOut = event_flag::no_outbound | event_flag::no_personalisation;
  for (const char* signal :
       {R"({"gpc":true})", R"({"us_privacy":"1YYN"})", R"({"gpp":"DBABTA~1YYN","gpp_sid":"6"})"}) {
    EXPECT_EQ(denied_of(signal), kOptOut) << signal;
    EXPECT_EQ(one(signal).user_id, "u") << signal;
  }
  EXPECT_EQ(denied_of(R"({"gpp":"DBABTA~1YYN","gpp_sid":[7, 8]})"), 0U);
  fixture_.facts.gpc = true;
  EXPECT_EQ(denied_of(""), kOptOut) << "the request's header";
  EXPECT_EQ(denied_of(R"({"gpc":false})"), kOptOut) << "outweighs the member";
}

TEST_F(EventConsent, LimitedTrackingForbidsProfilesAndKeepsTheUser) {
  for (const char* signal : {R"({"lmt":true})", R"({"lmt":1})"}) {
    EXPECT_EQ(denied_of(signal), event_flag::no_personalisation) << signal;
    EXPECT_EQ(one(signal).user_id, "u") << signal;
  }
}

TEST_F(EventConsent, GoogleConsentModeIsReadInAllItsWords) {
  for (const char* no : {"false", "0", R"("denied")", R"("DENIED")", R"("CONSENT_DENIED")"}) {
    EXPECT_EQ(denied_of(R"({"ad_user_data":)" + std::string(no) + "}"), event_flag::no_outbound);
    EXPECT_EQ(denied_of(R"({"ad_personalization":)" + std::string(no) + "}"),
              event_flag::no_personalisation);
  }
  for (const char* yes : {"true", "1", R"("granted")", R"("unspecified")"})
    EXPECT_EQ(denied_of(R"({"ad_user_data":)" + std::string(yes) + "}"), 0U);
}

TEST_F(EventConsent, TheDefaultDecidesWhereNobodySays) {
  fixture_.options.consent.gdpr_default = GdprDefault::applies;
  EXPECT_EQ(denied_of(""), kAllDenied);
  EXPECT_EQ(one("").user_id, "");
  EXPECT_EQ(denied_of(R"({"gdpr":false})"), 0U);
  fixture_.options.consent.gdpr_default = GdprDefault::never;
  EXPECT_EQ(denied_of(R"({"tcf":"nonsense"})"), 0U);
}

// One event's signals are not another's.
TEST_F(EventConsent, EachEventOfABodyHasItsOwn) {
  const std::string body = "[" + with(R"("consent":{"coppa":1},)") + "," + with("") + "," +
                           with(R"("consent":{},)") + "," + with(R"("consent":{"gpc":1},)") + "]";
  const ReadBody& read = fixture_.read(body);
  ASSERT_EQ(read.events.size(), 4U);
  EXPECT_EQ(read.events[0].user_id, "");
  EXPECT_EQ(read.events[1].flags & kAllDenied, 0);
  EXPECT_EQ(read.events[2].flags & kAllDenied, 0);
  EXPECT_EQ(read.events[3].user_id, "u");
}

}  // namespace
}  // namespace adbacus
