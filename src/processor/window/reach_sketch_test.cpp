// The sketch against 4,096 plain maxima, for sets from empty to far beyond the sparse form.
#include "processor/window/reach_sketch.hpp"

#include <gtest/gtest.h>
#include <map>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

struct NaiveSketch {
  std::map<std::uint32_t, std::uint32_t> ranks;  // of the registers that are not zero
  std::map<std::uint32_t, std::uint32_t> rose;

  void add(std::uint64_t hash) {
    const auto index = static_cast<std::uint32_t>(hash >> 52U);
    std::uint32_t rank = 1;
    while (rank < 53 && ((hash >> (52U - rank)) & 1U) == 0) ++rank;
    if (rank <= ranks[index]) return;
    ranks[index] = rank;
    rose[index] = rank;
  }
  std::vector<std::uint32_t> take() {
    std::vector<std::uint32_t> out;
    for (const auto& [index, rank] : rose) out.push_back(index << 8U | rank);
    rose.clear();
    return out;
  }
};

TEST(ReachSketch, TakesWhatRoseAsAPlainLoopWould) {
  Rng rng(test_seed());
  for (int round = 0; round < 40; ++round) {
    ReachSketch sketch;
    NaiveSketch naive;
    bool clean = true;
    const std::uint64_t users = 1 + rng.below(round % 2 == 0 ? 300 : 30'000);
    for (std::uint64_t i = 0; i < users; ++i) {
      // Few leading ones: high ranks are as likely as low ones.
      const std::uint64_t hash = rng.next() >> (rng.below(8) == 0 ? 12 + rng.below(52) : 0);
      const std::size_t before = naive.rose.size();
      naive.add(hash);
      const bool first = sketch.add(hash);
      EXPECT_EQ(first, clean && naive.rose.size() > before);
      if (first) clean = false;
      if (rng.below(users) > 2) continue;
      std::vector<std::uint32_t> taken;
      sketch.take(taken);
      ASSERT_EQ(taken, naive.take());
      clean = true;
    }
    std::vector<std::uint32_t> taken{7};  // what is there stays
    sketch.take(taken);
    auto expected = naive.take();
    expected.insert(expected.begin(), 7);
    ASSERT_EQ(taken, expected);
  }
}

TEST(ReachSketch, SmallSetsAreSmall) {
  ReachSketch sketch;
  for (std::uint64_t i = 0; i < 10; ++i) sketch.add(i * 0x9e3779b97f4a7c15ULL);
  EXPECT_LE(sketch.bytes(), 128U);
}

}  // namespace
}  // namespace adbacus
