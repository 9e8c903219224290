#include "processor/attribution/touch_table.hpp"

#include <gtest/gtest.h>
#include <map>
#include <vector>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

struct Kept {
  TouchKind kind;
  TimeUs time_us;
  Seq seq;
  SeriesId series;
  std::string text;
  friend bool operator==(const Kept&, const Kept&) = default;
};

std::vector<Kept> touches(const TouchTable& table, const UserKey& user) {
  std::vector<Kept> result;
  table.for_each(user, [&](const Touch& t) {
    result.push_back({t.kind, t.time_us, t.seq, t.series, std::string(t.text)});
  });
  return result;
}

UserKey user_of(std::uint64_t n) {
  // Some share `low`, some `high`: the chains must still be theirs alone.
  return {(n % 7) * 0x9e3779b97f4a7c15ULL + n / 14, static_cast<std::uint32_t>(n / 2)};
}

TEST(TouchTable, GivesEachUserItsTouchesFromTheNewestOn) {
  TouchTable table;
  const UserKey a{1, 1};
  const UserKey b{1, 2};
  EXPECT_TRUE(touches(table, a).empty());
  table.add(a, {TouchKind::impression, 100, 1, 7, ""}, 100);
  table.add(b, {TouchKind::click, 50, 2, 8, "click-b"}, 100);
  table.add(a, {TouchKind::click, 90, 3, 9, "click-a"}, 100);
  EXPECT_EQ(touches(table, a), (std::vector<Kept>{{TouchKind::click, 90, 3, 9, "click-a"},
                                                  {TouchKind::impression, 100, 1, 7, ""}}));
  EXPECT_EQ(touches(table, b), (std::vector<Kept>{{TouchKind::click, 50, 2, 8, "click-b"}}));
  EXPECT_TRUE(touches(table, {2, 1}).empty());
  EXPECT_FALSE(table.has_conversion(a));
  table.add(a, {TouchKind::conversion, 95, 4, 9, ""}, 101);
  table.add(a, {TouchKind::click, 96, 5, 9, ""}, 102);
  EXPECT_TRUE(table.has_conversion(a));
  EXPECT_FALSE(table.has_conversion(b));
}

// Against a map, with times that move on and users who come and go.
TEST(TouchTable, AgreesWithAMap) {
  Rng rng(test_seed());
  TouchTable table;
  std::map<std::uint64_t, std::vector<Kept>> model;  // by user, in log order
  TimeUs now_us = 1'700'000'000 * kSecondUs;
  TimeUs horizon_us = 0;
  std::vector<TimeUs> log_times{0};  // by seq
  std::uint64_t first_user = 0;
  for (Seq seq = 1; seq <= 300'000; ++seq) {
    now_us += static_cast<TimeUs>(rng.below(2 * kSecondUs));
    const std::uint64_t user = first_user + rng.below(20'000);
    const auto kind = static_cast<TouchKind>(rng.below(4));
    const auto time_us = now_us - static_cast<TimeUs>(rng.below(kHourUs));
    const std::string text = rng.below(10) == 0 ? "text " + std::to_string(seq) : "";
    const auto series = static_cast<SeriesId>(rng.below(1000));
    table.add(user_of(user), {kind, time_us, seq, series, text}, now_us);
    log_times.push_back(now_us);
    model[user].push_back({kind, time_us, seq, series, text});
    if (seq % 10'000 == 0) {
      horizon_us = now_us - 24 * kHourUs;
      table.forget_before(horizon_us);
      first_user += 500;
    }
    if (seq % 100 != 0) continue;
    // What is at or behind the horizon is there; what is before it may be, but nothing else is.
    const std::uint64_t asked = rng.below(first_user + 20'000);
    const std::vector<Kept> found = touches(table, user_of(asked));
    const std::vector<Kept>& all = model[asked];
    ASSERT_LE(found.size(), all.size()) << "seed " << test_seed();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Kept& wanted = all[all.size() - 1 - i];
      if (i < found.size()) {
        ASSERT_EQ(found[i], wanted) << "seed " << test_seed();
      } else {
        ASSERT_LT(log_times[wanted.seq], horizon_us) << "seed " << test_seed();
        ASSERT_LE(wanted.time_us, table.forgotten_newest_us()) << "seed " << test_seed();
      }
    }
  }
}

TEST(TouchTable, MemoryIsFlatWhileUsersComeAndGo) {
  TouchTable table;
  std::size_t early_bytes = 0;
  for (Seq seq = 1; seq <= 3'000'000; ++seq) {
    const Hash128 hash{seq / 3 * 0x9e3779b97f4a7c15ULL, seq / 3};
    const auto time_us = static_cast<TimeUs>(seq) * kMillisecondUs;
    table.add(UserKey::of(hash), {TouchKind::click, time_us, seq, 1, "0123456789abcdef"}, time_us);
    if (seq % 4096 == 0) table.forget_before(time_us - 500 * kSecondUs);
    if (seq == 1'000'000) early_bytes = table.memory_bytes();
  }
  EXPECT_LE(table.memory_bytes(), early_bytes / 4 * 5);
  EXPECT_LT(table.size(), 700'000U);
}

TEST(TouchTable, TakesAbout40BytesATouchAnd32AUser) {
  TouchTable table;
  constexpr std::size_t kUsers = 500'000;
  for (Seq seq = 1; seq <= 4 * kUsers; ++seq) {
    const Hash128 hash{seq % kUsers * 0x9e3779b97f4a7c15ULL, seq % kUsers};
    table.add(UserKey::of(hash), {TouchKind::impression, 1, seq, 1, ""}, 1);
  }
  EXPECT_LE(table.memory_bytes(), 4 * kUsers * 40 + 32 * kUsers + (4U << 20U));
}

}  // namespace
}  // namespace adbacus
