#include "base/id_window.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <string>
#include <unordered_map>

#include "base/id_spread.hpp"
#include "base/rng.hpp"

namespace adbacus {
namespace {

constexpr unsigned kSmallBits = 4;  // 16 buckets: splits come early

struct KeyHash {
  std::size_t operator()(const Hash128& key) const { return key.low ^ (key.high * 3); }
};

// What the header promises, the simplest way.
class Reference {
 public:
  explicit Reference(std::uint32_t window_periods) : window_periods_(window_periods) {}
  bool contains(const Hash128& key, std::uint32_t now) const {
    const auto found = seen_.find(key);
    return found != seen_.end() && now <= found->second + window_periods_;
  }
  bool check_and_insert(const Hash128& key, std::uint32_t now) {
    if (contains(key, now)) return true;
    seen_[key] = now;
    return false;
  }
  void restore(const Hash128& key, std::uint32_t seen, std::uint32_t now) {
    if (now <= seen + window_periods_ && !contains(key, now)) seen_[key] = seen;
  }
  void erase(const Hash128& key) { seen_.erase(key); }

 private:
  std::uint32_t window_periods_;
  std::unordered_map<Hash128, std::uint32_t, KeyHash> seen_;
};

Hash128 nth_key(std::uint64_t n) {
  Rng rng(n * 2 + 1);
  const std::uint64_t low = rng.next();
  return {low, rng.next()};
}

std::uint64_t test_seed(std::uint64_t salt) {
  const std::uint64_t seed =
      ::testing::UnitTest::GetInstance()->random_seed() != 0
          ? static_cast<std::uint64_t>(::testing::UnitTest::GetInstance()->random_seed())
          : secure_random_u64();
  ::testing::Test::RecordProperty("seed", std::to_string(seed));
  return seed ^ (salt << 32U);
}

bool is_known(IdWindow& window, const Hash128& key, std::uint32_t period) {
  std::uint8_t known = 9;
  window.check_and_insert({&key, 1}, period, {&known, 1});
  EXPECT_LE(known, 1);
  return known == 1;
}

// Random operations on both. Keys come from a pool, so they meet again, also after expiry.
struct Mix {
  std::uint32_t window_periods;
  unsigned bucket_bits;
  std::uint64_t operations;
  std::uint64_t pool;
  std::uint64_t period_length;  // mean number of operations
  std::uint32_t jump_max;       // periods; log time may stand still for long
  unsigned skew_bits;           // top bits of hash.high that all keys share
};

class MixedRun {
 public:
  MixedRun(const Mix& mix, std::uint64_t seed)
      : mix_(mix),
        rng_(seed),
        window_(mix.window_periods, mix.bucket_bits),
        reference_(mix.window_periods) {}

  void run() {
    for (std::uint64_t done = 0; done < mix_.operations && !::testing::Test::HasFailure();) {
      if (rng_.below(mix_.period_length) < 8) now_ += step();
      const std::uint64_t draw = rng_.below(16);
      if (draw == 0) {
        restore();
      } else if (draw == 1) {
        erase();
      } else if (draw == 2) {
        look();
      } else {
        insert();
      }
      done += 8;
    }
  }

 private:
  std::uint32_t step() {
    if (rng_.below(8) != 0) return 1;
    return static_cast<std::uint32_t>(1 + rng_.below(mix_.jump_max));
  }
  Hash128 key() {
    Hash128 key = nth_key(rng_.below(mix_.pool));
    if (mix_.skew_bits > 0) key.high >>= mix_.skew_bits;
    return key;
  }
  void insert() {
    std::vector<Hash128> keys(1 + rng_.below(100));
    for (Hash128& k : keys) k = key();
    std::vector<std::uint8_t> known(keys.size(), 7);
    window_.check_and_insert(keys, now_, known);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      ASSERT_EQ(known[i], reference_.check_and_insert(keys[i], now_) ? 1 : 0) << "period " << now_;
    }
  }
  void look() {
    const Hash128 k = key();
    ASSERT_EQ(window_.contains(k, now_), reference_.contains(k, now_)) << "period " << now_;
  }
  void erase() {
    const std::array<Hash128, 3> keys{key(), key(), key()};
    window_.erase(keys);
    for (const Hash128& k : keys) reference_.erase(k);
  }
  void restore() {
    const Hash128 k = key();
    const auto age = static_cast<std::uint32_t>(rng_.below(2 * mix_.window_periods));
    const std::uint32_t seen = now_ - std::min(age, now_);
    window_.restore(k, seen, now_);
    reference_.restore(k, seen, now_);
    ASSERT_EQ(window_.contains(k, now_), reference_.contains(k, now_));
  }

