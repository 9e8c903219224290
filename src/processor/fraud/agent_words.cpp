#include "processor/fraud/agent_words.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <initializer_list>

namespace adbacus {
namespace {

// Stand before and behind an agent, and in a word for its anchors; in no text that is stored.
constexpr char kBegin = '\x02';
constexpr char kEnd = '\x03';

bool is_word(std::string_view text) {
  return text.size() >= kAgentWordBytesMin && text.size() <= kAgentWordBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string with_anchors(std::string word) {
  if (word.front() == '^') word.front() = kBegin;
  if (word.back() == '$') word.back() = kEnd;
  return word;
}

std::string shown(std::string_view text) {
  std::string result(text.substr(0, 50));
  for (char& c : result) {
    if (c < ' ' || c > '~') c = '?';
  }
  return result;
}

}  // namespace

Result<AgentWords> AgentWords::make(const std::vector<AgentWord>& words) {
  AgentWords made;
  std::size_t bytes = 0;
  for (const AgentWord& word : words) {
    bytes += word.text.size();
    if (!is_word(word.text) || bytes > kAgentWordsBytesMax) {
      return Error{ErrorCode::invalid_argument,
                   fmt::format("\"{}\": a word of user agents has 3 to 100 printable characters, "
                               "all words together 65536",
                               shown(word.text))};
    }
    for (const char c : with_anchors(word.text)) {
      std::uint8_t& column = made.column_[static_cast<unsigned char>(c)];
      if (column == 0) column = static_cast<std::uint8_t>(made.columns_++);
    }
  }
  if (words.empty()) return made;
  made.add_state();
  for (const AgentWord& word : words) made.add(word);
  made.link();
  return made;
}

std::size_t AgentWords::add_state() {
  next_.resize(next_.size() + columns_);
  lists_.push_back(0);
  return lists_.size() - 1;
}

void AgentWords::add(const AgentWord& word) {
  std::size_t state = 0;
  for (const char c : with_anchors(word.text)) {
    const std::size_t at = state * columns_ + column_[static_cast<unsigned char>(c)];
    if (next_[at] == 0) {
      const auto made = static_cast<std::uint32_t>(add_state());
      next_[at] = made;
    }
    state = next_[at];
  }
  lists_[state] = static_cast<AgentLists>(lists_[state] | word.lists);
}

// Where no word goes on, the search goes on in the longest end of what was read that begins a word.
// States are met in the order of their depth, so that those ends are complete.
void AgentWords::link() {
  std::vector<std::uint32_t> fallback(lists_.size());
  std::vector<std::uint32_t> order{0};
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t state = order[i];
    for (std::size_t column = 1; column < columns_; ++column) {
      std::uint32_t& next = next_[state * columns_ + column];
      const std::uint32_t other = state == 0 ? 0 : next_[fallback[state] * columns_ + column];
      if (next == 0) {
        next = other;
        continue;
      }
      fallback[next] = other;
      lists_[next] = static_cast<AgentLists>(lists_[next] | lists_[other]);
      order.push_back(next);
    }
  }
}

AgentLists AgentWords::find(std::string_view agent) const {
  if (lists_.empty()) return 0;
  AgentLists found = 0;
  std::size_t state = 0;
  const auto step = [&](char c) {
    state = next_[state * columns_ + column_[static_cast<unsigned char>(c)]];
    found = static_cast<AgentLists>(found | lists_[state]);
  };
  step(kBegin);
  for (const char c : agent) step(c);
  step(kEnd);
  return found;
}

std::vector<AgentWord> default_agent_words() {
  std::vector<AgentWord> words;
  for (const char* word :
       {"aiohttp/",        "Apache-HttpClient", "^axios/",    "^curl",   "Go-http-client",
        "GuzzleHttp",      "^HTTPie/",          "httpx/",     "^Java/",  "Java-http-client/",
        "libcurl",         "libwww-perl",       "node-fetch", "okhttp/", "PostmanRuntime/",
        "python-requests", "Python-urllib",     "reqwest/",   "undici",  "Wget/"})
    words.push_back({word, agent_list::library});
  // Without a screen; by the usual forms of a crawler's name and address; for AI; of Google.
  for (const char* word : {"HeadlessChrome",
                           "PhantomJS",
                           "SlimerJS",
                           "+http",
                           "bot/",
                           "Bot/",
                           "bot;",
                           "Bot;",
                           "spider",
                           "Spider",
                           "crawler",
                           "Crawler",
                           "Bytespider",
                           "ChatGPT-User",
                           "Claude-User",
                           "Perplexity-User",
                           "OAI-SearchBot",
                           "Amazonbot",
                           "Applebot",
                           "meta-externalagent",
                           "Mediapartners-Google",
                           "APIs-Google",
                           "GoogleOther",
                           "Google-InspectionTool",
                           "Storebot-Google",
                           "Google-Ads-Creatives-Assistant",
                           "Chrome-Lighthouse"})
    words.push_back({word, agent_list::crawler});
  return words;
}

Result<void> read_agent_words(std::string_view text, AgentLists list,
                              std::vector<AgentWord>& into) {
  const std::size_t before = into.size();
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.ends_with('\r')) word.remove_suffix(1);
    if (word.empty() || word.front() == '#') continue;
    if (!is_word(word)) {
      into.resize(before);
      return Error{ErrorCode::invalid_argument,
                   fmt::format("line {}: \"{}\" is no word of 3 to 100 printable characters", line,
                               shown(word))};
    }
    into.push_back({std::string(word), list});
  }
  return {};
}

}  // namespace adbacus
