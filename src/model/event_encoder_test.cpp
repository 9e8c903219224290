// The encoder against encode_event(), and both against a packing written down from
// docs/formats/event_record.md without tables or caches.
#include "model/event_encoder.hpp"

#include <array>
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "model/event_codec.hpp"

namespace adbacus {
namespace {

// Frozen with version 1 of the format: code = index + 1.
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
constexpr std::array<std::string_view, 24> kWords{
    "mobile",  "desktop", "tablet",  "tv",    "Chrome", "Safari",   "Firefox", "Edge",
    "Android", "iOS",     "Windows", "macOS", "Linux",  "purchase", "signup",  "lead",
    "install", "USD",     "EUR",     "GBP",   "google", "facebook", "ios_app", "android_app"};

std::string random_metadata(Rng& rng) {
  std::string text;
  for (std::uint64_t left = 1 + rng.below(8); left > 0; --left) {
    const std::uint64_t kind = rng.below(8);
    if (kind < 5) {
      text += kTokens[rng.below(kTokens.size())];
    } else {
      text += kind == 5 ? "ab" : kind == 6 ? "\xc3\xa9\"" : ",\"";
    }
  }
  return text;
}

std::string naive_tokens(std::string_view text) {
  std::string packed;
  while (!text.empty()) {
    std::size_t best = kTokens.size();
    for (std::size_t i = 0; i < kTokens.size(); ++i)
      if (text.starts_with(kTokens[i]) &&
          (best == kTokens.size() || kTokens[i].size() > kTokens[best].size()))
        best = i;
    packed += best == kTokens.size() ? text.front() : static_cast<char>(best + 1);
    text.remove_prefix(best == kTokens.size() ? 1 : kTokens[best].size());
  }
  return packed;
}

TEST(EventEncoder, WritesTheBytesOfEncodeEventAndOfTheFormatsPage) {
  Rng rng(test_seed());
  EventEncoder encoder;
  std::vector<std::string> texts;
  for (int i = 0; i < 600; ++i) texts.push_back(random_metadata(rng));
  for (int round = 0; round < 20'000; ++round) {
    Event event;
    event.tenant = "1";
    event.metadata = texts[rng.below(rng.below(2) == 0 ? 20 : texts.size())];
    std::string kept = "before";
    encoder.encode(event, kept);
    std::string plain = "before";
    encode_event(event, plain);
    ASSERT_EQ(kept, plain) << event.metadata;
    const std::string tokens = naive_tokens(event.metadata);
    ASSERT_LT(tokens.size(), 128U);
    const std::string packed = "\xf2" + std::string(1, static_cast<char>(tokens.size())) + tokens;
    ASSERT_TRUE(kept.ends_with(packed)) << event.metadata;
  }
}

TEST(EventEncoder, EncodesEventsOfEverySize) {
  EventEncoder encoder;
  for (const std::size_t size : {1U, 120U, 121U, 1'900U, 2'100U, 4'096U, 8'000U}) {
    const std::string text = "\"" + std::string(size - 1, 'm');
    Event event;
    event.user_agent = text;
    event.metadata = text;
    for (int round = 0; round < 2; ++round) {
      std::string kept;
      encoder.encode(event, kept);
      std::string plain;
      encode_event(event, plain);
      ASSERT_EQ(kept, plain) << size;
      Arena arena;
      const auto decoded = decode_event(kept, arena);
      ASSERT_TRUE(decoded);
      EXPECT_EQ(decoded->metadata, text);
    }
  }
}

TEST(PackText, KnowsEveryWordAndNoOther) {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    std::string packed;
    pack_text(kWords[i], packed);
    EXPECT_EQ(packed, std::string(1, static_cast<char>(0xc0 + i)));
    for (std::size_t at = 0; at < kWords[i].size(); ++at) {
      std::string other(kWords[i]);
      other[at] = static_cast<char>(other[at] ^ 1);
      packed.clear();
      pack_text(other, packed);
      EXPECT_EQ(packed, static_cast<char>(other.size()) + other);
    }
  }
}

TEST(PackText, KnowsAUuidByEveryDigit) {
  const std::string uuid = "01234567-89ab-cdef-fedc-ba9876543210";
  std::string packed;
  pack_text(uuid, packed);
  EXPECT_EQ(
      packed,
      std::string("\xf0\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10", 17));
  for (std::size_t at = 0; at < uuid.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      const char c = static_cast<char>(byte);
      std::string text = uuid;
      text[at] = c;
      const bool hyphen = uuid[at] == '-';
      const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      packed.clear();
      pack_text(text, packed);
      ASSERT_EQ(packed.size(), (hyphen ? c == '-' : digit) ? 17U : 37U) << at << " " << byte;
    }
  }
}

}  // namespace
}  // namespace adbacus
