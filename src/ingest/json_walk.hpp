// A validating walk over the tokens of one event: grammar, depth, duplicate keys, string and key
// limits. What breaks the JSON structure ends the walk; everything else is noted as the event's
// fault, with its path, and the walk goes on, so that the neighbours of a bad event survive.
// Used by the event parser; belongs to one thread and is reused from event to event.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "ingest/body_repair.hpp"
#include "ingest/event_field.hpp"
#include "ingest/json_index.hpp"
#include "ingest/rejection.hpp"
#include "model/event_codec.hpp"

namespace adbacus {

inline constexpr unsigned kJsonDepthMax = 32;
inline constexpr std::uint32_t kEventKeysMax = 256;
inline constexpr std::size_t kStringBytesMax = 8 * 1024;
inline constexpr std::size_t kDigitsMax = 64;

// A key as one word: itself and its length if it has at most seven bytes, else a hash. `first` is
// first_word(key).
std::uint64_t long_key_word(std::string_view key);
constexpr std::uint64_t short_key_word(std::string_view key) {
  std::uint64_t word = static_cast<std::uint64_t>(key.size()) << 56U;
  for (std::size_t i = 0; i < key.size(); ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(key[i])) << (8 * i);
  return word;
}
inline std::uint64_t key_word(std::string_view key, std::uint64_t first) {
  if (key.size() > 7) return long_key_word(key);
  return first | (static_cast<std::uint64_t>(key.size()) << 56U);
}

// Token numbers of one member of an object; `end` is the first token behind the value.
struct JsonMember {
  std::uint32_t key = 0;
  std::uint32_t value = 0;
  std::uint32_t end = 0;
};

enum class JsonKind : std::uint8_t { string, number, boolean, null, container, malformed };
struct JsonValue {
  JsonKind kind = JsonKind::null;
  std::string_view text;  // string: unescaped; number, boolean: as it stands
};

class JsonWalk {
 public:
  // What holds for a whole body. `bad` must outlive the walk.
  void begin_body(const JsonTokens& tokens, const std::vector<BadByte>& bad);
  // Starts at token `at` inside `depth` open brackets.
  void begin_event(const JsonTokens& tokens, std::uint32_t at, unsigned depth);

  std::uint32_t at() const { return at_; }
  void move_to(std::uint32_t at) { at_ = at; }
  char kind() const { return tokens_.kind(at_); }
  const JsonTokens& tokens() const { return tokens_; }
  Arena& arena() { return arena_; }

  bool has_escapes() const { return escapes_; }  // the body
  bool faulty() const { return fault_.has_value(); }
  const Fault& fault() const { return *fault_; }
  // Keeps the first one. The path is where the walk stands.
  void reject(RejectCode code, std::string_view detail);
  // `pointer`: JSON pointer inside the event, "" for all of it.
  void reject_at(std::string_view pointer, RejectCode code, std::string_view detail);

  // The object at the walk's place, member by member: `on_member(key, word, key_token)` must
  // consume the value; `word` is first_word(key). False: not JSON. Nested objects have their
  // duplicate keys noted; `on_member` does so for the event's own.
  template <class OnMember>
  bool walk_object(OnMember&& on_member) {
    if (!enter_container()) return true;
    ++at_;
    bool good = true;
    if (kind() == '}') {
      ++at_;
    } else {
      good = walk_members(on_member);
    }
    --depth_;
    return good;
  }
  // Any value; consumes it. Containers are walked and checked. False: not JSON.
  bool take(JsonValue& out);
  bool skip_checked() {
    JsonValue ignored;
    return take(ignored);
  }
  // The string at the walk's place; consumes it.
  void take_string(std::string_view& out) {
    out = tokens_.raw_string(at_);
    if (careful_ || out.size() > kStringBytesMax) check_string(at_, out);
    ++at_;
  }
  // A number of digits alone is what ids are; consumes it and answers true if there is one.
  bool take_digits(std::string_view& out) {
    out = tokens_.piece(at_);
    if (out.front() == '0' && out.size() > 1) return false;
    for (const char c : out)
      if (c < '0' || c > '9') return false;
    if (out.size() > kDigitsMax) return false;
    ++at_;
    return true;
  }
  // Text of the string token `token`, seen before by take().
  std::string_view text_at(std::uint32_t token);
  // Notes `key` among those of the innermost open object that begin at `base`.
  void note_key(std::string_view key, std::uint64_t word, std::size_t base) {
    if (keys_seen_ > kEventKeysMax) return;
    for (std::size_t i = base; i < keys_.size(); ++i)
      if (keys_[i].word == word && keys_[i].key == key)
        reject(RejectCode::duplicate_key, "this key stands twice in its object");
    keys_.push_back({word, key});
  }
  std::size_t keys_noted() const { return keys_.size(); }
  void forget_keys(std::size_t base) { keys_.resize(base); }

 private:
  struct Step {
    std::string_view key;
    std::int64_t index = -1;  // in an array; -1: `key` counts
  };
  struct NotedKey {
    std::uint64_t word = 0;  // the key itself if it is short, else its hash
    std::string_view key;
  };

  template <class OnMember>
  bool walk_members(OnMember&& on_member) {
    Step& step = path_[path_size_++];
    step.index = -1;
    for (;;) {
      const std::uint32_t key_token = at_;
      std::uint64_t word = 0;
      if (!take_key(step.key, word)) return false;
      if (++keys_seen_ > kEventKeysMax)
        reject(RejectCode::too_many_keys, "an event has at most 256 keys");
      if (!on_member(step.key, word, key_token)) return false;
      const char behind = kind();
      ++at_;
      if (behind == ',') continue;
      if (behind != '}') return false;
      --path_size_;
      return true;
    }
  }
  // A key, its first eight bytes and its colon; consumes them.
  bool take_key(std::string_view& key, std::uint64_t& word) {
    const char* const text = tokens_.text();
    const std::size_t begin = tokens_.position(at_);
    const std::size_t colon = tokens_.position(at_ + 1);
    key = {};
    if (colon >= tokens_.limit() || text[begin] != '"' || text[colon] != ':') return false;
    if (careful_ || begin + 9 > tokens_.limit()) {
      take_string(key);
      word = first_word(key);
    } else {
      key = tokens_.raw_string(at_++);
      if (key.size() > kStringBytesMax) check_string(at_ - 1, key);
      std::memcpy(&word, text + begin + 1, 8);
      if (key.size() < 8) word &= (1ULL << (8 * key.size())) - 1;
    }
    ++at_;
    return true;
  }
  bool enter_container();
  bool walk_array();
  bool walk_nested_object();
  void check_string(std::uint32_t token, std::string_view& text);
  void skip_brackets();

  JsonTokens tokens_;
  std::uint32_t at_ = 0;
  unsigned depth_ = 0;
  std::uint32_t keys_seen_ = 0;
  bool escapes_ = false;  // the body has a backslash somewhere
  bool careful_ = false;  // escapes or bad bytes
  const std::vector<BadByte>* bad_ = nullptr;
  std::array<Step, kJsonDepthMax + 2> path_{};
  std::size_t path_size_ = 0;
  std::vector<NotedKey> keys_;
  std::optional<Fault> fault_;
  Arena arena_;
};

}  // namespace adbacus
