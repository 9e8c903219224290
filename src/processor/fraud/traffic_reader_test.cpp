#include "processor/fraud/traffic_reader.hpp"

#include <gtest/gtest.h>

#include "base/network/network_list.hpp"
#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

std::shared_ptr<const TrafficLists> some_lists() {
  auto lists = std::make_shared<TrafficLists>();
  NetworkTableBuilder builder;
  EXPECT_TRUE(read_network_list("203.0.112.0/23\n198.51.100.0/25\n2001:db8::/32",
                                traffic_list::data_centre, builder));
  lists->networks = std::move(builder).build();
  lists->agents = *AgentWords::make(default_agent_words());
  return lists;
}

TrafficFacts read(const Event& event, std::uint64_t seed = 5) {
  std::string bytes;
  encode_event(event, bytes);
  PackedEvent packed;
  EXPECT_TRUE(scan_event(bytes, packed));
  TrafficReader reader(some_lists(), seed);
  reader.read(packed, Disposition::counted);
  return reader.read(packed, Disposition::counted);  // with what it remembers
}

Event full_event() {
  Event event;
  event.type = EventType::conversion;
  event.time_us = 1'790'000'000'000'000;
  event.flags = event_flag::signed_decision;
  event.tenant = "1";
  event.event_id = "e";
  event.user_id = "u";
  event.ad_id = "a";
  event.campaign_id = "c";
  event.source = "s";
  event.click_id = "k";
  event.decision_id = "d";
  event.conversion_type = "install";
  event.ip_prefix = "203.0.113.0/24";
  event.ip_hash = "0123456789abcdef";
  event.user_agent = "Mozilla/5.0 (X11) HeadlessChrome/120";
  event.geometry = "3,-4,,250";
  return event;
}

TEST(TrafficReader, ReadsWhatTheEventSays) {
  const TrafficFacts facts = read(full_event());
  EXPECT_EQ(facts.type, EventType::conversion);
  EXPECT_EQ(facts.flags, event_flag::signed_decision);
  EXPECT_TRUE(facts.is_install);
  for (const TrafficKey key : {facts.user, facts.ad, facts.campaign, facts.source, facts.click,
                               facts.decision, facts.network, facts.address, facts.agent})
    EXPECT_NE(key, 0U);
  EXPECT_EQ(facts.lists, traffic_list::data_centre);
  EXPECT_TRUE(facts.is_listed_agent);
  EXPECT_FALSE(facts.is_library_agent);
  EXPECT_EQ(facts.slot.x, 3);
  EXPECT_EQ(facts.slot.y, -4);
  EXPECT_EQ(facts.slot.width, std::nullopt);
  EXPECT_EQ(facts.slot.height, 250);
}

TEST(TrafficReader, WhatIsNotSentIsZero) {
  Event event;
  event.tenant = "1";
  event.event_id = "e";
  event.type = EventType::click;
  const TrafficFacts facts = read(event);
  for (const TrafficKey key : {facts.user, facts.ad, facts.campaign, facts.source, facts.click,
                               facts.decision, facts.network, facts.address, facts.agent})
    EXPECT_EQ(key, 0U);
  EXPECT_EQ(facts.lists, 0);
  EXPECT_FALSE(facts.slot.x || facts.slot.y || facts.slot.width || facts.slot.height);
}

TEST(TrafficReader, TenantsAndLogsHaveKeysOfTheirOwn) {
  Event event = full_event();
  const TrafficFacts one = read(event);
  const TrafficFacts elsewhere = read(event, 6);
  event.tenant = "2";
  const TrafficFacts two = read(event);
  EXPECT_NE(one.user, two.user);
  EXPECT_NE(one.network, two.network);
  EXPECT_NE(one.address, two.address);
  EXPECT_NE(one.decision, two.decision);
  EXPECT_NE(one.user, elsewhere.user);
  EXPECT_EQ(one.lists, two.lists);
}

