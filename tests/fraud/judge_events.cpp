// Reads events as lines of name=value parts with tabs between them, encodes each as the edge would,
// judges it with the library and prints class, repeat or counted, score and reasons, with tabs.
// Names are those of the event's texts, and: type, time_us, signed (0 or 1), disposition (counted
// or repeat), and what records do not carry yet: browser_door, unseen, honeypot, elsewhere,
// install_begin_us. Arguments: a file with the networks of data centres, and one with words
// of crawlers' user agents.
#include <charconv>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>

#include "base/file_system.hpp"
#include "base/network/network_list.hpp"
#include "enrich/agent/agent_parser.hpp"
#include "processor/fraud/traffic_judge.hpp"
#include "processor/fraud/traffic_reader.hpp"

namespace {

using namespace adbacus;

using Parts = std::map<std::string, std::string, std::less<>>;

std::string part(const Parts& parts, std::string_view name) {
  const auto found = parts.find(name);
  return found == parts.end() ? std::string() : found->second;
}

std::int64_t number(const Parts& parts, std::string_view name) {
  const std::string text = part(parts, name);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Parts parts_of(const std::string& line) {
  Parts parts;
  for (std::size_t begin = 0; begin < line.size();) {
    const std::size_t end = std::min(line.find('\t', begin), line.size());
    const std::string text = line.substr(begin, end - begin);
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) parts[text.substr(0, equals)] = text.substr(equals + 1);
    begin = end + 1;
  }
  return parts;
}

class Judge {
 public:
  Judge(NetworkTable networks, AgentWords agents)
      : reader_(lists(std::move(networks), std::move(agents)), 1),
        judge_(FraudRuleSet::defaults(), 0) {}

  FraudVerdict judge(const Parts& parts) {
    TrafficFacts facts = facts_of(parts);
    facts.is_browser_door = number(parts, "browser_door") != 0;
    facts.is_unseen_request = number(parts, "unseen") != 0;
    facts.is_honeypot = number(parts, "honeypot") != 0;
    facts.is_elsewhere = number(parts, "elsewhere") != 0;
    facts.install_begin_us = number(parts, "install_begin_us");
    return judge_.judge(facts);
  }

 private:
  static std::shared_ptr<const TrafficLists> lists(NetworkTable networks, AgentWords agents) {
    auto lists = std::make_shared<TrafficLists>();
    lists->networks = std::move(networks);
    lists->agents = std::move(agents);
    return lists;
  }

  // By way of the record's bytes.
  TrafficFacts facts_of(const Parts& parts) {
    Event event;
    for_each_text(event, [&](std::size_t, const char* name, std::string_view& text, bool) {
      if (const auto found = parts.find(name); found != parts.end()) text = found->second;
    });
    if (!parse_event_type(part(parts, "type"), event.type)) event.type = EventType::page_view;
    event.time_us = number(parts, "time_us");
    if (number(parts, "signed") != 0) event.flags |= event_flag::signed_decision;
    if (!event.user_agent.empty() && parser_.parse({.user_agent = event.user_agent}).is_bot)
      event.flags |= event_flag::declared_bot;
    std::string bytes;
    encode_event(event, bytes);
    PackedEvent packed;
    if (!scan_event(bytes, packed)) std::abort();
    return reader_.read(packed, part(parts, "disposition") == "repeat" ? Disposition::repeat
                                                                       : Disposition::counted);
  }

  AgentParser parser_;
  TrafficReader reader_;
  TrafficJudge judge_;
};

}  // namespace

int main(int argc, char** argv) {
  NetworkTableBuilder builder;
  std::vector<AgentWord> words = default_agent_words();
  for (int i = 1; i < argc; ++i) {
    const auto text = read_file(real_file_system(), argv[i]);
    const bool is_read =
        text && (i == 1 ? read_network_list(*text, traffic_list::data_centre, builder)
                        : read_agent_words(*text, agent_list::crawler, words));
    if (is_read) continue;
    std::cerr << "judge_events: " << argv[i] << " is no list\n";
    return 2;
  }
  auto agents = AgentWords::make(words);
  if (!agents) {
    std::cerr << "judge_events: " << agents.error().message << '\n';
    return 2;
  }
  Judge judge(std::move(builder).build(), *std::move(agents));
  for (std::string line; std::getline(std::cin, line);) {
    const FraudVerdict verdict = judge.judge(parts_of(line));
    std::cout << traffic_class_name(verdict.traffic_class) << '\t'
              << (verdict.is_repeat ? "repeat" : "counted") << '\t' << int{verdict.score} << '\t'
              << fraud_reason_names(verdict.reasons) << '\n';
  }
  return 0;
}