  Mix mix_;
  Rng rng_;
  IdWindow window_;
  Reference reference_;
  std::uint32_t now_ = 490'000;
};

TEST(IdWindow, KnowsAKeyFromItsSecondTimeOn) {
  IdWindow window(96);
  const std::array<Hash128, 3> keys{nth_key(1), nth_key(2), nth_key(1)};
  std::array<std::uint8_t, 3> known{7, 7, 7};
  window.check_and_insert(keys, 10, known);
  EXPECT_EQ(known, (std::array<std::uint8_t, 3>{0, 0, 1}));
  EXPECT_EQ(window.size(), 2U);
  EXPECT_TRUE(window.contains(nth_key(2), 10));
  EXPECT_FALSE(window.contains(nth_key(3), 10));
}

TEST(IdWindow, KeepsAKeyExactlyAsManyPeriodsAsPromised) {
  for (const std::uint32_t window_periods : {1U, 91U, 96U, 250U}) {
    IdWindow window(window_periods);
    EXPECT_FALSE(is_known(window, nth_key(1), 1000));
    EXPECT_TRUE(window.contains(nth_key(1), 1000 + window_periods));
    EXPECT_FALSE(window.contains(nth_key(1), 1000 + window_periods + 1));
    EXPECT_TRUE(is_known(window, nth_key(1), 1000 + window_periods));  // does not refresh it
    EXPECT_FALSE(is_known(window, nth_key(1), 1000 + window_periods + 1));
    EXPECT_TRUE(window.contains(nth_key(1), 1000 + 2 * window_periods + 1));
  }
}

TEST(IdWindow, ForgetsAKeyAlsoWhenItsPeriodTagComesAroundAgain) {
  for (const std::uint32_t later : {255U, 256U, 257U, 512U, 65'536U, 1'000'000U}) {
    IdWindow window(250);
    EXPECT_FALSE(is_known(window, nth_key(1), 1000));
    EXPECT_FALSE(window.contains(nth_key(1), 1000 + later));
    EXPECT_FALSE(is_known(window, nth_key(2), 1000 + later));  // same segment, other key
    EXPECT_FALSE(window.contains(nth_key(1), 1000 + later));
    EXPECT_FALSE(is_known(window, nth_key(1), 1000 + later));
  }
}

TEST(IdWindow, TakesBackKeysOfAFailedGroup) {
  IdWindow window(96);
  std::vector<Hash128> keys;
  for (std::uint64_t n = 0; n < 1000; ++n) keys.push_back(nth_key(n));
  std::vector<std::uint8_t> known(keys.size());
  window.check_and_insert(keys, 5, known);
  window.erase(std::span(keys).first(500));
  EXPECT_EQ(window.size(), 500U);
  window.check_and_insert(keys, 5, known);
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(known[i], i < 500 ? 0 : 1);
}

TEST(IdWindow, RestoresOnlyKeysThatAreNotExpired) {
  IdWindow window(96);
  window.restore(nth_key(1), 3, 100);
  window.restore(nth_key(2), 4, 100);
  EXPECT_FALSE(window.contains(nth_key(1), 100));
  EXPECT_TRUE(window.contains(nth_key(2), 100));
  EXPECT_FALSE(is_known(window, nth_key(2), 101));
}

// Parts that fill up at the same time would all split at once, and memory would double then.
TEST(IdWindow, MemoryGrowsWithTheKeysAndNotInLeaps) {
  Rng rng(test_seed(17));
  IdWindow window(96, 6);
  std::vector<Hash128> keys(1'000);
  std::vector<std::uint8_t> known(keys.size());
  while (window.size() < 400'000) {
    for (Hash128& key : keys) key = {rng.next(), rng.next()};
    const std::size_t before = window.memory_bytes();
    window.check_and_insert(keys, 5, known);
    if (window.size() < 50'000) continue;
    const auto bytes = static_cast<double>(window.memory_bytes());
    EXPECT_LT(bytes / static_cast<double>(window.size()), 20.5) << window.size();
    EXPECT_LT(bytes / static_cast<double>(before), 1.08) << window.size();
  }
  IdWindow reserved(96, 6);
  reserved.reserve(400'000, 5);
  EXPECT_LT(static_cast<double>(reserved.memory_bytes()) / 400'000, 20.5);
}

TEST(IdSpread, IsTheLogarithmAndItsInverse) {
  Rng rng(test_seed(18));
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t high = rng.next();
    const double x = std::ldexp(static_cast<double>(high), -64);
    const double place = std::ldexp(static_cast<double>(id_spread(high)), -64);
    EXPECT_NEAR(place, std::log2(1 + x), 1e-3);
    EXPECT_NEAR(id_share_below(place), x, 1e-8);
    EXPECT_LE(id_spread(high - (high >> 20U)), id_spread(high));
  }
  EXPECT_EQ(id_spread(0), 0U);
  EXPECT_GT(id_spread(~std::uint64_t{0}), ~std::uint64_t{0} - (std::uint64_t{1} << 32U));
  EXPECT_EQ(id_share_below(1), 1.0);
}

TEST(IdWindow, ReservedRoomChangesNothingButWhenItIsTaken) {
  Rng rng(test_seed(15));
  for (const std::size_t expected : {std::size_t{0}, std::size_t{1'000}, std::size_t{400'000}}) {
    IdWindow reserved(3, 8);
    reserved.reserve(expected, 7);
    IdWindow plain(3, 8);
    const std::size_t memory = reserved.memory_bytes();
    std::vector<Hash128> keys;
    for (int i = 0; i < 20'000; ++i) keys.push_back({rng.next(), rng.next()});
    for (int i = 0; i < 5'000; ++i) keys.push_back(keys[rng.below(20'000)]);
    std::vector<std::uint8_t> known(keys.size());
    std::vector<std::uint8_t> plainly(keys.size());
    reserved.check_and_insert(keys, 7, known);
    plain.check_and_insert(keys, 7, plainly);
    EXPECT_EQ(known, plainly);
    EXPECT_EQ(reserved.size(), plain.size());
    if (expected >= keys.size()) {
      EXPECT_EQ(reserved.memory_bytes(), memory);
    }
  }
}

// Ids in the order of the log, each in the period in which it was seen; some come twice.
std::vector<std::pair<Hash128, std::uint32_t>> logged_ids(Rng& rng, std::size_t count,
                                                          std::uint32_t periods) {
  std::vector<std::pair<Hash128, std::uint32_t>> ids;
  for (std::size_t i = 0; i < count; ++i) {
    const auto period = static_cast<std::uint32_t>(1000 + i * periods / count);
    const bool again = i > 0 && rng.below(20) == 0;
    const Hash128 fresh{rng.next(), rng.next()};
    ids.emplace_back(again ? ids[rng.below(i)].first : fresh, period);
  }
  return ids;
}

TEST(IdWindow, PiledUpIdsComeBackAsThoughTheyCameOneByOne) {
  const std::uint64_t seed = test_seed(16);
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  // Without room, with too little, and with enough; on one thread and on several.
  for (const std::size_t room : {std::size_t{0}, std::size_t{20'000}, std::size_t{100'000}}) {
    for (const unsigned threads : {1U, 4U}) {
      IdWindow one_by_one(96, 6);
      IdWindow piled(96, 6);
      piled.reserve(room, 1200);
      const auto ids = logged_ids(rng, 50'000, 200);
      for (const auto& [key, period] : ids) one_by_one.restore(key, period, 1200);
      std::vector<IdPiles> stretches;
      while (stretches.size() < 5) stretches.emplace_back(piled.pile_bits());
      std::vector<const IdPiles*> in_order;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        stretches[i * stretches.size() / ids.size()].add({&ids[i].first, 1}, ids[i].second);
      }
      for (const IdPiles& stretch : stretches) in_order.push_back(&stretch);
      piled.restore(in_order, 1200, threads);
      EXPECT_EQ(piled.size(), one_by_one.size());
      for (const std::uint32_t later : {1200U, 1230U, 1260U, 1295U, 1296U}) {
        for (const auto& [key, period] : ids) {
          ASSERT_EQ(piled.contains(key, later), one_by_one.contains(key, later));
        }
      }
    }
  }
}

TEST(IdWindow, UsesTheMemoryOfExpiredKeysAgain) {
  IdWindow window(4, 8);  // segments of 1,344 keys
  std::vector<Hash128> keys(1000);
  std::vector<std::uint8_t> known(keys.size());
  std::size_t early_bytes = 0;
  for (std::uint32_t period = 1; period < 300; ++period) {
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = nth_key(period * 1000 + i);
    window.check_and_insert(keys, period, known);
    if (period == 20) early_bytes = window.memory_bytes();
  }
  // Parts differ by chance, so one or two more may have been split since.
  EXPECT_LE(window.memory_bytes(), early_bytes / 4 * 5);
  EXPECT_LT(window.size(), 12'000U);
}

TEST(IdWindow, StaysBelow27BytesAKey) {
  IdWindow window(96);
  std::vector<Hash128> keys(1000);
  std::vector<std::uint8_t> known(keys.size());
  for (std::uint64_t n = 0; n < 4'000'000; n += keys.size()) {
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = nth_key(n + i);
    window.check_and_insert(keys, 7, known);
    if (n > 1'000'000) {
      ASSERT_LT(window.memory_bytes(), 27 * window.size());
    }
  }
  EXPECT_EQ(window.size(), 4'000'000U);
}

TEST(IdWindow, AgreesWithTheReferenceOverAMillionOperations) {
  const std::uint64_t seed = test_seed(1);
  SCOPED_TRACE("seed " + std::to_string(seed));
  MixedRun({96, 15, 1'000'000, 400'000, 20'000, 40, 0}, seed).run();
}

TEST(IdWindow, AgreesWithTheReferenceThroughManySplits) {
  for (std::uint64_t round = 0; round < 8; ++round) {
    const std::uint64_t seed = test_seed(100 + round);
    SCOPED_TRACE("seed " + std::to_string(seed));
    MixedRun({96, kSmallBits, 100'000, 20'000, 4'000, 300, 0}, seed).run();
  }
}

TEST(IdWindow, AgreesWithTheReferenceWhenKeysShareTheirTopBits) {
  for (const unsigned skew_bits : {1U, 7U, 12U}) {
    const std::uint64_t seed = test_seed(200 + skew_bits);
    SCOPED_TRACE("seed " + std::to_string(seed));
    MixedRun({250, kSmallBits, 200'000, 10'000, 2'000, 20, skew_bits}, seed).run();
  }
}

TEST(IdWindow, AgreesWithTheReferenceInShortWindowsWithLongPauses) {
  for (const std::uint32_t window_periods : {1U, 2U, 250U}) {
    const std::uint64_t seed = test_seed(300 + window_periods);
    SCOPED_TRACE("seed " + std::to_string(seed));
    MixedRun({window_periods, 6, 200'000, 5'000, 1'000, 2'000, 0}, seed).run();
  }
}

}  // namespace
}  // namespace adbacus
