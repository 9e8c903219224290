#include "catalog/snapshot.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <thread>

#include "base/rng.hpp"
#include "catalog/registry.hpp"
#include "catalog/snapshot_keeper.hpp"

namespace adbacus {
namespace {

// Passes on to a real store, or says that it is away.
class Interruptible final : public EntityStore {
 public:
  explicit Interruptible(EntityStore& store) : store_(store) {}
  Result<void> transact(const std::string& tenant_id, const Work& work) override {
    return store_.transact(tenant_id, work);
  }
  Result<std::optional<Entity>> find(const std::string& tenant_id, EntityKind kind,
                                     const std::string& id) override {
    return store_.find(tenant_id, kind, id);
  }
  Result<std::vector<Entity>> list(const EntityQuery& query) override { return store_.list(query); }
  Result<std::vector<Entity>> changes(std::int64_t after, std::size_t limit) override {
    if (is_away) return Error{ErrorCode::unavailable, "away"};
    return store_.changes(after, limit);
  }
  Result<std::int64_t> last_change() override { return store_.last_change(); }
  AuditLog& audit() override { return store_.audit(); }

  std::atomic<bool> is_away{false};

 private:
  EntityStore& store_;
};

class SnapshotTest : public ::testing::Test {
 protected:
  SnapshotTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "snapshot.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    CatalogOptions options;
    options.path = folder_ + "/catalog.sqlite";
    catalog_ = *open_catalog(options);
    EXPECT_TRUE(catalog_->put_tenant({.id = "1", .name = "one"}));
    EXPECT_TRUE(catalog_->put_tenant({.id = "2", .name = "two"}));
    store_ = std::make_unique<Interruptible>(catalog_->entities());
  }
  ~SnapshotTest() override {
    store_.reset();
    catalog_.reset();
    std::filesystem::remove_all(folder_);
  }
  SnapshotTest(const SnapshotTest&) = delete;
  SnapshotTest& operator=(const SnapshotTest&) = delete;

  void put(const std::string& tenant, const std::string& id, const std::string& name,
           TimeUs deleted_us = 0) {
    const auto done = store_->transact(tenant, [&](EntityTransaction& tx) -> Result<void> {
      auto found = tx.find(EntityKind::campaign, id);
      if (!found) return found.error();
      Entity entity =
          *found ? **found : Entity{.kind = EntityKind::campaign, .tenant_id = tenant, .id = id};
      ++entity.version;
      entity.deleted_us = deleted_us;
      entity.body = fmt::format(R"({{"name":"{}"}})", name);
      return tx.put(entity, {});
    });
    EXPECT_TRUE(done);
  }
  std::unique_ptr<SnapshotKeeper> keeper(const SnapshotKeeperOptions& options) {
    return *SnapshotKeeper::start(*store_, system_clock(), options);
  }

