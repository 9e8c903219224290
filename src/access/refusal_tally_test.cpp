#include "access/refusal_tally.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kWall = 1'790'000'000 * kSecondUs;

RefusalRecord refusal(std::string tenant, std::string network, int status = 401) {
  return {.tenant = std::move(tenant),
          .network = std::move(network),
          .status = status,
          .code = "unauthorized",
          .route = "GET /v1/campaigns",
          .request_id = "first"};
}

std::uint64_t sum(const std::vector<RefusalRecord>& records) {
  std::uint64_t count = 0;
  for (const RefusalRecord& record : records) count += record.count;
  return count;
}

TEST(RefusalTally, OneRecordForAllThatDifferInTheirTimeOnly) {
  RefusalTally tally({});
  for (TimeUs i = 0; i < 1'000; ++i) {
    RefusalRecord one = refusal("1", "192.0.2.0/24");
    if (i > 0) one.request_id = "later";
    tally.add(std::move(one), kWall + i, i);
  }
  tally.add(refusal("1", "192.0.2.0/24", 429), kWall, 0);
  tally.add(refusal("2", "192.0.2.0/24"), kWall, 0);
  auto records = tally.take_due(1'000);
  ASSERT_EQ(records.size(), 3U);
  const auto most =
      std::max_element(records.begin(), records.end(),
                       [](const auto& a, const auto& b) { return a.count < b.count; });
  RefusalRecord expected = refusal("1", "192.0.2.0/24");
  expected.count = 1'000;
  expected.first_us = kWall;
  expected.last_us = kWall + 999;
  EXPECT_EQ(*most, expected);
  EXPECT_TRUE(tally.take_due(1'000).empty());
  EXPECT_TRUE(tally.take_all().empty());
}

TEST(RefusalTally, WhatGoesOnIsToldLessAndLessOftenAndWhatWasQuietAtOnceAgain) {
  RefusalTally tally({});
  std::vector<TimeUs> told;
  for (TimeUs now = 0; now < kDayUs; now += 5 * kSecondUs) {
    tally.add(refusal("1", "192.0.2.0/24"), kWall + now, now);
    if (!tally.take_due(now).empty()) told.push_back(now);
  }
  ASSERT_GE(told.size(), 4U);
  EXPECT_EQ(told[0], 0);
  EXPECT_EQ(told[1], 20 * kSecondUs);
  EXPECT_EQ(told[2], 60 * kSecondUs);
  EXPECT_LE(told.size(), 24U + 8U);
  for (std::size_t i = 1; i < told.size(); ++i) EXPECT_LE(told[i] - told[i - 1], kHourUs);
  TimeUs now = kDayUs + 2 * kHourUs;
  EXPECT_LE(tally.take_due(now).size(), 1U);
  now += 2 * kHourUs;
  EXPECT_TRUE(tally.take_due(now).empty());
  tally.add(refusal("1", "192.0.2.0/24"), kWall + now, now);
  EXPECT_EQ(tally.take_due(now).size(), 1U);
}

// Whatever comes, every refusal is in one record, and the records are few.
TEST(RefusalTally, LosesNoneAndHandsOutFew) {
  const std::uint64_t run = test_seed();
  SCOPED_TRACE("ADBACUS_SEED=" + std::to_string(run));
  Rng rng(run);
  const RefusalTallyLimits limits{.tenants_max = 5, .kinds_max = 20, .burst = 10};
  RefusalTally tally(limits);
  std::map<std::string, std::size_t> records;
  std::uint64_t added = 0;
  std::uint64_t taken = 0;
  TimeUs now = 0;
  const auto take = [&](std::vector<RefusalRecord> out) {
    std::map<std::string, std::size_t> at_once;
    for (const RefusalRecord& record : out) {
      EXPECT_GT(record.count, 0U);
      EXPECT_LE(record.first_us, record.last_us);
      EXPECT_LE(++at_once[record.tenant], limits.burst);
    }
    if (rng.next() % 5 == 0) return tally.give_back(out, now);
    for (const RefusalRecord& record : out) ++records[record.tenant];
    taken += sum(out);
  };
  for (int step = 0; step < 200'000; ++step) {
    now += static_cast<TimeUs>(rng.next() % (kSecondUs / 2));
    tally.add(refusal("t" + std::to_string(rng.next() % 8),
                      std::to_string(rng.next() % (step < 100'000 ? 10 : 100'000))),
              kWall + now, now);
    ++added;
    if (step % 40 == 0) take(tally.take_due(now));
  }
  const std::size_t most = limits.burst + static_cast<std::size_t>(now / limits.period_us) + 1;
  for (const auto& [tenant, count] : records) EXPECT_LE(count, most) << tenant;
  const auto rest = tally.take_all();
  EXPECT_LE(rest.size(), (limits.tenants_max + 1) * (limits.kinds_max + 1));
  EXPECT_EQ(taken + sum(rest), added);
}

}  // namespace
}  // namespace adbacus
