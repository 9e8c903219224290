#include "ingest/json_walk.hpp"

#include <cstring>

#include "base/hash.hpp"
#include "ingest/json_text.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kKeySeed = 0x6b6579;

bool contains_backslash(std::string_view text) {
  return !text.empty() && std::memchr(text.data(), '\\', text.size()) != nullptr;
}

}  // namespace

std::uint64_t long_key_word(std::string_view key) {
  return hash64(key, kKeySeed);
}

void JsonWalk::begin_body(const JsonTokens& tokens, const std::vector<BadByte>& bad) {
  escapes_ = contains_backslash({tokens.text(), tokens.limit()});
  bad_ = bad.empty() ? nullptr : &bad;
  careful_ = escapes_ || bad_ != nullptr;
}

void JsonWalk::begin_event(const JsonTokens& tokens, std::uint32_t at, unsigned depth) {
  tokens_ = tokens;
  at_ = at;
  depth_ = depth;
  keys_seen_ = 0;
  path_size_ = 0;
  keys_.clear();
  fault_.reset();
  arena_.clear();
}

void JsonWalk::reject(RejectCode code, std::string_view detail) {
  if (fault_) return;
  fault_.emplace();
  fault_->code = code;
  fault_->detail = detail;
  for (std::size_t i = 0; i < path_size_; ++i) {
    if (path_[i].index >= 0) {
      append_pointer_step(fault_->path, std::to_string(path_[i].index));
    } else {
      append_pointer_step(fault_->path, path_[i].key);
    }
  }
}

void JsonWalk::reject_at(std::string_view pointer, RejectCode code, std::string_view detail) {
  if (fault_) return;
  fault_.emplace();
  fault_->code = code;
  fault_->detail = detail;
  fault_->path = pointer;
}

bool JsonWalk::enter_container() {
  if (depth_ < kJsonDepthMax) {
    ++depth_;
    return true;
  }
  reject(RejectCode::too_deep, "at most 32 levels of nesting");
  skip_brackets();
  return false;
}

// Past the container at the walk's place without looking into it; stops at the end of the tokens.
void JsonWalk::skip_brackets() {
  std::size_t open = 0;
  for (;; ++at_) {
    const char c = kind();
    if (c == '\0') return;
    if (c == '{' || c == '[') ++open;
    if ((c == '}' || c == ']') && --open == 0) {
      ++at_;
      return;
    }
  }
}

void JsonWalk::check_string(std::uint32_t token, std::string_view& text) {
  if (escapes_ && contains_backslash(text)) {
    const std::string_view raw = text;
    if (const auto wrong = unescape(raw, arena_, text); !wrong.empty())
      reject(RejectCode::invalid_string, wrong);
  }
  if (text.size() > kStringBytesMax)
    reject(RejectCode::string_too_long, "a string has at most 8 KiB");
  if (bad_ == nullptr) return;
  const std::size_t begin = tokens_.position(token);
  const BadByte* byte = find_bad_byte(*bad_, begin, tokens_.end(token));
  if (byte == nullptr) return;
  reject(byte->code, byte->code == RejectCode::invalid_utf8
                         ? "not valid UTF-8"
                         : "control characters in strings must be escaped");
}

std::string_view JsonWalk::text_at(std::uint32_t token) {
  std::string_view text = tokens_.raw_string(token);
  if (escapes_ && contains_backslash(text)) {
    const std::string_view raw = text;
    static_cast<void>(unescape(raw, arena_, text));  // take() has told what is wrong with it
  }
  return text;
}

bool JsonWalk::take(JsonValue& out) {
  const char c = kind();
  switch (c) {
    case '"':
      out.kind = JsonKind::string;
      take_string(out.text);
      return true;
    case '{':
      out.kind = JsonKind::container;
      return walk_nested_object();
    case '[':
      out.kind = JsonKind::container;
      return walk_array();
    case '}':
    case ']':
    case ':':
    case ',':
    case '\0':
      return false;
  }
  out.text = tokens_.piece(at_++);
  if (c == '-' || (c >= '0' && c <= '9')) {
    out.kind = JsonKind::number;
    if (valid_number(out.text)) return true;
    reject(RejectCode::invalid_number, "not a JSON number, or too large");
    out.kind = JsonKind::malformed;
  } else if (valid_literal(out.text)) {
    out.kind = c == 'n' ? JsonKind::null : JsonKind::boolean;
  } else {
    out.kind = JsonKind::malformed;
    reject(RejectCode::malformed_json, "not a JSON value");
  }
  return true;
}

bool JsonWalk::walk_nested_object() {
  const std::size_t base = keys_.size();
  const bool good = walk_object([&](std::string_view key, std::uint64_t word, std::uint32_t) {
    note_key(key, key_word(key, word), base);
    return skip_checked();
  });
  keys_.resize(base);
  return good;
}

bool JsonWalk::walk_array() {
  if (!enter_container()) return true;
  ++at_;
  if (kind() == ']') {
    ++at_;
    --depth_;
    return true;
  }
  Step& step = path_[path_size_++];
  for (step.index = 0;; ++step.index) {
    if (!skip_checked()) return false;
    const char behind = kind();
    ++at_;
    if (behind == ',') continue;
    if (behind != ']') return false;
    --path_size_;
    --depth_;
    return true;
  }
}

}  // namespace adbacus
