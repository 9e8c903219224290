#include "decision/request_consent.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

// Of 2025, policy 4, without vendors: purposes 1, 2, 3, 4 and 7; and 1, 3, 4 and 7.
constexpr std::string_view kFull = "CQSbk4AQSbk4ANwAAAENAwEgAPIAAAAAAAYgAAAAAAAA";
constexpr std::string_view kNoSelection = "CQSbk4AQSbk4ANwAAAENAwEgALIAAAAAAAYgAAAAAAAA";

AdRequest request(const ConsentSignals& consent) {
  AdRequest ads;
  ads.user_id = "u";
  ads.session_id = "s";
  ads.consent = consent;
  ads.context = {{"room", "lobby"},   {"country", "DE"}, {"city", "Ulm"},  {"ip", "192.0.2.7"},
                 {"location", "1,2"}, {"segment", "a"},  {"segment", "b"}, {"visitor", "new"}};
  apply_consent({}, GdprPlace::unknown, false, ads);
  return ads;
}

std::string fields_of(const AdRequest& ads) {
  std::string names;
  for (const auto& [field, value] : ads.context) names += std::string(field) + " ";
  return names;
}

TEST(RequestConsent, LeavesARequestWithoutSignalsAlone) {
  for (const ConsentSignals& consent : {ConsentSignals{}, ConsentSignals{.gdpr = false},
                                        ConsentSignals{.gdpr = true, .tcf = kFull}}) {
    const AdRequest ads = request(consent);
    EXPECT_TRUE(ads.may_identify && ads.may_personalise);
    EXPECT_EQ(ads.user_id, "u");
    EXPECT_EQ(fields_of(ads), "room country city ip location segment segment visitor ");
  }
}

TEST(RequestConsent, TakesOutWhatMayNotBeUsed) {
  const AdRequest nobody = request({.gdpr = true});
  EXPECT_FALSE(nobody.may_identify || nobody.may_personalise);
  EXPECT_EQ(nobody.user_id, "");
  EXPECT_EQ(nobody.session_id, "");
  EXPECT_EQ(fields_of(nobody), "room ");
  const AdRequest opted_out = request({.gpc = true});
  EXPECT_TRUE(opted_out.may_identify);
  EXPECT_EQ(opted_out.user_id, "u");
  EXPECT_EQ(fields_of(opted_out), "room country city ip location ");
  const AdRequest child = request({.coppa = true});
  EXPECT_EQ(child.user_id, "");
  EXPECT_EQ(fields_of(child), "room country city ");
  const AdRequest limited = request({.lmt = true});
  EXPECT_EQ(limited.user_id, "u");
  EXPECT_EQ(fields_of(limited), "room country city ip location ");
  const AdRequest unselected = request({.tcf = kNoSelection});
  EXPECT_FALSE(unselected.may_identify);
  EXPECT_TRUE(unselected.may_personalise);
  EXPECT_EQ(fields_of(unselected), "room segment segment visitor ");
}

TEST(RequestConsent, WhoOptedOutHasNoIdThatAnotherGave) {
  for (const bool is_foreign : {false, true}) {
    AdRequest ads;
    ads.user_id = "u";
    ads.is_foreign_id = is_foreign;
    ads.consent.us_privacy = "1YYN";
    apply_consent({}, GdprPlace::unknown, false, ads);
    EXPECT_TRUE(ads.may_identify);
    EXPECT_EQ(ads.user_id, is_foreign ? "" : "u");
  }
}

}  // namespace
}  // namespace adbacus
