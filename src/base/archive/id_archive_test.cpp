#include "base/archive/id_archive.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

#include "base/archive/id_generation_writer.hpp"
#include "base/archive/id_merge.hpp"
#include "base/id_window.hpp"
#include "base/rng.hpp"
#include "base/testing/sim_file_system.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

Hash128 key_of(std::uint64_t n) {
  Rng rng(n * 2 + 1);
  const std::uint64_t low = rng.next();
  return {low, rng.next()};
}

using Seen = std::map<std::uint64_t, std::uint32_t>;  // period by number of the key

std::vector<ArchivedId> sorted_ids(const Seen& seen) {
  std::vector<ArchivedId> ids;
  for (const auto& [n, period] : seen) ids.push_back(ArchivedId::of(key_of(n), period));
  std::sort(ids.begin(), ids.end());
  return ids;
}

IdGenerationPtr write_generation(FileSystem& fs, const std::string& path, const Seen& seen,
                                 std::uint32_t first_period, std::uint32_t last_period,
                                 std::uint64_t ids_max) {
  IdGenerationInfo info{.first_period = first_period, .last_period = last_period, .label = path};
  auto writer = IdGenerationWriter::create(fs, path, info, ids_max);
  EXPECT_TRUE(writer);
  const auto ids = sorted_ids(seen);
  EXPECT_TRUE(writer->add(ids));
  auto done = writer->finish();
  EXPECT_TRUE(done);
  EXPECT_EQ(done->ids, seen.size());
  auto opened = IdGeneration::open(fs, path, 2);
  EXPECT_TRUE(opened) << opened.error().message;
  return *opened;
}

TEST(IdGeneration, FindsExactlyWhatWasWritten) {
  Rng rng(test_seed());
  SimFileSystem fs;
  for (const std::size_t count : {0U, 1U, 5U, 300U, 5'000U, 60'000U}) {
    Seen seen;
    while (seen.size() < count) {
      seen[rng.below(count * 3)] = static_cast<std::uint32_t>(1000 + rng.below(251));
    }
    // More room announced means more and smaller shards.
    for (const std::uint64_t ids_max : {std::uint64_t{count}, std::uint64_t{20'000'000}}) {
      const auto generation = write_generation(fs, "/g", seen, 1000, 1250, ids_max);
      EXPECT_EQ(generation->info().label, "/g");
      std::uint64_t pages = 0;
      for (std::uint64_t n = 0; n < count * 3; ++n) {
        const auto found = generation->find(key_of(n), pages);
        ASSERT_TRUE(found);
        ASSERT_EQ(found->has_value(), seen.contains(n));
        if (!seen.contains(n)) continue;
        ASSERT_TRUE(generation->may_hold(key_of(n)));
        ASSERT_EQ(**found, seen[n]);
      }
      EXPECT_LE(pages, count * 3 + 3) << "one page a look";
      IdGeneration::Cursor cursor(generation);
      std::vector<ArchivedId> all;
      std::vector<ArchivedId> some;
      do {
        ASSERT_TRUE(cursor.next(some));
        all.insert(all.end(), some.begin(), some.end());
      } while (!some.empty());
      const auto expected = sorted_ids(seen);
      ASSERT_TRUE(std::equal(all.begin(), all.end(), expected.begin(), expected.end(),
                             [](const ArchivedId& a, const ArchivedId& b) {
                               return a.same_key(b) && a.period == b.period;
                             }));
    }
  }
}

// Keys that only their last bits tell apart, over the edge of a page.
TEST(IdGeneration, TellsKeysOfTheSameFirst64BitsApart) {
  SimFileSystem fs;
  std::vector<ArchivedId> ids;
  for (std::uint32_t tail = 0; tail < 3000; ++tail) ids.push_back({77, tail * 2, 5});
  IdGenerationInfo info{.first_period = 5, .last_period = 5};
  auto writer = IdGenerationWriter::create(fs, "/g", info, ids.size());
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add(ids));
  ASSERT_TRUE(writer->finish());
  const auto generation = IdGeneration::open(fs, "/g", 1);
  ASSERT_TRUE(generation);
  std::uint64_t pages = 0;
  for (std::uint32_t tail = 0; tail < 6000; ++tail) {
    const auto found = (*generation)->find({.low = tail, .high = 77}, pages);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->has_value(), tail % 2 == 0) << tail;
  }
}

// A byte changes anywhere: the generation does not open, or whoever meets the byte is told.
TEST(IdGeneration, NoticesDamageOfAnyByte) {
  const std::uint64_t seed = test_seed();
  Rng rng(seed);
  SimFileSystem fs;
  Seen seen;
  for (std::uint64_t n = 0; n < 2000; ++n) seen[n] = static_cast<std::uint32_t>(7 + rng.below(9));
  write_generation(fs, "/g", seen, 7, 15, 3'000'000);
  const std::string good = fs.content("/g");
  for (std::size_t round = 0; round < 3000; ++round) {
    const std::size_t at = round < 64 ? good.size() - 1 - round : rng.below(good.size());
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << rng.below(8)));
    if (rng.below(20) == 0) bad.resize(at);
    fs.set_content("/g", bad);
    const auto generation = IdGeneration::open(fs, "/g", 1);
    if (!generation) continue;
    IdGeneration::Cursor cursor(*generation);
    std::vector<ArchivedId> ids;
    Result<void> read;
    do {
      read = cursor.next(ids);
    } while (read && !ids.empty());
    ASSERT_FALSE(read) << "byte " << at << " seed " << seed;
    ASSERT_EQ(read.error().code, ErrorCode::corrupt);
    std::uint64_t pages = 0;
    int refused = 0;
    for (std::uint64_t n = 0; n < 2500; ++n) {
      const auto found = (*generation)->find(key_of(n), pages);
      if (!found) {
        ++refused;
      } else {
        ASSERT_EQ(found->has_value(), seen.contains(n)) << n;
      }
    }
    ASSERT_GT(refused, 0);
  }
}

