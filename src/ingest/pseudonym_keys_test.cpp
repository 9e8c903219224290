#include "ingest/pseudonym_keys.hpp"

#include <gtest/gtest.h>
#include <set>

#include "base/testing/sim_file_system.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kNoonUs = 20'000 * kDayUs + kDayUs / 2;

class PseudonymKeysTest : public ::testing::Test {
 protected:
  PseudonymKeysTest() { EXPECT_TRUE(fs_.make_folders("/data")); }
  SimFileSystem fs_;
  const std::string path_ = "/data/pseudonym.keys";
};

TEST_F(PseudonymKeysTest, TwoDaysHaveTheirOwnKeysAndOlderOnesAreGone) {
  PseudonymKeys keys(fs_, path_);
  const auto first = keys.at(kNoonUs);
  const IpHashKey a = *first->find(kNoonUs);
  EXPECT_EQ(*first->find(kNoonUs + kHourUs), a);
  EXPECT_EQ(*first->find(kNoonUs + kDayUs), a) << "ahead";
  EXPECT_EQ(first->find(kNoonUs - kDayUs), nullptr);
  EXPECT_EQ(first->nearest(kNoonUs - kDayUs), a);
  EXPECT_EQ(keys.at(kNoonUs + kHourUs), first);
  EXPECT_EQ(keys.at(kNoonUs - kDayUs), first) << "a clock that went back";

  const auto second = keys.at(kNoonUs + kDayUs);
  const IpHashKey b = *second->find(kNoonUs + kDayUs);
  EXPECT_NE(a, b);
  EXPECT_EQ(*second->find(kNoonUs), a);
  EXPECT_EQ(second->nearest(kNoonUs - kDayUs), a);

  const auto third = keys.at(kNoonUs + 2 * kDayUs);
  EXPECT_EQ(*third->find(kNoonUs + kDayUs), b);
  EXPECT_EQ(third->find(kNoonUs), nullptr);

  const auto much_later = keys.at(kNoonUs + 9 * kDayUs);
  EXPECT_EQ(much_later->find(kNoonUs + 2 * kDayUs), nullptr) << "older than a day";
}

TEST_F(PseudonymKeysTest, TheFileHasTheKeysThatAreKeptAndNoOthers) {
  DayKeys kept;
  {
    PseudonymKeys keys(fs_, path_);
    keys.at(kNoonUs);
    keys.at(kNoonUs + kDayUs);
    kept = *keys.at(kNoonUs + 2 * kDayUs);
  }
  PseudonymKeys again(fs_, path_);
  const auto read = again.at(kNoonUs + 2 * kDayUs + 1);
  for (const TimeUs at : {kNoonUs + kDayUs, kNoonUs + 2 * kDayUs})
    EXPECT_EQ(*read->find(at), *kept.find(at));
  EXPECT_EQ(read->find(kNoonUs), nullptr);
  PseudonymKeys later(fs_, path_);
  EXPECT_EQ(later.at(kNoonUs + 5 * kDayUs)->find(kNoonUs + 2 * kDayUs), nullptr);
  const auto text = read_file(fs_, path_);
  ASSERT_TRUE(text);
  EXPECT_EQ(std::count(text->begin(), text->end(), '\n'), 1);
}

TEST_F(PseudonymKeysTest, ADamagedFileIsMadeAnew) {
  for (const char* damage : {"", "x", "20000 12", "20000 0123456789abcdef", "-1 0 0\n"}) {
    ASSERT_TRUE(write_file_atomically(fs_, path_, damage));
    PseudonymKeys keys(fs_, path_);
    EXPECT_NE(*keys.at(kNoonUs)->find(kNoonUs), IpHashKey{}) << damage;
    PseudonymKeys again(fs_, path_);
    EXPECT_EQ(*again.at(kNoonUs)->find(kNoonUs), *keys.at(kNoonUs)->find(kNoonUs)) << damage;
  }
}

TEST(VisitorId, IsTheSameForTheSameAndOnlyThen) {
  const IpHashKey key{1, 2};
  const std::string id = visitor_id(key, "1", "203.0.113.9", "UA");
  EXPECT_EQ(id.size(), 18U);
  EXPECT_EQ(visitor_id(key, "1", "::ffff:203.0.113.9", "UA"), id);
  const std::set<std::string> others{
      id, visitor_id(key, "2", "203.0.113.9", "UA"), visitor_id(key, "1", "203.0.113.8", "UA"),
      visitor_id(key, "1", "203.0.113.9", "UB"), visitor_id({1, 3}, "1", "203.0.113.9", "UA")};
  EXPECT_EQ(others.size(), 5U);
  EXPECT_EQ(visitor_id(key, "1", "203.0.113.0/24", "UA"), "");
  EXPECT_EQ(visitor_id(key, "1", "nowhere", "UA"), "");
}

}  // namespace
}  // namespace adbacus
