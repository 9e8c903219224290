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
  ads.context = {{"country", "DE"}, {"ip", "192.0.2.7"}, {"location", "1,2"},
                 {"segment", "a"},  {"segment", "b"},    {"visitor", "new"}};
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
    EXPECT_EQ(fields_of(ads), "country ip location segment segment visitor ");
  }
}

TEST(RequestConsent, TakesOutWhatMayNotBeUsed) {
  const AdRequest nobody = request({.gdpr = true});
  EXPECT_FALSE(nobody.may_identify || nobody.may_personalise);
  EXPECT_EQ(nobody.user_id, "");
  EXPECT_EQ(nobody.session_id, "");
  EXPECT_EQ(fields_of(nobody), "country ");
  const AdRequest opted_out = request({.gpc = true});
  EXPECT_TRUE(opted_out.may_identify);
  EXPECT_EQ(opted_out.user_id, "u");
  EXPECT_EQ(fields_of(opted_out), "country ip location ");
  const AdRequest unselected = request({.tcf = kNoSelection});
  EXPECT_FALSE(unselected.may_identify);
  EXPECT_TRUE(unselected.may_personalise);
  EXPECT_EQ(fields_of(unselected), "country segment segment visitor ");
}

}  // namespace
}  // namespace adbacus
