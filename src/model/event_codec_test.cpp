#include "model/event_codec.hpp"

#include <deque>
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

Event reference_event() {
  Event event;
  event.type = EventType::impression;
  event.time_us = 1'795'262'400'123'000;
  event.tenant = "1";
  event.event_id = "5f0c2f6a-8a1b-4c67-9a64-0f4c1c0f8f11";
  event.user_id = "u-123456";
  event.session_id = "s-98765432";
  event.campaign_id = "42";
  event.line_item_id = "420";
  event.placement_id = "7";
  event.creative_id = "4200";
  event.currency = "USD";
  event.has_value = true;
  event.country = "DE";
  event.device = "mobile";
  event.browser = "Chrome";
  event.metadata = R"({"device":"mobile","country":"DE","browser":"Chrome"})";
  return event;
}

void expect_equal(const Event& a, const Event& b) {
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.flags, b.flags);
  EXPECT_EQ(a.time_us, b.time_us);
  EXPECT_EQ(a.sent_time_us, b.sent_time_us);
  EXPECT_EQ(a.utc_offset_min, b.utc_offset_min);
  EXPECT_EQ(a.has_value, b.has_value);
  EXPECT_EQ(a.has_cost, b.has_cost);
  EXPECT_EQ(a.value_micros, b.value_micros);
  EXPECT_EQ(a.cost_micros, b.cost_micros);
  std::array<std::string_view, kTextFields> texts;
  for_each_text(b, [&](std::size_t i, const char*, std::string_view t, bool) { texts[i] = t; });
  for_each_text(a, [&](std::size_t i, const char* name, std::string_view t, bool) {
    EXPECT_EQ(t, texts[i]) << name;
  });
}

// Texts of every packed kind, and near misses of them.
std::string random_text(Rng& rng, bool json) {
  static const std::vector<std::string> kKinds{"mobile",
                                               "Mobile",
                                               "purchase",
                                               "USD",
                                               "5f0c2f6a-8a1b-4c67-9a64-0f4c1c0f8f11",
                                               "5F0C2F6A-8A1B-4C67-9A64-0F4C1C0F8F11",
                                               "5f0c2f6a-8a1b-4c67-9a64-0f4c1c0f8f1g",
                                               "0",
                                               "9"};
  static const std::vector<std::string> kJson{
      "{}", R"({"device":"mobile"})", R"({"extra":{"a":true,"b":[1,2]},"city":"K\u00f6ln"})",
      R"({"os":"iOS","browser":"Edge","x":"é"})"};
  const std::uint64_t kind = rng.below(4);
  if (kind == 0 && !json) return kKinds[rng.below(kKinds.size())];
  if (kind <= 1 && json) return kJson[rng.below(kJson.size())];
  static constexpr std::array<std::size_t, 9> kSizes{1, 2, 11, 35, 36, 37, 128, 129, 5000};
  std::string text(kSizes[rng.below(kSizes.size())], 'x');
  for (char& c : text) c = static_cast<char>(rng.below(256));
  return text;
}

Event random_event(Rng& rng, std::deque<std::string>& owner) {
  Event event;
  event.type = static_cast<EventType>(1 + rng.below(kEventTypes - 1));
  event.status = static_cast<ConversionStatus>(rng.below(5));
  event.flags = static_cast<std::uint16_t>(rng.below(4) == 0 ? rng.next() : 0);
  event.time_us = static_cast<TimeUs>(rng.next() >> rng.below(60)) * (rng.below(2) == 0 ? 1 : -1);
  event.sent_time_us = rng.below(3) == 0 ? static_cast<TimeUs>(rng.next() >> 5U) : 0;
  static constexpr std::array<std::int16_t, 3> kOffsets{0, 330, -60};
  event.utc_offset_min = kOffsets[rng.below(kOffsets.size())];
  event.has_value = rng.below(2) == 0;
  if (event.has_value) event.value_micros = static_cast<std::int64_t>(rng.next());
  event.has_cost = rng.below(2) == 0;
  if (event.has_cost) event.cost_micros = -static_cast<std::int64_t>(rng.next() >> 1U);
  for_each_text(event, [&](std::size_t index, const char*, std::string_view& text, bool) {
    if (rng.below(2) == 0) return;
    owner.push_back(
        random_text(rng, index == text_field::metadata || index == text_field::consent));
    text = owner.back();
  });
  return event;
}

