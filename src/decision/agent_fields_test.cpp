#include "decision/agent_fields.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

constexpr std::string_view kPhone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1";

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

const SharedAgentParser& agents() {
  static const SharedAgentParser made;
  return made;
}

RequestFields fields_of(std::initializer_list<const char*> names) {
  RequestFields fields;
  for (const char* name : names) fields.add(name);
  return fields;
}

TEST(AgentFields, AreThoseThatALineItemLooksAt) {
  AdRequest ads;
  ads.agent.user_agent = kPhone;
  complete_agent_fields(agents(), fields_of({"country"}), ads);
  EXPECT_EQ(ads.context, Fields()) << "nobody asks";
  complete_agent_fields(agents(), fields_of({"device", "os_version", "country"}), ads);
  EXPECT_EQ(ads.context, (Fields{{"device", "mobile"}, {"os_version", "17.4"}}));
}

TEST(AgentFields, LeaveWhatTheRequestSays) {
  const RequestFields all = fields_of({"device", "os", "os_version", "browser", "browser_version"});
  AdRequest ads;
  ads.agent.user_agent = kPhone;
  ads.context = {{"os", "Android"}, {"device", "tv"}};
  complete_agent_fields(agents(), all, ads);
  EXPECT_EQ(
      ads.context,
      (Fields{
          {"os", "Android"}, {"device", "tv"}, {"browser", "Safari"}, {"browser_version", "17"}}))
      << "and no version of another system";
}

TEST(AgentFields, TheContextsAgentOutweighsTheHeader) {
  const RequestFields all = fields_of({"browser"});
  AdRequest ads;
  ads.agent = {.user_agent = "curl/8", .brands = R"("Brave";v="1")"};
  ads.context = {{"user_agent", kPhone}};
  complete_agent_fields(agents(), all, ads);
  EXPECT_EQ(ads.context.back(), (Fields::value_type{"browser", "Safari"}));
  AdRequest none;
  complete_agent_fields(agents(), all, none);
  EXPECT_EQ(none.context, Fields());
}

}  // namespace
}  // namespace adbacus
