#include "model/text_packing.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <immintrin.h>

#include "base/short_text.hpp"
#include "model/varint.hpp"

namespace adbacus {
namespace {

// First byte: 0..128 = that many bytes of text follow; the rest by these.
constexpr unsigned char kShortMax = 128;
constexpr unsigned char kWordBase = 0xc0;  // + index into kWords
constexpr unsigned char kUuid = 0xf0;      // 16 bytes, canonical lower-case text
constexpr unsigned char kLong = 0xf1;      // varint length, text
constexpr unsigned char kJson = 0xf2;      // varint length, text with tokens
constexpr std::size_t kJsonBytesMax = 4096;

// Frozen: their order is part of the format. New words need a new record version.
constexpr std::array<std::string_view, 24> kWords{
    "mobile",  "desktop", "tablet",  "tv",    "Chrome", "Safari",   "Firefox", "Edge",
    "Android", "iOS",     "Windows", "macOS", "Linux",  "purchase", "signup",  "lead",
    "install", "USD",     "EUR",     "GBP",   "google", "facebook", "ios_app", "android_app"};

constexpr std::size_t kWordBytesMax = 11;

constexpr std::uint64_t word_at(std::string_view text, std::size_t begin) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8 && begin + i < text.size(); ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[begin + i])) << (8 * i);
  return word;
}

// A perfect hash over a word's length and first eight bytes, found by the compiler.
struct WordTable {
  static constexpr unsigned kBits = 6;
  struct Slot {
    std::uint64_t first = 0;
    std::uint8_t size = 0;  // 0: free
    std::uint8_t number = 0;
  };
  std::array<Slot, 1U << kBits> slots{};
  std::uint64_t multiplier = 0;

  constexpr std::size_t place(std::uint64_t first, std::size_t size) const {
    return ((first ^ (static_cast<std::uint64_t>(size) << 56U)) * multiplier) >> (64 - kBits);
  }
  constexpr bool fill(std::uint64_t with) {
    slots.fill({});
    multiplier = with;
    for (std::size_t i = 0; i < kWords.size(); ++i) {
      const std::uint64_t first = word_at(kWords[i], 0);
      Slot& slot = slots[place(first, kWords[i].size())];
      if (slot.size != 0) return false;
      slot = {first, static_cast<std::uint8_t>(kWords[i].size()), static_cast<std::uint8_t>(i)};
    }
    return true;
  }
};

constexpr WordTable make_word_table() {
  WordTable table;
  std::uint64_t multiplier = 0x9e3779b97f4a7c15ULL;
  while (!table.fill(multiplier | 1U))
    multiplier = multiplier * 6364136223846793005ULL + 1442695040888963407ULL;
  return table;
}
constexpr WordTable kWordTable = make_word_table();

// Tokens for minified JSON, which has no byte below 0x20; code = index + 1. Frozen like kWords.
constexpr std::array<std::string_view, 31> kTokens{R"({"device":")",
                                                   R"(","device":")",
                                                   R"({"country":")",
                                                   R"(","country":")",
                                                   R"(","browser":")",
                                                   R"(","os":")",
                                                   R"("})",
                                                   "mobile",
                                                   "desktop",
                                                   "tablet",
                                                   "Chrome",
                                                   "Safari",
                                                   "Firefox",
                                                   R"(",")",
                                                   R"(":")",
                                                   R"({")",
                                                   R"(","region":")",
                                                   R"(","city":")",
                                                   R"(room_type":")",
                                                   "true",
                                                   "false",
                                                   R"(":)",
                                                   R"(,")",
                                                   R"({"browser":")",
                                                   "Edge",
                                                   "iOS",
                                                   "Android",
                                                   "Windows",
                                                   R"({"extra":{")",
                                                   R"(exchange":")",
                                                   R"(slot_size":")"};

constexpr std::size_t kTokenBytesMax = 16;

// One token as two words to compare under a mask.
struct TokenWords {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  std::uint64_t low_mask = 0;
  std::uint64_t high_mask = 0;
  std::uint8_t size = 0;
  std::uint8_t code = 0;
};

struct TokenIndex {
  // Tokens by first byte, longest first.
  std::array<TokenWords, kTokens.size()> words{};
  std::array<std::uint8_t, 128> begin{};
  std::array<std::uint8_t, 128> count{};
};

constexpr std::uint64_t low_bytes(std::size_t size) {
  return size >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * size)) - 1;
}

constexpr bool token_before(std::string_view a, std::string_view b) {
  return a.front() != b.front() ? a.front() < b.front() : a.size() > b.size();
}