  std::string folder_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<Interruptible> store_;
};

constexpr SnapshotKeeperOptions kByHand{.interval_ms = 3'600'000, .batch_max = 3};

TEST_F(SnapshotTest, HoldsWhatTheCatalogHoldsByTenant) {
  const char* given = std::getenv("ADBACUS_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : secure_random_u64();
  SCOPED_TRACE(fmt::format("ADBACUS_SEED={}", seed));
  Rng rng(seed);
  const auto kept = keeper(kByHand);
  std::map<std::pair<std::string, std::string>, std::string> model;  // "" is deleted
  for (int round = 0; round < 150; ++round) {
    const std::string tenant = rng.below(2) == 0 ? "1" : "2";
    const std::string id = std::to_string(rng.below(8));
    const bool deletes = rng.below(4) == 0;
    put(tenant, id, fmt::format("n{}", round), deletes ? 1 : 0);
    model[{tenant, id}] = deletes ? "" : fmt::format("n{}", round);
    if (rng.below(4) != 0) continue;
    const auto old = kept->snapshot();
    ASSERT_TRUE(kept->refresh());
    const auto now = kept->snapshot();
    EXPECT_EQ(now->change(), *store_->last_change());
    EXPECT_LT(old->change(), now->change());
    std::size_t living = 0;
    for (const auto& [key, name] : model) {
      const TenantObjects* objects = now->tenant(key.first);
      ASSERT_NE(objects, nullptr);
      EXPECT_TRUE(objects->has_known(EntityKind::campaign, key.second));
      EXPECT_FALSE(objects->has_known(EntityKind::line_item, key.second));
      const auto* campaign = objects->find<Campaign>(key.second);
      ASSERT_EQ(campaign == nullptr, name.empty());
      if (campaign != nullptr) {
        EXPECT_EQ(campaign->name, name);
      }
      living += name.empty() ? 0 : 1;
    }
    std::size_t counted = 0;
    for (const char* of : {"1", "2"}) {
      now->tenant(of)->for_each<Campaign>([&](const std::string&, const Campaign&) { ++counted; });
    }
    EXPECT_EQ(counted, living);
  }
  EXPECT_EQ(kept->snapshot()->tenant("3"), nullptr);
}

TEST_F(SnapshotTest, FindsAPlacementByTheKeyItHasNow) {
  std::shared_ptr<const CatalogSnapshot> now = std::make_shared<const CatalogSnapshot>();
  std::int64_t change = 0;
  const auto entity = [&](const char* id, const char* key) {
    Entity made{.kind = EntityKind::placement, .tenant_id = "1", .id = id};
    made.change = ++change;
    made.deleted_us = key == nullptr ? 1 : 0;
    made.body = fmt::format(R"({{"key":"{}"}})", key == nullptr ? "" : key);
    return made;
  };
  const auto id_of = [&](const char* key) {
    const std::string* id = now->tenant("1")->placement_of(key);
    return id == nullptr ? "" : *id;
  };
  now = *now->with({entity("a", "top"), entity("b", "side")});
  EXPECT_EQ(id_of("top"), "a");
  EXPECT_EQ(id_of("side"), "b");
  // a gave its key to b, and changed once more since.
  now = *now->with({entity("b", "top"), entity("a", "other")});
  EXPECT_EQ(id_of("top"), "b");
  EXPECT_EQ(id_of("other"), "a");
  EXPECT_EQ(id_of("side"), "");
  now = *now->with({entity("b", nullptr)});
  EXPECT_EQ(id_of("top"), "");
}

TEST_F(SnapshotTest, GoesOnWhileTheCatalogIsAway) {
  const auto kept = keeper(kByHand);
  put("1", "a", "first");
  ASSERT_TRUE(kept->refresh());
  store_->is_away = true;
  put("1", "a", "second");
  EXPECT_FALSE(kept->refresh());
  EXPECT_EQ(kept->snapshot()->tenant("1")->find<Campaign>("a")->name, "first");
  const TimeUs age_us = kept->age_us();
  EXPECT_GE(kept->age_us(), age_us) << "it grows until the catalog is back";
  store_->is_away = false;
  ASSERT_TRUE(kept->refresh());
  EXPECT_EQ(kept->snapshot()->tenant("1")->find<Campaign>("a")->name, "second");
}

TEST_F(SnapshotTest, SeesAChangeOfAnotherWithinASecondByItself) {
  const auto kept = keeper({});
  put("1", "a", "x");
  const TimeUs begin_us = system_clock().mono_us();
  while (kept->snapshot()->tenant("1")->find<Campaign>("a") == nullptr) {
    ASSERT_LT(system_clock().mono_us() - begin_us, 20 * kSecondUs);
    std::this_thread::yield();
  }
}

TEST_F(SnapshotTest, ReadersKeepWhatTheyHoldWhileOthersAreMade) {
  const auto kept = keeper({.interval_ms = 1, .batch_max = 2});
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int n = 0; n < 60; ++n) put("1", std::to_string(n % 5), fmt::format("n{}", n));
    done = true;
  });
  std::int64_t seen = 0;
  while (!done) {
    const auto held = kept->snapshot();
    EXPECT_GE(held->change(), seen);
    seen = held->change();
    if (const TenantObjects* objects = held->tenant("1")) {
      objects->for_each<Campaign>([](const std::string&, const Campaign& campaign) {
        EXPECT_FALSE(campaign.name.empty());
      });
    }
  }
  writer.join();
}

}  // namespace
}  // namespace adbacus
