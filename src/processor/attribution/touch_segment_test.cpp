#include "processor/attribution/touch_segment.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/sim_file_system.hpp"
#include "base/testing/test_seed.hpp"
#include "processor/attribution/touch_table.hpp"

namespace adbacus {
namespace {

struct Entry {
  UserKey user;
  Touch touch;
};

// The same for the same number.
Entry nth(Seq seq) {
  const std::uint64_t h = hash64({reinterpret_cast<const char*>(&seq), sizeof(seq)}, 5);
  static const std::string kText = "a click id of some length";
  Entry entry;
  entry.user = {h % 5000 * 0x9e3779b97f4a7c15ULL, static_cast<std::uint32_t>(h % 5000)};
  entry.touch = {.kind = static_cast<TouchKind>(h >> 20U & 3U),
                 .time_us = static_cast<TimeUs>(seq * 1000 + h % 5000),
                 .seq = seq,
                 .series = static_cast<SeriesId>(h >> 40U),
                 .text = {}};
  if (h % 10 == 0) entry.touch.text = std::string_view(kText).substr(0, h % kText.size());
  return entry;
}

void add(TouchTable& table, Seq from, Seq to) {
  for (Seq seq = from; seq <= to; ++seq)
    table.add(nth(seq).user, nth(seq).touch, static_cast<TimeUs>(seq * 1000));
}

void expect_same(const TouchTable& a, const TouchTable& b) {
  for (std::uint64_t u = 0; u < 5000; ++u) {
    const UserKey user{u * 0x9e3779b97f4a7c15ULL, static_cast<std::uint32_t>(u)};
    std::vector<std::string> seen[2];
    for (const TouchTable* table : {&a, &b}) {
      table->for_each(user, [&](const Touch& t) {
        seen[table == &b].push_back(std::to_string(t.seq) + ' ' + std::to_string(t.time_us) + ' ' +
                                    std::to_string(static_cast<int>(t.kind)) + ' ' +
                                    std::to_string(t.series) + ' ' + std::string(t.text));
      });
    }
    ASSERT_EQ(seen[0], seen[1]) << "user " << u;
  }
}

class TouchFiles : public ::testing::Test {
 protected:
  void write_full(const TouchTable& table) {
    for (const auto& segment : table.full_segments(0)) {
      ASSERT_TRUE(segment->write(files_, path(segment->first_number())));
    }
  }
  static std::string path(std::uint64_t number) {
    return "touches-" + std::to_string(number / kSegmentTouches);
  }
  std::vector<std::shared_ptr<TouchSegment>> read(std::uint64_t from, std::uint64_t count) {
    std::vector<std::shared_ptr<TouchSegment>> result;
    for (std::uint64_t i = from; i < from + count; ++i) {
      auto segment = TouchSegment::read(files_, path(i * kSegmentTouches));
      EXPECT_TRUE(segment);
      if (segment) result.push_back(std::move(*segment));
    }
    return result;
  }

  SimFileSystem files_;
};

TEST_F(TouchFiles, ATableFromFilesGoesOnWhereTheOldOneWas) {
  Rng rng(test_seed());
  TouchTable whole;
  const Seq end = 3 * kSegmentTouches + 1000;
  add(whole, 1, end);
  write_full(whole);
  for (int round = 0; round < 2; ++round) {
    // The store may be behind what the files hold: the rest comes from the log again.
    const Seq last = round == 0 ? end : kSegmentTouches + rng.below(2 * kSegmentTouches);
    TouchTable table;
    table.restore(read(0, 3), last);
    EXPECT_LT(table.last_seq(), last);
    add(table, std::min(last, table.last_seq()) + 1, end);
    EXPECT_EQ(table.size(), whole.size());
    EXPECT_EQ(table.forgotten_newest_us(), whole.forgotten_newest_us());
    expect_same(whole, table);
  }
}

TEST_F(TouchFiles, TheOldestMayBeForgotten) {
  TouchTable whole;
  const Seq end = 3 * kSegmentTouches + 1000;
  add(whole, 1, end);
  write_full(whole);
  whole.forget_before(static_cast<TimeUs>(kSegmentTouches * 1000 + 10'000));
  TouchTable table;
  table.restore(read(1, 2), end);
  EXPECT_LT(table.size(), whole.size());
  add(table, table.last_seq() + 1, end);
  EXPECT_EQ(table.size(), whole.size());
  EXPECT_GT(table.forgotten_newest_us(), 0);
  EXPECT_EQ(table.forgotten_newest_us(), whole.forgotten_newest_us());
  expect_same(whole, table);
}

TEST_F(TouchFiles, ADamagedFileIsNone) {
  TouchTable whole;
  add(whole, 1, kSegmentTouches + 10);
  write_full(whole);
  auto content = read_file(files_, path(0));
  ASSERT_TRUE(content);
  Rng rng(test_seed());
  for (int round = 0; round < 30; ++round) {
    std::string damaged = *content;
    // Mostly somewhere, sometimes in the header.
    const std::size_t at = rng.below(round % 2 == 0 ? 80 : damaged.size());
    if (rng.below(4) == 0) {
      damaged.resize(at);
    } else {
      damaged[at] = static_cast<char>(damaged[at] ^ static_cast<char>(1 << rng.below(8)));
    }
    ASSERT_TRUE(write_file_atomically(files_, "damaged", damaged));
    const auto segment = TouchSegment::read(files_, "damaged");
    ASSERT_FALSE(segment) << "seed " << test_seed() << " at " << at;
    ASSERT_EQ(segment.error().code, ErrorCode::corrupt);
  }
  EXPECT_FALSE(TouchSegment::read(files_, "not there"));
}

}  // namespace
}  // namespace adbacus