constexpr TokenIndex make_token_index() {
  TokenIndex index;
  for (std::size_t i = 0; i < kTokens.size(); ++i) {
    const std::string_view token = kTokens[i];
    std::size_t place = 0;
    for (std::size_t j = 0; j < kTokens.size(); ++j) {
      const bool tie = j < i && !token_before(token, kTokens[j]);
      if (token_before(kTokens[j], token) || tie) ++place;
    }
    const std::size_t size = token.size();
    index.words[place] = {word_at(token, 0),
                          word_at(token, 8),
                          low_bytes(size),
                          size > 8 ? low_bytes(size - 8) : 0,
                          static_cast<std::uint8_t>(size),
                          static_cast<std::uint8_t>(i + 1)};
    const auto first = static_cast<std::size_t>(token.front());
    if (index.count[first]++ == 0 || place < index.begin[first])
      index.begin[first] = static_cast<std::uint8_t>(place);
  }
  return index;
}
constexpr TokenIndex kTokenIndex = make_token_index();

// The values of 16 lower-case hex digits, 0 to 15; false if one is none.
bool hex_values(__m128i digits, __m128i& values) {
  const __m128i decimal = _mm_sub_epi8(digits, _mm_set1_epi8('0'));
  const __m128i letter = _mm_sub_epi8(digits, _mm_set1_epi8('a'));
  const __m128i is_decimal = _mm_cmpeq_epi8(_mm_min_epu8(decimal, _mm_set1_epi8(9)), decimal);
  const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
  values = _mm_blendv_epi8(_mm_add_epi8(letter, _mm_set1_epi8(10)), decimal, is_decimal);
  return _mm_movemask_epi8(_mm_or_si128(is_decimal, is_letter)) == 0xffff;
}

std::uint32_t load_half(const char* p) {
  std::uint32_t word = 0;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// False: not the canonical lower-case text. Writes 17 bytes.
bool pack_uuid(const char* text, char* out) {
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
  const auto wide = [](std::uint64_t low, std::uint64_t high) {
    return _mm_set_epi64x(std::bit_cast<long long>(high), std::bit_cast<long long>(low));
  };
  const auto join = [](std::uint32_t low, std::uint32_t high) {
    return low | static_cast<std::uint64_t>(high) << 32U;
  };
  __m128i front;
  __m128i back;
  if (!hex_values(wide(load_word(text), join(load_half(text + 9), load_half(text + 14))), front) ||
      !hex_values(wide(join(load_half(text + 19), load_half(text + 24)), load_word(text + 28)),
                  back))
    return false;
  const __m128i weights = _mm_set1_epi16(0x0110);  // 16 and 1: a digit pair becomes a byte
  const __m128i bytes =
      _mm_packus_epi16(_mm_maddubs_epi16(front, weights), _mm_maddubs_epi16(back, weights));
  *out = static_cast<char>(kUuid);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 1), bytes);
  return true;
}

void unpack_uuid(const char* bytes, char* out) {
  const __m128i hex =
      _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');
  const __m128i low_half = _mm_set1_epi8(0xf);
  __m128i packed;
  std::memcpy(&packed, bytes, sizeof packed);
  const __m128i high = _mm_shuffle_epi8(hex, _mm_and_si128(_mm_srli_epi16(packed, 4), low_half));
  const __m128i low = _mm_shuffle_epi8(hex, _mm_and_si128(packed, low_half));
  std::array<char, 32> digits;  // NOLINT: filled by the two copies
  const __m128i front = _mm_unpacklo_epi8(high, low);
  const __m128i back = _mm_unpackhi_epi8(high, low);
  std::memcpy(digits.data(), &front, sizeof front);
  std::memcpy(digits.data() + 16, &back, sizeof back);
  out[8] = out[13] = out[18] = out[23] = '-';
  std::memcpy(out, digits.data(), 8);
  std::memcpy(out + 9, digits.data() + 8, 4);
  std::memcpy(out + 14, digits.data() + 12, 4);
  std::memcpy(out + 19, digits.data() + 16, 4);
  std::memcpy(out + 24, digits.data() + 20, 12);
}

// The word's number, or -1. All words begin with a letter.
int find_word(std::string_view text) {
  if (text.size() > kWordBytesMax || text.size() < 2 || text.front() < 'A') return -1;
  const std::uint64_t first = first_word(text);
  const WordTable::Slot& slot = kWordTable.slots[kWordTable.place(first, text.size())];
  if (slot.size != text.size() || slot.first != first) return -1;
  // Behind the first eight bytes.
  if (text.size() > 8 && kWords[slot.number].substr(8) != text.substr(8)) return -1;
  return slot.number;
}

// Sixteen bytes of `text` from `at`, with zeros behind its end, which no token has.
void load_ahead(std::string_view text, std::size_t at, std::uint64_t& low, std::uint64_t& high) {
  if (text.size() - at >= kTokenBytesMax) {
    low = load_word(text.data() + at);
    high = load_word(text.data() + at + 8);
    return;
  }
  const std::string_view rest = text.substr(at);
  low = first_word(rest);
  high = rest.size() > 8 ? first_word(rest.substr(8)) : 0;
}

