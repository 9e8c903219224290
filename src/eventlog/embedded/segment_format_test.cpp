#include "eventlog/embedded/segment_format.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "eventlog/embedded/group_builder.hpp"
#include "eventlog/testing/test_events.hpp"

namespace adbacus {
namespace {

SegmentHeader some_header() {
  SegmentHeader header;
  header.identity = {.uuid = std::string(32, 'a'), .hash_seed = 7};
  header.number = 3;
  header.first_seq = 100;
  header.previous_time_us = 5;
  header.segment_bytes = 1 << 20;
  header.epoch = 9;
  header.previous_link[0] = 1;
  return header;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

TEST(SegmentFormat, ReadsBackHeadersAndFooters) {
  const SegmentHeader header = some_header();
  const std::string page = encode_segment_header(header);
  ASSERT_EQ(page.size(), kPageBytes);
  auto back = decode_segment_header(page);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode_segment_header(*back), page);
  SegmentFooter footer{.number = 3, .entries = 2, .first_seq = 100, .last_seq = 101};
  footer.link[31] = 5;
  const std::string foot = encode_segment_footer(footer, header.identity);
  auto foot_back = decode_segment_footer(foot, header.identity);
  ASSERT_TRUE(foot_back);
  EXPECT_EQ(encode_segment_footer(*foot_back, header.identity), foot);
  EXPECT_FALSE(decode_segment_footer(foot, {.uuid = std::string(32, 'b'), .hash_seed = 7}));
}

TEST(SegmentFormat, RefusesAPageWithAnyBitFlipped) {
  const std::string page = encode_segment_header(some_header());
  for (std::size_t bit = 0; bit < page.size() * 8; bit += 37) {
    std::string wrong = page;
    wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(decode_segment_header(wrong)) << bit;
  }
  EXPECT_FALSE(decode_segment_header(page.substr(1)));
  EXPECT_FALSE(decode_segment_header(std::string(kPageBytes, '\0')));
}

// Builds one group of the given events, all decided as counted.
std::string build_group(const std::vector<TestEvent>& events, const GroupPlace& place) {
  const AppendBatch batch = make_batch(events, 7);
  std::vector<Disposition> dispositions(events.size(), Disposition::counted);
  AppendSlice slice{.batch = &batch,
                    .begin = 0,
                    .end = static_cast<std::uint32_t>(events.size()),
                    .dispositions = dispositions.data(),
                    .last_seq = 0};
  GroupBuilder builder;
  builder.build({&slice, 1}, place);
  EXPECT_EQ((place.offset + builder.padded().size()) % kPageBytes, 0U);
  EXPECT_LE(builder.records().size(), GroupBuilder::bytes_max(events.size(), batch.bytes.size()));
  return std::string(builder.records());
}

constexpr GroupPlace kPlace{.first_seq = 1,
                            .synced_seq = 0,
                            .time_us = 1'795'262'400'123'000,
                            .epoch = 1,
                            .offset = kPageBytes};

// The bytes of docs/formats/log_segment.md.
TEST(SegmentFormat, MatchesTheWorkedExample) {
  const std::string group = build_group({{.id = "e1"}}, kPlace);
  EXPECT_EQ(hex(group.substr(0, kMarkRecordBytes)),
            "b5ad01010c00000001000000000000007850a319c86006000100ffffaaaaf23b"
            "000000000000000000000000");
  EXPECT_EQ(hex(group.substr(kMarkRecordBytes)),
            "b5ad01001a00000001000000000000007850a319c860060001002000787a867b"
            "01000000a001010120f699d2dfbf681701310265310175023432");
}

std::string build_control(const ControlEntry& entry) {
  GroupBuilder builder;
  builder.build_control(entry, kPlace);
  EXPECT_EQ((kPlace.offset + builder.padded().size()) % kPageBytes, 0U);
  return std::string(builder.records()).substr(kMarkRecordBytes);
}

// The bytes of docs/formats/log_segment.md.
TEST(SegmentFormat, MatchesTheWorkedExampleOfAControlRecord) {
  EXPECT_EQ(hex(build_control({.kind = 3, .version = 1, .payload = "abc"})),
            "b5ad01040900000001000000000000007850a319c86006000100ffffee0b11ae"
            "010000000301616263");
}

TEST(SegmentFormat, ReadsBackAControlRecordAndRefusesOneWithAnyBitFlipped) {
  const std::string good = build_control({.kind = 3, .version = 1, .payload = "abc"});
  RecordView record;
  std::size_t needed = 0;
  ASSERT_EQ(check_record(good, record, needed), RecordCheck::ok);
  EXPECT_TRUE(record.is_control());
  EXPECT_FALSE(record.is_data());
  EXPECT_EQ(record.next_seq(), kPlace.first_seq + 1);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string wrong = good;
    wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_NE(check_record(wrong, record, needed), RecordCheck::ok) << bit;
  }
}

TEST(SegmentFormat, TellsZerosFromShortFromBadRecords) {
  const std::string group = build_group({{.id = "a"}, {.id = "b", .user = "v"}}, kPlace);
  RecordView record;
  std::size_t needed = 0;
  EXPECT_EQ(check_record(std::string(32, '\0'), record, needed), RecordCheck::end);
  EXPECT_EQ(check_record(group.substr(0, 31), record, needed), RecordCheck::incomplete);
  EXPECT_EQ(check_record(group.substr(0, 40), record, needed), RecordCheck::incomplete);
  EXPECT_EQ(needed, kMarkRecordBytes);
  ASSERT_EQ(check_record(group, record, needed), RecordCheck::ok);
  EXPECT_EQ(record.header.flags, record_flag::mark);
  for (std::size_t bit = 0; bit < kMarkRecordBytes * 8; ++bit) {
    std::string wrong = group;
    wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_NE(check_record(wrong, record, needed), RecordCheck::ok) << bit;
  }
}

TEST(SegmentFormat, NeverReadsOutsideARecordWhateverItsBytes) {
  const std::uint64_t seed = test_seed();
  Rng rng(seed);
  const std::string group = build_group({{.id = "a"}, {.id = "b", .user = "v"}}, kPlace);
  for (int i = 0; i < 20'000; ++i) {
    // A copy of exactly the right size, so that a sanitizer sees every byte too far.
    std::string bytes = group.substr(0, rng.below(group.size() + 1));
    for (std::uint64_t n = rng.below(4); n > 0 && !bytes.empty(); --n) {
      bytes[rng.below(bytes.size())] = static_cast<char>(rng.next());
    }
    bytes.shrink_to_fit();
    RecordView record;
    std::size_t needed = 0;
    (void)check_record(bytes, record, needed);
    std::string_view payload = bytes;
    EntryView entry;
    while (take_entry(payload, entry)) {
    }
  }
}

TEST(SegmentFormat, ReadsBackEntriesOfEverySize) {
  for (const std::size_t size : {0U, 1U, 15U, 16U, 100U, 2047U, 2048U, 70'000U, 250'000U}) {
    const TestEvent event{.id = "a", .url = std::string(size, 'x')};
    const std::string group = build_group({event}, kPlace).substr(kMarkRecordBytes);
    RecordView record;
    std::size_t needed = 0;
    ASSERT_EQ(check_record(group, record, needed), RecordCheck::ok);
    std::string_view payload = record.payload;
    EntryView entry;
    ASSERT_TRUE(take_entry(payload, entry));
    EXPECT_TRUE(entry.bytes == event.encoded()) << size;
    EXPECT_TRUE(payload.empty());
  }
}

TEST(SegmentFormat, NamesSegmentsSoThatTheySortByTheirFirstEvent) {
  EXPECT_EQ(segment_file_name(42), "00000000000000000042.seg");
  Seq first = 0;
  EXPECT_TRUE(parse_segment_file_name("00000000000000000042.seg", first));
  EXPECT_EQ(first, 42U);
  for (const char* wrong : {"42.seg", "0000000000000000004x.seg", "00000000000000000042.ids", ""}) {
    EXPECT_FALSE(parse_segment_file_name(wrong, first)) << wrong;
  }
  EXPECT_EQ(sidecar_path("/log/00000000000000000042.seg"), "/log/00000000000000000042.ids");
}

}  // namespace
}  // namespace adbacus
