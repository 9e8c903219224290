// What an event's user agent, client hints and language say where the event does not.
#include <gtest/gtest.h>

#include "enrich/agent/agent_parser.hpp"
#include "ingest/testing/intake_fixture.hpp"

namespace adbacus {
namespace {

constexpr const char* kPhone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1";
constexpr const char* kDesktop =
    "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0";
constexpr const char* kBot =
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

class EventDevice : public ::testing::Test {
 protected:
  EventDevice() {
    static const auto agents = std::make_shared<const SharedAgentParser>();
    fixture_.options.agents = agents;
  }
  const Event& one(const std::string& fields) {
    const std::string body =
        R"({"event_id":"e","event_type":"click",)" + fields + R"("ts":1795262400000})";
    return fixture_.read(body).events.at(0);
  }
  // "mobile iOS Safari"
  std::string found(const std::string& fields) {
    const Event& event = one(fields);
    return std::string(event.device) + " " + std::string(event.os) + " " +
           std::string(event.browser);
  }
  static std::string agent(const char* text) {
    return R"("user_agent":")" + std::string(text) + "\",";
  }

  IntakeFixture fixture_;
};

TEST_F(EventDevice, IsReadOffTheEventsOwnAgent) {
  EXPECT_EQ(found(agent(kPhone)), "mobile iOS Safari");
  EXPECT_EQ(one(agent(kPhone)).flags & event_flag::declared_bot, 0);
  EXPECT_EQ(found(agent(kBot)), "other  Googlebot");
  EXPECT_NE(one(agent(kBot)).flags & event_flag::declared_bot, 0);
  EXPECT_EQ(found(""), "  ");
}

TEST_F(EventDevice, FillsOnlyWhatTheSenderDidNotSay) {
  EXPECT_EQ(found(agent(kPhone) + R"("device":"tv",)"), "tv iOS Safari");
  EXPECT_EQ(found(agent(kPhone) + R"("metadata":{"os":"BeOS"},)"), "mobile BeOS Safari");
  EXPECT_EQ(found(agent(kPhone) + R"("browser_type":"NetPositive","os_type":"BeOS",)"),
            "mobile BeOS NetPositive");
}

TEST_F(EventDevice, StructuredHintsOutweighTheAgentAndAreNotStored) {
  const std::string sua =
      R"("sua": { "browsers":[{"brand":"Brave","version":["124"]}], "mobile":0,)"
      R"( "platform":{"brand":"Windows"}},)";
  EXPECT_EQ(found(agent(kPhone) + sua), "desktop Windows Brave");
  EXPECT_EQ(found(sua), "desktop Windows Brave");
  EXPECT_EQ(one(sua).metadata, "");
  EXPECT_EQ(fixture_.read(R"({"event_type":"click","sua":"x"})").code(), "invalid_type");
  EXPECT_EQ(found(R"("sua":{"browsers":[{"brand":7}]},)"), "  ");
}

TEST_F(EventDevice, HintsOfTheConnectionBelongToItsOwnAgentOnly) {
  fixture_.facts.device_agent.user_agent = kDesktop;
  fixture_.facts.device_agent.brands = R"("Brave";v="124")";
  fixture_.facts.device_agent.platform = R"("Linux")";
  EXPECT_EQ(found(""), "desktop Linux Brave");
  EXPECT_EQ(found(agent(kPhone)), "mobile iOS Safari") << "another device's";
  fixture_.facts.from_page = true;
  EXPECT_EQ(found(agent(kPhone)), "desktop Linux Brave") << "the page's word is not believed";
}

TEST_F(EventDevice, TheLanguageIsThePages) {
  fixture_.facts.device_language = "de";
  EXPECT_EQ(one("").language, "de");
  EXPECT_EQ(one(R"("language":"fr",)").language, "fr");
}

TEST_F(EventDevice, NothingIsReadWithoutTheRules) {
  fixture_.options.agents = nullptr;
  EXPECT_EQ(found(agent(kPhone)), "  ");
  EXPECT_EQ(one(agent(kPhone)).user_agent, kPhone);
}

// A later event of a body must not be seen in an earlier one.
TEST_F(EventDevice, EachEventOfABodyHasItsOwn) {
  std::string body = "[";
  for (int i = 0; i < 50; ++i) {
    if (i > 0) body += ',';
    body += R"({"event_type":"click","event_id":")" + std::to_string(i) + R"(","user_agent":")" +
            (i % 3 == 0   ? kPhone
             : i % 3 == 1 ? kDesktop
                          : kBot) +
            "\"}";
  }
  const ReadBody& read = fixture_.read(body + "]");
  ASSERT_EQ(read.events.size(), 50U);
  for (std::size_t i = 0; i < read.events.size(); ++i)
    EXPECT_EQ(read.events[i].browser, i % 3 == 0 ? "Safari" : i % 3 == 1 ? "Firefox" : "Googlebot");
}

}  // namespace
}  // namespace adbacus