TEST(TrafficReader, ANetworkIsListedOnlyAsAWhole) {
  Event event = full_event();
  event.ip_prefix = "198.51.100.0/24";  // half of it is
  EXPECT_EQ(read(event).lists, 0);
  event.ip_prefix = "2001:db8:1::/48";
  EXPECT_EQ(read(event).lists, traffic_list::data_centre);
  event.ip_prefix = "nonsense";
  EXPECT_EQ(read(event).lists, 0);
}

TEST(AgentWords, FindsWhatLookingForEachWordFinds) {
  Rng rng(test_seed());
  const auto random_text = [&](std::uint64_t size, std::string_view letters) {
    std::string text;
    for (; size > 0; --size) text += letters[rng.below(letters.size())];
    return text;
  };
  for (int round = 0; round < 500; ++round) {
    std::vector<AgentWord> words;
    for (std::uint64_t i = rng.below(12); i > 0; --i)
      words.push_back(
          {random_text(3 + rng.below(4), "ab/"), static_cast<AgentLists>(1 + rng.below(3))});
    const auto made = AgentWords::make(words);
    ASSERT_TRUE(made);
    for (int i = 0; i < 40; ++i) {
      const std::string agent = random_text(rng.below(14), i % 2 == 0 ? "aB/" : "aAbB/ \xff");
      AgentLists wanted = 0;
      for (const AgentWord& word : words) {
        const bool is_first = word.text.front() == '^';
        const bool is_last = word.text.back() == '$';
        const std::string fixed = word.text.substr(
            is_first ? 1 : 0, word.text.size() - (is_first ? 1 : 0) - (is_last ? 1 : 0));
        bool is_there = false;
        for (std::size_t at = agent.find(fixed); at != std::string::npos;
             at = agent.find(fixed, at + 1))
          is_there = is_there ||
                     ((!is_first || at == 0) && (!is_last || at + fixed.size() == agent.size()));
        if (is_there) wanted = static_cast<AgentLists>(wanted | word.lists);
      }
      ASSERT_EQ(made->find(agent), wanted) << agent << " seed " << test_seed();
    }
  }
}

TEST(AgentWords, KnowsLibrariesButNoBrowser) {
  const auto words = AgentWords::make(default_agent_words());
  ASSERT_TRUE(words);
  EXPECT_EQ(words->find("curl/8.5.0"), agent_list::library);
  EXPECT_EQ(words->find("python-requests/2.31.0"), agent_list::library);
  EXPECT_EQ(words->find("okhttp/4.12"), agent_list::library);
  EXPECT_EQ(
      words->find("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
                  "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"),
      0);
  EXPECT_EQ(words->find(""), 0);
  EXPECT_EQ(
      words->find("Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/120.0 Mobile Safari/537.36"),
      0);
  EXPECT_EQ(words->find("x curl/8"), 0);  // only at the begin
  EXPECT_EQ(AgentWords().find("curl/8"), 0);
}

TEST(AgentWords, WrongListsAreRefusedAsAWhole) {
  std::vector<AgentWord> words;
  ASSERT_TRUE(
      read_agent_words("# crawlers\r\nGooglebot/\r\n\nfoo bar", agent_list::crawler, words));
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(AgentWords::make(words)->find("x Googlebot/2"), agent_list::crawler);
  EXPECT_EQ(AgentWords::make(words)->find("x googlebot/2"), 0);
  const auto refused = read_agent_words("good\nab\n", agent_list::crawler, words);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "line 2: \"ab\" is no word of 3 to 100 printable characters");
  EXPECT_EQ(words.size(), 2U);
  EXPECT_FALSE(read_agent_words("a\tbc", agent_list::crawler, words));
  EXPECT_FALSE(AgentWords::make({{"ab", 1}}));
  EXPECT_FALSE(AgentWords::make(std::vector<AgentWord>(1000, {std::string(100, 'x'), 1})));
}

}  // namespace
}  // namespace adbacus