TEST(IdWindow, GivesItsIdsInOrder) {
  Rng rng(test_seed());
  IdWindow window(96);
  Seen seen;
  for (std::uint32_t period = 500; period < 700; ++period) {
    for (int i = 0; i < 2500; ++i) {
      const std::uint64_t n = rng.below(2'000'000);
      const Hash128 key = key_of(n);
      std::uint8_t known = 0;
      window.check_and_insert({&key, 1}, period, {&known, 1});
      if (known == 0) seen[n] = period;
    }
  }
  std::erase_if(seen, [](const auto& id) { return id.second + 96 < 701; });
  std::vector<ArchivedId> all;
  ASSERT_TRUE(window.visit_sorted(701, [&](std::span<const ArchivedId> ids) {
    all.insert(all.end(), ids.begin(), ids.end());
    return Result<void>();
  }));
  const auto expected = sorted_ids(seen);
  ASSERT_TRUE(std::equal(all.begin(), all.end(), expected.begin(), expected.end(),
                         [](const ArchivedId& a, const ArchivedId& b) {
                           return a.same_key(b) && a.period == b.period;
                         }));
}

// Generations come, are merged and expire at random; a map says what must be known.
TEST(IdArchive, KnowsWhatTheNaiveSetKnows) {
  const std::uint64_t seed = test_seed();
  Rng rng(seed);
  SimFileSystem fs;
  constexpr std::uint32_t kWindow = 20;
  IdArchive archive;
  IdArchiveLookup lookup(kWindow);
  Seen naive;
  std::uint32_t now = 5000;
  int files = 0;
  std::size_t merges = 0;
  for (int round = 0; round < 150; ++round) {
    const std::uint32_t first = now;
    Seen fresh;
    for (int step = 0; step < 3; ++step) {
      now += static_cast<std::uint32_t>(rng.below(2));
      for (std::uint64_t i = rng.below(400); i > 0; --i) {
        const std::uint64_t n = rng.below(8'000);
        const auto at = naive.find(n);
        if (at != naive.end() && at->second + kWindow >= now) continue;
        naive[n] = now;
        fresh[n] = now;
      }
    }
    IdGenerations list = *archive.generations();
    list.push_back(
        write_generation(fs, "/g" + std::to_string(++files), fresh, first, now, fresh.size()));
    for (;;) {
      std::erase_if(list, [&](const auto& g) { return g->info().is_expired(now, kWindow); });
      std::vector<IdGenerationSize> sizes;
      for (const auto& g : list) {
        sizes.push_back({g->info().last_period, g->info().ids, g->info().alive(now, kWindow)});
      }
      const auto plan = plan_id_merge(sizes, now, kWindow, 3);
      if (!plan) break;
      ++merges;
      const std::string path = "/g" + std::to_string(++files);
      const auto from = std::span(list).subspan(plan->begin, plan->end - plan->begin);
      const auto merged =
          merge_id_generations(fs, path, from, "m", now, kWindow, [] { return true; });
      ASSERT_TRUE(merged) << merged.error().message;
      auto opened = IdGeneration::open(fs, path, 1);
      ASSERT_TRUE(opened) << opened.error().message;
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(plan->begin),
                 list.begin() + static_cast<std::ptrdiff_t>(plan->end));
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(plan->begin), *opened);
    }
    ASSERT_LE(list.size(), 9U);
    archive.replace(std::move(list));

    std::vector<Hash128> keys;
    for (std::uint64_t n = 0; n < 8'000; ++n) keys.push_back(key_of(n));
    std::vector<std::uint8_t> known(keys.size());
    ASSERT_TRUE(lookup.find(*archive.generations(), keys, now, known));
    for (std::uint64_t n = 0; n < keys.size(); ++n) {
      const auto at = naive.find(n);
      const bool expected = at != naive.end() && at->second + kWindow >= now;
      ASSERT_EQ(known[n] != 0, expected) << "seed " << seed << " round " << round << " id " << n;
    }
  }
  EXPECT_GT(merges, 20U);
}

TEST(IdMerge, IsGivenUpWhenAsked) {
  SimFileSystem fs;
  const auto generation = write_generation(fs, "/a", {{1, 5}, {2, 5}}, 5, 5, 2);
  const IdGenerations from{generation, generation};
  const auto merged = merge_id_generations(fs, "/b", from, "", 5, 20, [] { return false; });
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code, ErrorCode::unavailable);
}

TEST(IdMerge, KeepsTheEarliestPeriodOfAKey) {
  SimFileSystem fs;
  const IdGenerations from{write_generation(fs, "/a", {{1, 5}, {2, 6}}, 5, 6, 2),
                           write_generation(fs, "/b", {{1, 7}, {3, 7}}, 7, 7, 2)};
  ASSERT_TRUE(merge_id_generations(fs, "/c", from, "", 8, 20, [] { return true; }));
  const auto merged = IdGeneration::open(fs, "/c", 1);
  ASSERT_TRUE(merged);
  EXPECT_EQ((*merged)->info().ids, 3U);
  std::uint64_t pages = 0;
  EXPECT_EQ(**(*merged)->find(key_of(1), pages), 5U);
}

}  // namespace
}  // namespace adbacus
