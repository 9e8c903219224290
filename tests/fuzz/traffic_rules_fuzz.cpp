// libFuzzer target: what others write for the rules of invalid traffic. The first byte chooses: a
// rule set, a list of networks, a list of words, or a saved state whose hash is made right.
// Checked besides memory safety: what is accepted can be written and read again, and answers.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/network/network_list.hpp"
#include "processor/fraud/agent_words.hpp"
#include "processor/fraud/traffic_judge.hpp"

namespace {

using namespace adbacus;

void demand(bool holds) {
  if (!holds) std::abort();
}

void read_rules(std::string_view text) {
  const auto set = parse_fraud_rule_set(text);
  if (!set) return demand(!set.error().message.empty());
  const auto again = parse_fraud_rule_set(fraud_rule_set_text(*set));
  demand(again && *again == *set);
}

void read_networks(std::string_view text) {
  NetworkTableBuilder builder;
  if (!read_network_list(text, 1, builder)) return demand(builder.size() == 0);
  const NetworkTable table = std::move(builder).build();
  demand(table.find({.is_v4 = true, .low = 0x0a000001}) <= 1);
  demand(table.find({false, ~std::uint64_t{0}, ~std::uint64_t{0}}) <= 1);
}

void read_words(std::string_view text) {
  std::vector<AgentWord> words;
  if (!read_agent_words(text, 1, words)) return demand(words.empty());
  const auto made = AgentWords::make(words);
  if (!made) return;
  for (const AgentWord& word : words) {
    std::string_view fixed = word.text;
    if (fixed.front() == '^') fixed.remove_prefix(1);
    if (fixed.ends_with('$')) fixed.remove_suffix(1);
    demand(made->find(fixed) == 1);
  }
}

// The head's first 16 bytes are magic and hash (docs/formats/fraud_state.md).
void read_state(std::string_view bytes) {
  static const FraudRuleSet rules = [] {
    FraudRuleSet set = FraudRuleSet::defaults();
    set.sizes = {.window_keys = 16, .click_keys = 16, .impression_keys = 16};
    return set;
  }();
  TrafficJudge judge(rules, 0);
  std::string state = judge.save(0).substr(0, 24) + std::string(bytes);
  std::uint64_t magic = 0;
  std::memcpy(&magic, state.data(), sizeof(magic));
  const std::uint64_t hash = hash64(std::string_view(state).substr(16), magic);
  std::memcpy(state.data() + 8, &hash, sizeof(hash));
  const auto position = judge.load(state);
  if (!position) return;
  demand(judge.save(*position).size() == state.size());
  TrafficFacts click;
  click.type = EventType::click;
  click.user = click.ad = click.network = click.decision = 1;
  judge.judge(click);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      read_rules(rest);
      break;
    case 1:
      read_networks(rest);
      break;
    case 2:
      read_words(rest);
      break;
    default:
      read_state(rest);
  }
  return 0;
}
