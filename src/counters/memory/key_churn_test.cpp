// T33: keys that come and go by the million leave the process's memory as it was.
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "counters/registry.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kKeys = 1'000'000;  // of a round
constexpr int kRounds = 5;
// AddressSanitizer keeps what is freed for a while: it looks for errors, not for memory.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasures = false;
#elif defined(__has_feature)
constexpr bool kMeasures = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool kMeasures = true;
#endif

std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Calls use(key, now_us) for a million new keys a round; between rounds all of them expire. What
// the second round leaves is what the last one leaves, but for a few tables that happen to be
// split.
template <class Use>
void expect_flat_memory(Use use) {
  std::size_t early_bytes = 0;
  TimeUs now_us = 1'700'000'000 * kSecondUs;
  for (int round = 0; round < kRounds; ++round) {
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      const std::uint64_t n = static_cast<std::uint64_t>(round) * kKeys + i;
      use(Hash128{n * 0x9e3779b97f4a7c15ULL, n ^ 0x2545f4914f6cdd1dULL}, now_us);
      now_us += 50;
    }
    if (round == 1) early_bytes = resident_bytes();
    now_us += 2 * kDayUs;
  }
  if (!kMeasures) return;
  EXPECT_LT(resident_bytes(), early_bytes + early_bytes / 8 + (8U << 20U));
}

CounterStores open_memory() {
  auto stores = open_counters({});
  EXPECT_TRUE(stores);
  return *std::move(stores);
}

TEST(KeyChurn, OfUsersWithCaps) {
  const CounterStores stores = open_memory();
  const FrequencyLimit limit[] = {{42, 5, 86'400}};
  const std::span<const FrequencyLimit> candidates[] = {limit};
  expect_flat_memory([&](const Hash128& user, TimeUs now_us) {
    ASSERT_TRUE(stores.caps->take_first(user, candidates, now_us));
  });
}

TEST(KeyChurn, OfCallersWithQuotas) {
  const CounterStores stores = open_memory();
  expect_flat_memory([&](const Hash128& caller, TimeUs now_us) {
    const RateBucket bucket[] = {{caller, 100, 60}};
    ASSERT_TRUE(stores.rates->take(bucket, 1, now_us));
  });
}

TEST(KeyChurn, OfClaims) {
  const CounterStores stores = open_memory();
  expect_flat_memory([&](const Hash128& key, TimeUs now_us) {
    ASSERT_TRUE(stores.claims->claim(key, now_us, kHourUs));
  });
}

}  // namespace
}  // namespace adbacus