TEST(EventCodec, DecodesWhatItEncodedForRandomEvents) {
  Rng rng(test_seed());
  Arena arena;
  for (int round = 0; round < 5000; ++round) {
    std::deque<std::string> owner;
    const Event event = random_event(rng, owner);
    std::string bytes;
    encode_event(event, bytes);
    arena.clear();
    const Result<Event> decoded = decode_event(bytes, arena);
    ASSERT_TRUE(decoded) << decoded.error().message;
    expect_equal(event, *decoded);
    std::string again;
    encode_event(*decoded, again);
    ASSERT_EQ(bytes, again) << "not canonical";
  }
}

TEST(EventCodec, RefusesEveryPrefixAndSurvivesEveryByteFlip) {
  std::string bytes;
  encode_event(reference_event(), bytes);
  Arena arena;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_event(std::string_view(bytes).substr(0, size), arena);
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code, ErrorCode::corrupt);
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
      const auto decoded = decode_event(flipped, arena);  // any answer, but no crash
      if (!decoded) {
        EXPECT_EQ(decoded.error().code, ErrorCode::corrupt);
      }
    }
  }
}

TEST(EventCodec, SurvivesRandomBytes) {
  Rng rng(test_seed());
  Arena arena;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(rng.below(200), '\0');
    for (char& c : bytes) c = static_cast<char>(rng.next());
    if (bytes.size() > 2) {
      bytes[0] = 1;
      bytes[1] = static_cast<char>(1 + rng.below(8));
      bytes[2] = static_cast<char>(rng.below(64));
    }
    arena.clear();
    const auto decoded = decode_event(bytes, arena);
    if (!decoded) {
      EXPECT_EQ(decoded.error().code, ErrorCode::corrupt);
    }
  }
}

TEST(EventCodec, KeepsTheReferenceEventWithinAHundredBytesWithItsRecordOverhead) {
  std::string bytes;
  encode_event(reference_event(), bytes);
  EXPECT_LE(bytes.size(), 95U);
}

TEST(EventCodec, MatchesTheWorkedExample) {  // docs/formats/event_record.md
  Event event;
  event.tenant = "1";
  event.user_id = "u-1";
  event.campaign_id = "42";
  event.time_us = 1'795'262'400'123'000;
  std::string bytes;
  encode_event(event, bytes);
  EXPECT_EQ(bytes, std::string("\x01\x01\x20\xf6\x99\xd2\xdf\xbf\x68\x15"
                               "\x01"
                               "1"
                               "\x03u-1"
                               "\x02"
                               "42"));
}

TEST(EventCodec, PackedFieldsAreEqualExactlyWhenTheirTextsAre) {
  Rng rng(test_seed());
  std::vector<std::pair<std::string, std::string>> seen;
  for (int i = 0; i < 300; ++i) {
    const std::string text = random_text(rng, false);
    std::string packed;
    pack_text(text, packed);
    for (const auto& [other_text, other_packed] : seen)
      ASSERT_EQ(text == other_text, packed == other_packed);
    seen.emplace_back(text, packed);
  }
}

TEST(EventType, ParsesNamesInAnyCase) {
  EventType type{};
  EXPECT_TRUE(parse_event_type("IMPRESSION", type));
  EXPECT_EQ(type, EventType::impression);
  EXPECT_TRUE(parse_event_type("Page_View", type));
  EXPECT_EQ(type, EventType::page_view);
  EXPECT_FALSE(parse_event_type("", type));
  EXPECT_FALSE(parse_event_type("attributed_conversion", type));
}

// One PackedEvent takes many records: what an earlier one had must not show.
TEST(EventCodec, AScanShowsOnlyTheFieldsOfItsRecord) {
  Rng rng(test_seed());
  PackedEvent reused;
  std::deque<std::string> records;  // the views of `reused` point into them
  for (int round = 0; round < 2000; ++round) {
    Event event = reference_event();
    for_each_text(event, [&](std::size_t index, const char*, std::string_view& text, bool) {
      if (index != text_field::tenant && rng.below(2) == 0) text = {};
    });
    std::string& record = records.emplace_back();
    encode_event(event, record);
    if (rng.below(4) == 0) {  // a failed scan in between
      const std::string_view part = std::string_view(record).substr(0, rng.below(record.size()));
      (void)scan_event(part, reused);
    }
    PackedEvent fresh;
    ASSERT_TRUE(scan_event(record, fresh));
    ASSERT_TRUE(scan_event(record, reused));
    EXPECT_EQ(reused.present, fresh.present);
    for (std::size_t i = 0; i < kTextFields; ++i) {
      ASSERT_EQ(reused.packed[i], fresh.packed[i]) << i;
      EXPECT_EQ(((fresh.present >> i) & 1U) != 0, !fresh.packed[i].empty());
    }
  }
}

}  // namespace
}  // namespace adbacus
