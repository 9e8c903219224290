#include "app/verify/other_rows.hpp"

#include <gtest/gtest.h>

namespace adbacus {
namespace {

constexpr TimeUs kHour = 500'000 * kHourUs;

std::string key(const std::string& campaign, const std::string& currency, TimeUs time_us = kHour) {
  std::vector<std::string> dims(kSeriesDims);
  dims[0] = "1";
  dims[1] = campaign;
  dims[5] = currency;
  return aggregate_key(Cube::breakdown, Level::hour, time_us, dims, "counted_valid");
}

Counters clicks(std::int64_t number) {
  Counters counters;
  counters[Counter64::events] = number;
  counters[Counter64::clicks] = number;
  return counters;
}

std::uint64_t differences(const AggregateLines& served, AggregateLines counted,
                          std::string_view prefix = "") {
  settle_other(served, prefix, counted);
  return compare_lines(served, counted, 10).count;
}

// Campaign 7 got its row after two of its clicks, campaigns 8 and 9 got none.
const AggregateLines kServed{{key("7", "EUR"), clicks(3)},
                             {key(kOtherKey, "EUR"), clicks(2 + 4 + 5)},
                             {key("8", "USD"), clicks(1)}};
const AggregateLines kCounted{{key("7", "EUR"), clicks(5)},
                              {key("8", "EUR"), clicks(4)},
                              {key("9", "EUR"), clicks(5)},
                              {key("8", "USD"), clicks(1)}};

TEST(OtherRows, TakeWhatTheirKeysHoldMore) {
  EXPECT_EQ(differences(kServed, kCounted), 0U);
  EXPECT_EQ(other_events(kServed, Cube::breakdown), 11U);
  EXPECT_EQ(other_events(kServed, Cube::traffic), 0U);
  EXPECT_NE(differences(kServed, kCounted, "breakdown|day"), 0U) << "other lines are left alone";
}

TEST(OtherRows, HideNoWrongCount) {
  for (const std::string& changed :
       {key("7", "EUR"), key("8", "EUR"), key("8", "USD"), key("9", "EUR", kHour + kHourUs)}) {
    for (const std::int64_t by : {-1, 1}) {
      AggregateLines counted = kCounted;
      counted[changed].add(clicks(by));
      EXPECT_NE(differences(kServed, counted), 0U) << changed << " " << by;
    }
  }
  AggregateLines served = kServed;
  served[key("7", "EUR")].add(clicks(3));
  EXPECT_NE(differences(served, kCounted), 0U) << "more than was sent";
}

}  // namespace
}  // namespace adbacus
