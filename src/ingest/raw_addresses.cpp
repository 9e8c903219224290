#include "ingest/raw_addresses.hpp"

#include <array>
#include <cstdint>
#include <immintrin.h>
#include <vector>

#include "http/address_text.hpp"
#include "http/url.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::array<std::string_view, 9> kEndings = {
    "ip", "ips", "ipv4", "ipv6", "addr", "address", "addresses", "forwardedfor", "xff"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool is_pair(char a, char b) {
  const char x = lower(a);
  const char y = lower(b);
  return (x == 'i' && y == 'p') || (x == 'd' && y == 'd') || (x == 'w' && y == 'a') ||
         (x == 'f' && y == 'f');
}

// nullopt: no address.
std::optional<std::string> hide(std::string_view text) {
  return http::replace_addresses(text, http::network_text);
}

// Copies JSON, looking at each string with the name that it stands under.
class JsonScan {
 public:
  explicit JsonScan(std::string_view json) : json_(json) { out_.reserve(json.size() + 32); }

  std::optional<std::string> run() {
    while (at_ < json_.size()) {
      const char c = json_[at_];
      if (c == '"') {
        take_string();
        continue;
      }
      if (c == '{' || c == '[') lists_.push_back(c == '[' && is_named());
      if ((c == '}' || c == ']') && !lists_.empty()) lists_.pop_back();
      if (c == ',' || c == '{' || c == '}' || c == ']') name_says_address_ = false;
      out_ += c;
      ++at_;
    }
    if (!changed_) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool is_named() const { return name_says_address_ || (!lists_.empty() && lists_.back()); }

  void take_string() {
    const std::size_t begin = ++at_;
    while (json_[at_] != '"') at_ += json_[at_] == '\\' ? 2U : 1U;
    const std::string_view text = json_.substr(begin, at_ - begin);
    std::size_t next = ++at_;
    while (next < json_.size() && (json_[next] == ' ' || json_[next] == '\n' ||
                                   json_[next] == '\t' || json_[next] == '\r')) {
      ++next;
    }
    const bool is_key = next < json_.size() && json_[next] == ':';
    out_ += '"';
    const auto hidden = !is_key && is_named() ? hide(text) : std::nullopt;
    out_ += hidden ? std::string_view(*hidden) : text;
    changed_ = changed_ || hidden;
    out_ += '"';
    if (is_key) name_says_address_ = is_address_name(text);
  }

  std::string_view json_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<bool> lists_;  // of the open objects and lists: a list under such a name
  bool name_says_address_ = false;
  bool changed_ = false;
};

}  // namespace

bool is_address_name(std::string_view name) {
  if (name.size() > kNameBytesMax) name.remove_prefix(name.size() - kNameBytesMax);
  std::array<char, kNameBytesMax> letters{};
  std::size_t size = 0;
  for (const char c : name) {
    if (c != '_' && c != '-' && c != '.' && c != ' ') letters[size++] = lower(c);
  }
  const std::string_view plain(letters.data(), size);
  for (const std::string_view ending : kEndings) {
    if (plain.ends_with(ending)) return true;
  }
  return false;
}

bool may_name_address(std::string_view text) {
  constexpr std::size_t kWindowBytes = 33;  // 32 pairs
  if (text.size() < kWindowBytes) {
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
      if (is_pair(text[at], text[at + 1])) return true;
    }
    return false;
  }
  const __m256i bit = _mm256_set1_epi8(0x20);
  const auto pair = [](__m256i first, __m256i second, char a, char b) {
    return _mm256_and_si256(_mm256_cmpeq_epi8(first, _mm256_set1_epi8(a)),
                            _mm256_cmpeq_epi8(second, _mm256_set1_epi8(b)));
  };
  const auto has_pair = [&](const char* window) {
    const auto load = [&](const char* from) {
      const auto* place = reinterpret_cast<const __m256i*>(from);
      return _mm256_or_si256(_mm256_loadu_si256(place), bit);
    };
    const __m256i first = load(window);
    const __m256i second = load(window + 1);
    const __m256i hits = _mm256_or_si256(
        _mm256_or_si256(pair(first, second, 'i', 'p'), pair(first, second, 'd', 'd')),
        _mm256_or_si256(pair(first, second, 'w', 'a'), pair(first, second, 'f', 'f')));
    return _mm256_testz_si256(hits, hits) == 0;
  };
  const char* const last = text.data() + text.size() - kWindowBytes;  // may overlap the one before
  for (const char* window = text.data(); window < last; window += kWindowBytes - 1) {
    if (has_pair(window)) return true;
  }
  return has_pair(last);
}

std::optional<std::string> hide_addresses_in_json(std::string_view json) {
  return JsonScan(json).run();
}

std::optional<std::string> hide_addresses_in_url(std::string_view url) {
  const std::size_t query = url.find_first_of("?#");
  if (query == std::string_view::npos) return std::nullopt;
  std::string out(url.substr(0, query));
  bool changed = false;
  for (std::size_t at = query; at < url.size();) {
    out += url[at++];  // the separator
    const std::size_t end = std::min(url.find_first_of("?#&;", at), url.size());
    const std::string_view part = url.substr(at, end - at);
    const std::size_t equals = part.find('=');
    at = end;
    if (equals == std::string_view::npos || !is_address_name(part.substr(0, equals))) {
      out += part;
      continue;
    }
    const std::string_view value = part.substr(equals + 1);
    const auto decoded = http::percent_decode(value, http::PlusSign::literal);
    const auto hidden = hide(decoded ? *decoded : std::string(value));
    out += part.substr(0, equals + 1);
    out += hidden ? std::string_view(*hidden) : value;
    changed = changed || hidden;
  }
  if (!changed) return std::nullopt;
  return out;
}

}  // namespace adbacus
