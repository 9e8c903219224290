// Which words of the lists of crawlers and HTTP libraries a user agent holds, wherever they stand
// in it; '^' before a word: at its begin, '$' behind it: at its end. Upper and lower case differ:
// "Sonic" is a crawler, a "Panasonic" is none. One look at each byte, however many words (Aho,
// Corasick 1975). Immutable once built; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace adbacus {

using AgentLists = std::uint8_t;  // one bit a list
namespace agent_list {
inline constexpr AgentLists crawler = 1U << 0U;
inline constexpr AgentLists library = 1U << 1U;
}  // namespace agent_list

struct AgentWord {
  std::string text;
  AgentLists lists = 0;
};
inline constexpr std::size_t kAgentWordBytesMin = 3;
inline constexpr std::size_t kAgentWordBytesMax = 100;
inline constexpr std::size_t kAgentWordsBytesMax = std::size_t{64} << 10U;  // of all together

class AgentWords {
 public:
  // Of none; else invalid_argument names the word that is too short or too long, or that makes the
  // list too long.
  AgentWords() = default;
  static Result<AgentWords> make(const std::vector<AgentWord>& words);

  AgentLists find(std::string_view agent) const;
  std::size_t memory_bytes() const { return next_.capacity() * sizeof(next_[0]) + lists_.size(); }

 private:
  std::size_t add_state();
  void add(const AgentWord& word);
  void link();

  std::array<std::uint8_t, 256> column_{};  // of a byte; 0: in no word
  std::size_t columns_ = 1;
  std::vector<std::uint32_t> next_;  // state × columns_
  std::vector<AgentLists> lists_;    // found when a state is reached
};

// HTTP libraries, browsers without a screen, and what crawlers that are in no list usually send.
std::vector<AgentWord> default_agent_words();
// One word a line; '#' begins a remark at the begin of a line. invalid_argument names the line.
Result<void> read_agent_words(std::string_view text, AgentLists list, std::vector<AgentWord>& into);

}  // namespace adbacus
