#include "model/text_packing.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include "model/varint.hpp"

namespace adbacus {
namespace {

// First byte: 0..128 = that many bytes of text follow; the rest by these.
constexpr unsigned char kShortMax = 128;
constexpr unsigned char kWordBase = 0xc0;  // + index into kWords
constexpr unsigned char kUuid = 0xf0;      // 16 bytes, canonical lower-case text
constexpr unsigned char kLong = 0xf1;      // varint length, text
constexpr unsigned char kJson = 0xf2;      // varint length, text with tokens

// Frozen: their order is part of the format. New words need a new record version.
constexpr std::array<std::string_view, 24> kWords{
    "mobile",  "desktop", "tablet",  "tv",    "Chrome", "Safari",   "Firefox", "Edge",
    "Android", "iOS",     "Windows", "macOS", "Linux",  "purchase", "signup",  "lead",
    "install", "USD",     "EUR",     "GBP",   "google", "facebook", "ios_app", "android_app"};

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

struct TokenIndex {
  // Token numbers by first byte, longest first.
  std::array<std::array<std::uint8_t, 12>, 128> by_first{};
  std::array<std::uint8_t, 128> count{};
};

constexpr TokenIndex make_token_index() {
  TokenIndex index;
  for (std::size_t length = 16; length > 0; --length) {
    for (std::size_t i = 0; i < kTokens.size(); ++i) {
      if (kTokens[i].size() != length) continue;
      const auto first = static_cast<std::size_t>(kTokens[i].front());
      index.by_first[first][index.count[first]++] = static_cast<std::uint8_t>(i);
    }
  }
  return index;
}
constexpr TokenIndex kTokenIndex = make_token_index();

// 0..15, or 255 for anything but a lower-case hex digit.
constexpr std::array<std::uint8_t, 256> make_hex_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& v : values) v = 255;
  for (unsigned i = 0; i < 10; ++i) values['0' + i] = static_cast<std::uint8_t>(i);
  for (unsigned i = 0; i < 6; ++i) values['a' + i] = static_cast<std::uint8_t>(10 + i);
  return values;
}
constexpr auto kHexValues = make_hex_values();
// Text positions of a UUID's 16 bytes.
constexpr std::array<std::uint8_t, 16> kUuidPlaces{0,  2,  4,  6,  9,  11, 14, 16,
                                                   19, 21, 24, 26, 28, 30, 32, 34};

bool pack_uuid(std::string_view text, std::string& out) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
    return false;
  std::array<char, 17> bytes{};
  bytes[0] = static_cast<char>(kUuid);
  unsigned bad = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned high = kHexValues[static_cast<unsigned char>(text[kUuidPlaces[i]])];
    const unsigned low = kHexValues[static_cast<unsigned char>(text[kUuidPlaces[i] + 1U])];
    bad |= (high | low) & 0xf0U;
    bytes[i + 1] = static_cast<char>((high << 4U) | (low & 0xfU));
  }
  if (bad != 0) return false;
  out.append(bytes.data(), bytes.size());
  return true;
}

void unpack_uuid(const char* bytes, char* out) {
  constexpr std::array<char, 17> kHex{"0123456789abcdef"};
  out[8] = out[13] = out[18] = out[23] = '-';
  for (std::size_t i = 0; i < 16; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out[kUuidPlaces[i]] = kHex[byte >> 4U];
    out[kUuidPlaces[i] + 1U] = kHex[byte & 0xfU];
  }
}

bool pack_word(std::string_view text, std::string& out) {
  if (text.size() > 11 || text.size() < 2) return false;
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i] == text) {
      out.push_back(static_cast<char>(kWordBase + i));
      return true;
    }
  }
  return false;
}

// Token form of minified JSON; false if the text has bytes that tokens would be confused with.
bool pack_json(std::string_view text, std::string& out) {
  if (text.size() > 4096) return false;
  std::array<char, 4096> packed;  // NOLINT: filled up to `size` below
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    if (first < 0x20) return false;
    bool found = false;
    if (first < 0x80) {
      const auto& candidates = kTokenIndex.by_first[first];
      for (std::size_t i = 0; i < kTokenIndex.count[first] && !found; ++i) {
        const std::string_view token = kTokens[candidates[i]];
        if (text.size() - at < token.size() ||
            std::memcmp(text.data() + at, token.data(), token.size()) != 0)
          continue;
        packed[size++] = static_cast<char>(candidates[i] + 1);
        at += token.size();
        found = true;
      }
    }
    if (!found) packed[size++] = text[at++];
  }
  out.push_back(static_cast<char>(kJson));
  put_varint(out, size);
  out.append(packed.data(), size);
  return true;
}

std::string_view payload(std::string_view packed) {  // of kLong and kJson
  packed.remove_prefix(1);
  std::uint64_t size = 0;
  take_varint(packed, size);
  return packed;
}

}  // namespace

void pack_field(std::string_view text, bool json, std::string& out) {
  if (json && pack_json(text, out)) return;
  if (text.size() == 36 && pack_uuid(text, out)) return;
  if (!json && pack_word(text, out)) return;
  if (text.size() <= kShortMax) {
    out.push_back(static_cast<char>(text.size()));
  } else {
    out.push_back(static_cast<char>(kLong));
    put_varint(out, text.size());
  }
  out.append(text);
}

bool take_packed(std::string_view& in, std::string_view& packed) {
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
    const std::string_view text = verbatim_text(packed);
    std::memcpy(out, text.data(), text.size());
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
