#include "store/embedded/store_inspection.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "store/embedded/embedded_store.hpp"
#include "store/testing/random_facts.hpp"
#include "store/testing/store_folder.hpp"

namespace adbacus {
namespace {

class StoreInspectionTest : public testing::Test {
 protected:
  EmbeddedStoreOptions options() const {
    EmbeddedStoreOptions options;
    options.path = folder_.store_path();
    options.log_uuid = "log";
    return options;
  }
  void fill(std::uint64_t seed) {
    auto store = open_embedded_store(options(), system_clock());
    ASSERT_TRUE(store) << store.error().message;
    RandomFacts facts(seed, {});
    Seq at = 0;
    for (int i = 0; i < 30; ++i) {
      FactBatch batch = facts.batch((*store)->series(), 0, at);
      at = batch.to;
      ASSERT_TRUE((*store)->write(std::move(batch)));
    }
    (*store)->close();
  }
  StoreInspection inspect() {
    auto found = inspect_embedded_store(real_file_system(), options().path);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : StoreInspection{};
  }
  std::string content() const { return *read_file(real_file_system(), folder_.store_path()); }
  void put(const std::string& bytes) {
    std::ofstream file(folder_.store_path(), std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  // Of what is there now; empty if it cannot be opened or read.
  std::string dump() {
    auto store = open_embedded_store(options(), system_clock());
    if (!store) return {};
    std::string all;
    const auto dumped = (*store)->dump("", [&](std::string_view line) {
      all += line;
      all += '\n';
    });
    return dumped ? all : std::string();
  }

  StoreFolder folder_;
};

TEST_F(StoreInspectionTest, FindsNothingWrongWithWhatWasWrittenAndChangesNothing) {
  EXPECT_TRUE(inspect().absent);
  fill(1);
  const std::string before = content();
  const StoreInspection found = inspect();
  EXPECT_FALSE(found.absent);
  EXPECT_TRUE(found.damage.empty());
  EXPECT_EQ(content(), before);
}

TEST_F(StoreInspectionTest, AFlippedBitIsNamedUnlessItIsInNoValue) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(seed);
  fill(seed);
  const std::string good = content();
  const std::string dumped = dump();
  ASSERT_FALSE(dumped.empty());
  Rng rng(seed);
  int named = 0;
  for (int round = 0; round < 25; ++round) {
    std::string bad = good;
    const std::size_t at = rng.below(bad.size());
    bad[at] = static_cast<char>(bad[at] ^ (1 << rng.below(8)));
    SCOPED_TRACE(testing::Message() << "byte " << at);
    put(bad);
    const StoreInspection found = inspect();
    EXPECT_EQ(content(), bad) << "looking changed something";
    if (!found.damage.empty()) {
      ++named;
      EXPECT_EQ(found.damage[0].kind, DamageKind::damaged);
      EXPECT_TRUE(found.damage[0].name.starts_with("store.duckdb")) << found.damage[0].name;
    } else {
      EXPECT_EQ(dump(), dumped) << "damage that nobody named";
    }
    std::filesystem::remove(folder_.store_path() + ".wal");
  }
  EXPECT_GT(named, 5);
}

TEST_F(StoreInspectionTest, NamesATruncatedFileAndOneThatIsGone) {
  fill(2);
  const std::string good = content();
  put(good.substr(0, good.size() / 2));
  ASSERT_EQ(inspect().damage.size(), 1U);
  std::filesystem::remove(folder_.store_path());
  std::ofstream(folder_.store_path() + ".wal") << "what is left";
  ASSERT_EQ(inspect().damage.size(), 1U);
  EXPECT_EQ(inspect().damage[0].kind, DamageKind::missing);
}

}  // namespace
}  // namespace adbacus
