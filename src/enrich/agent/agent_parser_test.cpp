#include "enrich/agent/agent_parser.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "enrich/agent/agent_cache.hpp"

namespace adbacus {
namespace {

const AgentParser& parser() {
  static const AgentParser made;
  return made;
}

struct Known {
  const char* agent;
  const char* device;
  const char* os;
  const char* os_version;
  const char* browser;
  const char* browser_version;
  bool is_bot = false;
};

constexpr Known kKnown[] = {
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36",
     "desktop", "Windows", "10", "Chrome", "124"},
    {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
     "Mobile Safari/537.36",
     "mobile", "Android", "10", "Chrome", "124"},
    {"Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/116.0.0.0 Safari/537.36",
     "tablet", "Android", "13", "Chrome", "116"},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1",
     "mobile", "iOS", "17.4", "Safari", "17"},
    {"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/16.6 Mobile/15E148 Safari/604.1",
     "tablet", "iOS", "16.6", "Safari", "16"},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.4 Safari/605.1.15",
     "desktop", "macOS", "10.15", "Safari", "17"},
    {"Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0", "desktop", "Linux",
     "", "Firefox", "125"},
    {"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0", "desktop",
     "Linux", "", "Firefox", "125"},
    {"Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0", "mobile", "Android",
     "14", "Firefox", "125"},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36 Edg/124.0.0.0",
     "desktop", "Windows", "10", "Edge", "124"},
    {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36",
     "desktop", "Chrome OS", "14541.0", "Chrome", "124"},
    {"Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) "
     "SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36",
     "mobile", "Android", "13", "Samsung Internet", "24"},
    {"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) "
     "76.0.3809.146/"
     "6.0 TV Safari/537.36",
     "tv", "Tizen", "6.0", "Safari", ""},
    {"Dalvik/2.1.0 (Linux; U; Android 12; Pixel 6 Build/SD1A.210817.023)", "mobile", "Android",
     "12", "Android", "12"},
    {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "other", "", "",
     "Googlebot", "2", true},
    {"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like "
     "Gecko) Chrome/124.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; "
     "+http://www.google.com/bot.html)",
     "other", "Android", "6.0", "Googlebot", "2", true},
    {"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "other", "", "",
     "bingbot", "2", true},
    {"", "", "", "", "", ""},
    {"x", "", "", "", "", ""},
};

TEST(AgentParser, ReadsTheUsualAgents) {
  for (const Known& known : kKnown) {
    const AgentFacts facts = parser().parse({.user_agent = known.agent});
    EXPECT_EQ(device_type_name(facts.device), known.device) << known.agent;
    EXPECT_EQ(facts.os.view(), known.os) << known.agent;
    EXPECT_EQ(facts.os_version.view(), known.os_version) << known.agent;
    EXPECT_EQ(facts.browser.view(), known.browser) << known.agent;
    EXPECT_EQ(facts.browser_version.view(), known.browser_version) << known.agent;
    EXPECT_EQ(facts.is_bot, known.is_bot) << known.agent;
  }
}

TEST(AgentParser, PhonesOfTheBrandCubotAreNoBots) {
  EXPECT_FALSE(
      parser()
          .parse({.user_agent = "Mozilla/5.0 (Linux; Android 11; CUBOT KINGKONG 5 Pro) "
                                "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.45 "
                                "Mobile Safari/537.36"})
          .is_bot);
}

constexpr std::string_view kFrozen =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.0.0 Safari/537.36";

TEST(AgentParser, ClientHintsOutweighTheUserAgent) {
  AgentSigns signs{.user_agent = kFrozen};
  signs.brands = R"("Chromium";v="124", "Brave";v="124", "Not-A.Brand";v="99")";
  signs.platform = R"("Windows")";
  signs.platform_version = R"("15.0.0")";
  signs.mobile = "?0";
  const AgentFacts facts = parser().parse(signs);
  EXPECT_EQ(facts.browser.view(), "Brave");
  EXPECT_EQ(facts.browser_version.view(), "124");
  EXPECT_EQ(facts.os.view(), "Windows");
  EXPECT_EQ(facts.os_version.view(), "11");
  EXPECT_EQ(facts.device, DeviceType::desktop);
}

TEST(AgentParser, HintsAloneAreEnough) {
  AgentSigns signs;
  signs.structured =
      R"({"browsers":[{"brand":"Google Chrome","version":["124","0"]},{"brand":"Not;A=Brand"}],)"
      R"("platform":{"brand":"Android","version":["14"]},"mobile":1,"model":"Pixel"})";
  const AgentFacts facts = parser().parse(signs);
  EXPECT_EQ(facts.browser.view(), "Chrome");
  EXPECT_EQ(facts.browser_version.view(), "124");
  EXPECT_EQ(facts.os.view(), "Android");
  EXPECT_EQ(facts.os_version.view(), "14");
  EXPECT_EQ(facts.device, DeviceType::mobile);
}

