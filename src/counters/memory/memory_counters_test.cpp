#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"
#include "counters/memory/expiring_table.hpp"
#include "counters/memory/memory_caps.hpp"
#include "counters/registry.hpp"
#include "counters/testing/contract.hpp"

namespace adbacus {
namespace {

CounterStores open_memory() {
  auto stores = open_counters({});
  EXPECT_TRUE(stores);
  return *std::move(stores);
}

TEST(MemoryCounters, CapsAgreeWithTheModel) {
  check_caps_against_model(open_memory, test_seed());
}
TEST(MemoryCounters, CapsAreReachedAndNotPassedFromManyThreads) {
  check_caps_from_many_threads(open_memory);
}
TEST(MemoryCounters, RatesAgreeWithTheModel) {
  check_rates_against_model(open_memory, test_seed());
}
TEST(MemoryCounters, RatesHoldFromManyThreads) {
  check_rates_from_many_threads(open_memory);
}
TEST(MemoryCounters, TheFirstClaimWins) {
  check_claims(open_memory, test_seed());
}

TEST(MemoryCounters, AnUnknownBackendIsRefused) {
  const auto stores = open_counters({.backend = "abacus"});
  ASSERT_FALSE(stores);
  EXPECT_NE(stores.error().message.find("memory"), std::string::npos);
}

// The compatibility default: five a user and campaign in rolling 24 hours, the sixth is refused.
TEST(MemoryCounters, TheSixthOfADayIsRefusedUntilTheFirstIsADayOld) {
  const CounterStores stores = open_memory();
  const FrequencyLimit limit[] = {{42, 5, 86'400}};
  const std::span<const FrequencyLimit> candidates[] = {limit};
  const TimeUs begin_us = 1'700'000'000 * kSecondUs;
  const auto take = [&](TimeUs after_us) {
    return stores.caps->take_first({1, 2}, candidates, begin_us + after_us)->has_value();
  };
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(take(i * kHourUs));
  EXPECT_FALSE(take(5 * kHourUs));
  EXPECT_FALSE(take(kDayUs));
  EXPECT_TRUE(take(kDayUs + kSecondUs));
  EXPECT_FALSE(take(kDayUs + 2 * kSecondUs));
  EXPECT_TRUE(take(kDayUs + kHourUs + kSecondUs));
}

TEST(MemoryCounters, MemoryStaysWithinItsBoundAndTheNewestStay) {
  struct Entry {
    std::uint64_t key = 0;
    std::int64_t expiry = 0;
  };
  ExpiringTable<Entry> table(1'000);
  for (std::uint64_t i = 1; i <= 100'000; ++i) {
    table.find_or_add(i * 0x9e3779b97f4a7c15ULL, 0)->expiry = static_cast<std::int64_t>(i);
  }
  EXPECT_LT(table.memory_bytes(), 1'000 * 6 * sizeof(Entry));
  for (std::uint64_t i = 99'900; i <= 100'000; ++i) {
    EXPECT_NE(table.find(i * 0x9e3779b97f4a7c15ULL), nullptr) << i;
  }
  for (std::uint64_t i = 1; i <= 1'000; ++i) {  // all others have expired by now
    table.find_or_add(i * 0x2545f4914f6cdd1dULL, 200'000)->expiry = 300'000;
  }
  EXPECT_EQ(table.find(100'000 * 0x9e3779b97f4a7c15ULL), nullptr);
}

}  // namespace
}  // namespace adbacus
