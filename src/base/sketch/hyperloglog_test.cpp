#include "base/sketch/hyperloglog.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <map>

#include "base/rng.hpp"

namespace adbacus {
namespace {

// The definition of the sketch, register by register.
std::uint32_t naive_rank(std::uint64_t hash) {
  std::uint32_t rank = 1;
  for (int bit = 51; bit >= 0 && ((hash >> bit) & 1U) == 0; --bit) ++rank;
  return rank;
}

std::vector<std::uint32_t> naive_entries(const std::vector<std::uint64_t>& hashes) {
  std::map<std::uint32_t, std::uint32_t> ranks;
  for (const std::uint64_t hash : hashes) {
    std::uint32_t& rank = ranks[static_cast<std::uint32_t>(hash >> 52U)];
    rank = std::max(rank, naive_rank(hash));
  }
  std::vector<std::uint32_t> entries;
  for (const auto& [index, rank] : ranks) entries.push_back(index << 8U | rank);
  return entries;
}

std::vector<std::uint64_t> random_hashes(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::uint64_t> hashes(count);
  for (std::uint64_t& hash : hashes) hash = rng.next();
  return hashes;
}

HyperLogLog sketch_of(const std::vector<std::uint64_t>& hashes) {
  HyperLogLog sketch;
  for (const std::uint64_t hash : hashes) sketch.add(hash);
  return sketch;
}

TEST(HyperLogLog, HoldsTheRegistersOfTheDefinition) {
  for (const std::size_t count : {0U, 1U, 300U, 511U, 512U, 513U, 600U, 5'000U, 200'000U}) {
    auto hashes = random_hashes(count, count + 1);
    if (count > 1) hashes[0] = 0;  // all zeros: the greatest rank
    EXPECT_EQ(sketch_of(hashes).entries(), naive_entries(hashes)) << count;
  }
}

TEST(HyperLogLog, TellsWhenARegisterRises) {
  HyperLogLog replica;
  HyperLogLog sketch;
  for (const std::uint64_t hash : random_hashes(50'000, 3)) {
    if (sketch.add(hash)) {
      EXPECT_TRUE(replica.raise(HyperLogLog::entry_of(hash)));
    } else {
      EXPECT_FALSE(replica.raise(HyperLogLog::entry_of(hash)));
    }
    EXPECT_FALSE(sketch.add(hash));
  }
  EXPECT_EQ(replica.entries(), sketch.entries());
}

// 200 sketches a size: the mean shows a bias, the root mean square the standard error.
TEST(HyperLogLog, EstimatesWithoutBiasAndWithin1Point6Percent) {
  for (const std::size_t count : {1U, 10U, 100U, 1'000U, 4'000U, 10'000U, 30'000U, 100'000U}) {
    double sum = 0;
    double squares = 0;
    constexpr int kSketches = 200;
    for (int i = 0; i < kSketches; ++i) {
      const auto seed = count * 1'000 + static_cast<std::size_t>(i);
      const double truth = static_cast<double>(count);
      const double error = sketch_of(random_hashes(count, seed)).estimate() / truth - 1;
      sum += error;
      squares += error * error;
    }
    EXPECT_LT(std::abs(sum / kSketches), 0.005) << count;
    EXPECT_LT(std::sqrt(squares / kSketches), 0.0163 * 1.2) << count;
  }
}

TEST(HyperLogLog, EstimatesZeroForNothingAndIsFiniteForEverything) {
  EXPECT_EQ(HyperLogLog().estimate(), 0);
  HyperLogLog full;
  for (std::uint32_t index = 0; index < HyperLogLog::kRegisters; ++index) {
    full.raise(index << 8U | (HyperLogLog::kRankMax - 1));
  }
  EXPECT_GT(full.estimate(), 1e18);
  EXPECT_TRUE(std::isfinite(full.estimate()));
}

TEST(HyperLogLog, MergesToTheSketchOfTheUnion) {
  for (const std::size_t left : {0U, 100U, 400U, 20'000U}) {
    for (const std::size_t right : {0U, 100U, 400U, 20'000U}) {
      auto a = random_hashes(left, 1);
      const auto b = random_hashes(right, 2);
      HyperLogLog merged = sketch_of(a);
      merged.merge(sketch_of(b));
      a.insert(a.end(), b.begin(), b.end());
      EXPECT_EQ(merged.entries(), sketch_of(a).entries()) << left << " + " << right;
    }
  }
}

TEST(HyperLogLog, ComesBackFromItsEntries) {
  for (const std::size_t count : {0U, 7U, 500U, 100'000U}) {
    const HyperLogLog sketch = sketch_of(random_hashes(count, 9));
    auto back = HyperLogLog::from_entries(sketch.entries());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->entries(), sketch.entries());
    EXPECT_EQ(back->estimate(), sketch.estimate());
  }
}

TEST(HyperLogLog, RefusesImpossibleRegisters) {
  for (const std::uint32_t entry : {0U, 5U << 8U, 4096U << 8U | 1U, 54U, 0xffffffffU}) {
    const std::vector<std::uint32_t> entries{7U << 8U | 3U, entry};
    const auto back = HyperLogLog::from_entries(entries);
    ASSERT_FALSE(back) << entry;
    EXPECT_EQ(back.error().code, ErrorCode::corrupt);
  }
}

TEST(HyperLogLog, TakesLittleMemoryWhileItIsSmall) {
  EXPECT_LT(sketch_of(random_hashes(10, 1)).memory_bytes(), 128U);
  EXPECT_LT(sketch_of(random_hashes(100'000, 1)).memory_bytes(), 4'200U);
}

}  // namespace
}  // namespace adbacus