TEST(AgentParser, MalformedHintsSayNothing) {
  const AgentFacts plain = parser().parse({.user_agent = kFrozen});
  for (const char* brands :
       {"", "\"", "\"Chrome", "\"a\";v", "\"a\";v=", "\x80", ";;;,,,", "\"\\"}) {
    AgentSigns signs{.user_agent = kFrozen, .brands = brands, .platform = "\"\x01\""};
    const AgentFacts facts = parser().parse(signs);
    EXPECT_EQ(facts.device, plain.device);
    for (const char c : facts.browser.view()) EXPECT_TRUE(c >= ' ' && c <= '~');
  }
  for (const char* json : {"", "{", "[]", "{\"browsers\":3}", "{\"browsers\":[3],\"mobile\":[]}"}) {
    const AgentFacts facts = parser().parse({.user_agent = kFrozen, .structured = json});
    EXPECT_EQ(facts, plain) << json;
  }
}

TEST(AgentParser, IsSharedByThreads) {
  const SharedAgentParser shared;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        for (const Known& known : kKnown) {
          const AgentSigns signs{.user_agent = known.agent};
          if (!(shared.get().parse(signs) == parser().parse(signs))) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

// A text that holds pieces of many agents, in any order and damaged.
std::string odd_agent(Rng& rng) {
  std::string agent;
  for (std::uint64_t pieces = 1 + rng.below(4); pieces > 0; --pieces) {
    const std::string_view from = kKnown[rng.below(std::size(kKnown) - 2)].agent;
    const std::size_t begin = rng.below(from.size());
    agent.append(from.substr(begin, 1 + rng.below(from.size())));
  }
  for (std::uint64_t changes = rng.below(4); changes > 0; --changes)
    agent[rng.below(agent.size())] = static_cast<char>(rng.below(256));
  return agent;
}

// The filter only saves work: the rule that is found is the first of all that match.
TEST(RuleSet, FindsWhatTryingAllRulesFinds) {
  const RuleSet set(browser_rules());
  std::vector<std::unique_ptr<re2::RE2>> all;
  for (const AgentRule& rule : browser_rules()) {
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_case_sensitive(!rule.ignores_case);
    all.push_back(std::make_unique<re2::RE2>(rule.pattern, options));
    ASSERT_TRUE(all.back()->ok()) << rule.pattern;
  }
  Rng rng(test_seed());
  for (int round = 0; round < 300; ++round) {
    const std::string agent = odd_agent(rng);
    std::string lower = agent;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    std::size_t first = 0;
    while (first < all.size() && !re2::RE2::PartialMatch(agent, *all[first])) ++first;
    const auto found = set.first_match(agent, lower);
    ASSERT_EQ(found.has_value(), first < all.size()) << agent;
    const std::string_view name = first < all.size() ? browser_rules()[first].name : "";
    if (found && !name.empty() && name.find('$') == std::string_view::npos) {
      EXPECT_EQ(found->name, name) << agent;
    }
  }
}

TEST(AgentCache, AnswersWhatParsingAnswersAndParsesAnAgentOnce) {
  AgentCache cache(7);
  std::size_t parsed = 0;
  const auto parse = [&](const AgentSigns& signs) {
    ++parsed;
    AgentFacts facts;
    facts.browser = SmallText<39>(signs.user_agent);
    facts.os = SmallText<31>(signs.platform);
    return facts;
  };
  Rng rng(test_seed());
  constexpr std::uint64_t kAgents = 10'000;
  for (int i = 0; i < 200'000; ++i) {
    const std::string agent =
        "agent " + std::to_string(std::min(rng.below(kAgents), rng.below(kAgents)));
    const bool hinted = rng.below(2) == 0;
    const AgentSigns signs{.user_agent = agent, .platform = hinted ? "Windows" : ""};
    const AgentFacts& facts = cache.find(signs, parse);
    ASSERT_EQ(facts.browser.view(), agent);
    ASSERT_EQ(facts.os.view(), hinted ? "Windows" : "");
  }
  EXPECT_LE(parsed, 2 * kAgents + kAgents / 20) << "20,000 agents nearly fit";
}

TEST(AgentCache, ForgetsWhatIsSeldomAskedNotWhatIsAskedOften) {
  AgentCache cache(7);
  std::size_t parsed_often = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::string seldom = "agent " + std::to_string(i);
    cache.find({.user_agent = seldom}, [](const AgentSigns&) { return AgentFacts(); });
    cache.find({.user_agent = "often"}, [&](const AgentSigns&) {
      ++parsed_often;
      return AgentFacts();
    });
  }
  EXPECT_EQ(parsed_often, 1U);
}

}  // namespace
}  // namespace adbacus