// Token form of minified JSON, at most as long as the text; null if the text has bytes that tokens
// would be confused with.
char* pack_tokens(std::string_view text, char* out) {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    if (first < 0x20) return nullptr;
    const std::size_t candidates = first < 0x80 ? kTokenIndex.count[first] : 0;
    std::size_t taken = 0;
    if (candidates > 0) {
      std::uint64_t low = 0;
      std::uint64_t high = 0;
      load_ahead(text, at, low, high);
      const TokenWords* token = &kTokenIndex.words[kTokenIndex.begin[first]];
      for (std::size_t i = 0; i < candidates && taken == 0; ++i, ++token) {
        if ((((low ^ token->low) & token->low_mask) | ((high ^ token->high) & token->high_mask)) !=
            0)
          continue;
        *out++ = static_cast<char>(token->code);
        taken = token->size;
      }
    }
    if (taken == 0) *out++ = text[at];
    at += taken == 0 ? 1 : taken;
  }
  return out;
}

inline char* pack_plain(std::string_view text, char* out) {
  if (text.size() <= kShortMax) {
    *out++ = static_cast<char>(text.size());
  } else {
    *out++ = static_cast<char>(kLong);
    out = put_varint(out, text.size());
  }
  return put_text(out, text);
}

// Null: the text has no token form. Not inline: its buffer would burden the frame of other fields.
[[gnu::noinline]] char* pack_json(std::string_view text, char* out) {
  if (text.size() > kJsonBytesMax) return nullptr;
  std::array<char, kJsonBytesMax> tokens;  // NOLINT: filled up to `end` below
  const char* const end = pack_tokens(text, tokens.data());
  if (end == nullptr) return nullptr;
  const auto size = static_cast<std::size_t>(end - tokens.data());
  *out++ = static_cast<char>(kJson);
  out = put_varint(out, size);
  return put_text(out, {tokens.data(), size});
}

std::string_view payload(std::string_view packed) {  // of kLong and kJson
  packed.remove_prefix(1);
  std::uint64_t size = 0;
  take_varint(packed, size);
  return packed;
}

}  // namespace

char* pack_field(std::string_view text, bool json, char* out) {
  if (json) {
    if (char* const end = pack_json(text, out); end != nullptr) return end;
    if (text.size() == 36 && pack_uuid(text.data(), out)) return out + 17;
    return pack_plain(text, out);
  }
  if (text.size() == 36 && pack_uuid(text.data(), out)) return out + 17;
  const int word = find_word(text);
  if (word < 0) return pack_plain(text, out);
  *out = static_cast<char>(kWordBase + word);
  return out + 1;
}

bool take_any_packed(std::string_view& in, std::string_view& packed) {
  if (in.empty()) return false;
  const auto lead = static_cast<unsigned char>(in.front());
  std::size_t size = 0;
  if (lead <= kShortMax) {
    size = 1U + lead;
  } else if (lead == kUuid) {
    size = 17;
  } else if (lead >= kWordBase && lead < kWordBase + kWords.size()) {
    size = 1;
  } else if (lead == kLong || lead == kJson) {
    std::string_view rest = in.substr(1);
    std::uint64_t length = 0;
    if (!take_varint(rest, length) || length > rest.size()) return false;
    size = in.size() - rest.size() + length;
  } else {
    return false;
  }
  if (size > in.size()) return false;
  packed = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

std::size_t unpacked_size(std::string_view packed) {
  if (packed.empty()) return 0;
  const auto lead = static_cast<unsigned char>(packed.front());
  if (lead <= kShortMax) return lead;
  if (lead == kUuid) return 36;
  if (lead < kUuid) return kWords[lead - kWordBase].size();
  const std::string_view bytes = payload(packed);
  if (lead == kLong) return bytes.size();
  std::size_t size = 0;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    size += byte < 0x20 && byte > 0 ? kTokens[byte - 1U].size() : 1;
  }
  return size;
}

void unpack_field(std::string_view packed, char* out) {
  if (packed.empty()) return;
  const auto lead = static_cast<unsigned char>(packed.front());
  if (lead == kUuid) {
    unpack_uuid(packed.data() + 1, out);
  } else if (lead == kJson) {
    for (const char c : payload(packed)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 || byte == 0) {
        *out++ = c;
        continue;
      }
      const std::string_view token = kTokens[byte - 1U];
      std::memcpy(out, token.data(), token.size());
      out += token.size();
    }
  } else {
    put_text(out, verbatim_text(packed));
  }
}

std::string_view verbatim_text(std::string_view packed) {
  if (packed.empty()) return {};
  const auto lead = static_cast<unsigned char>(packed.front());
  if (lead <= kShortMax) return packed.substr(1);
  if (lead == kUuid || lead == kJson) return {};
  if (lead == kLong) return payload(packed);
  return kWords[lead - kWordBase];
}

}  // namespace adbacus
