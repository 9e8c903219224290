#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "app/backup/backup_run.hpp"
#include "app/backup/restore_run.hpp"
#include "app/data_folder.hpp"
#include "eventlog/registry.hpp"
#include "eventlog/testing/test_events.hpp"

namespace adbacus {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kSegmentBytes = 1U << 20U;

class BackupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "backup_test.XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    options_.data = root_ + "/data";
    options_.to = root_ + "/backup";
    std::filesystem::create_directories(options_.data);
    CatalogOptions catalog;
    catalog.path = DataPaths(options_.data).catalog;
    catalog_ = *open_catalog(catalog);
    EXPECT_TRUE(create_first_key(fs_, *catalog_, system_clock(), DataPaths(options_.data)));
    log_ = open_log(options_.data);
  }
  void TearDown() override {
    if (log_) log_->close();
    log_.reset();
    catalog_.reset();
    std::filesystem::remove_all(root_);
  }

  Result<std::unique_ptr<EventLog>> try_log(const std::string& data) {
    EventLogConfig config;
    config.embedded.folder = DataPaths(data).log;
    config.embedded.segment_bytes = kSegmentBytes;
    config.embedded.free_bytes_min = 0;
    config.embedded.verify_sealed = true;
    return open_event_log(fs_, system_clock(), config);
  }
  std::unique_ptr<EventLog> open_log(const std::string& data) {
    auto log = try_log(data);
    EXPECT_TRUE(log) << log.error().message;
    return log ? *std::move(log) : nullptr;
  }
  // Events of about `bytes` each, with ids that go on counting.
  void append(int events, std::size_t bytes = 100) {
    for (int i = 0; i < events; ++i) {
      const TestEvent event{.id = "e" + std::to_string(next_id_++), .url = std::string(bytes, 'u')};
      const auto ack = append_and_wait(*log_, event);
      ASSERT_TRUE(ack) << ack.error().message;
      acked_ = ack->last_seq;
    }
  }
  BackupReport backup() {
    auto done = run_backup(fs_, system_clock(), options_, {});
    EXPECT_TRUE(done) << done.error().message;
    return done ? *done : BackupReport{};
  }
  Result<RestoreReport> restore(const std::string& name = "restored") {
    return run_restore(fs_, {.from = options_.to, .data = root_ + "/" + name}, {});
  }
  static std::vector<std::string> ids_of(EventLog& log) {
    std::vector<std::string> ids;
    const auto reader = log.reader();
    const auto events = read_all(*reader, log.status().first_seq, 1U << 20U);
    EXPECT_TRUE(events) << events.error().message;
    if (events) {
      for (const ReadEvent& event : *events) ids.push_back(event.id);
    }
    return ids;
  }
  std::vector<std::string> expected_ids() const {
    std::vector<std::string> ids;
    for (Seq i = 0; i < acked_; ++i) ids.push_back("e" + std::to_string(i));
    return ids;
  }
  const BackupFile& file_of(const BackupManifest& manifest, const std::string& path) {
    for (const BackupFile& file : manifest.files) {
      if (file.path == path) return file;
    }
    ADD_FAILURE() << path;
    return manifest.files.front();
  }
  static void flip(const std::string& path, std::int64_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    const char byte = static_cast<char>(file.get() ^ 4);
    file.seekp(offset);
    file.put(byte);
  }

  std::string root_;
  FileSystem& fs_ = real_file_system();
  BackupOptions options_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<EventLog> log_;
  int next_id_ = 0;
  Seq acked_ = 0;
};

TEST_F(BackupTest, HoldsWhatWasAcknowledgedLastWhileTheLogIsOpen) {
  append(5);
  const BackupReport report = backup();
  EXPECT_EQ(report.manifest.first_seq, 1U);
  EXPECT_EQ(report.manifest.last_seq, acked_);
  append(3);  // not in it
  ASSERT_TRUE(restore());
  auto restored = open_log(root_ + "/restored");
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->identity().uuid, log_->identity().uuid);
  EXPECT_EQ(restored->status().synced_seq, report.manifest.last_seq);
  acked_ = report.manifest.last_seq;
  EXPECT_EQ(ids_of(*restored), expected_ids());
  // Ids are remembered and the order goes on.
  const auto again = append_and_wait(*restored, {{.id = "e2"}, {.id = "new"}});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->duplicates, 1U);
  EXPECT_EQ(again->last_seq, acked_ + 2);
  restored->close();
}

TEST_F(BackupTest, ALaterRunCopiesOnlyWhatIsNew) {
  append(30, 100'000);  // three segments
  const BackupReport first = backup();
  const BackupReport idle = backup();
  append(15, 100'000);
  const BackupReport second = backup();
  EXPECT_EQ(second.manifest.run, 3U);
  EXPECT_GT(first.copied_bytes, 2 * kSegmentBytes);
  EXPECT_FALSE(first.nothing_new);
  EXPECT_TRUE(idle.nothing_new);
  EXPECT_EQ(idle.copied_files, 0U);
  EXPECT_EQ(idle.manifest.last_seq, first.manifest.last_seq);
  EXPECT_FALSE(std::filesystem::exists(options_.to + "/run-000002"));
  EXPECT_FALSE(second.nothing_new);
  EXPECT_LT(second.copied_bytes, first.copied_bytes);
  EXPECT_GT(second.bytes, first.bytes);
  const std::string path = "log/00000000000000000001.seg";
  EXPECT_EQ(file_of(second.manifest, path).stored, file_of(first.manifest, path).stored);
  for (const BackupFile& file : second.manifest.files) {
    EXPECT_EQ(std::filesystem::file_size(options_.to + "/" + file.stored), file.bytes);
  }
  ASSERT_TRUE(restore());
  auto restored = open_log(root_ + "/restored");
  ASSERT_TRUE(restored);
  EXPECT_EQ(ids_of(*restored), expected_ids());
  restored->close();
}

TEST_F(BackupTest, ARunAfterAnyChangeIsWholeAgain) {
  append(3);
  backup();
  append(1);  // in the same segment
  const BackupReport events = backup();
  EXPECT_FALSE(events.nothing_new);
  EXPECT_LT(events.copied_files, events.manifest.files.size());
  ASSERT_TRUE(catalog_->put_tenant({.id = "2", .name = "two"}));
  const BackupReport tenant = backup();
  EXPECT_FALSE(tenant.nothing_new);
  EXPECT_EQ(tenant.copied_files, 1U);
  EXPECT_EQ(file_of(tenant.manifest, "log/00000000000000000001.seg").stored,
            file_of(events.manifest, "log/00000000000000000001.seg").stored);
  std::filesystem::remove(options_.to + "/" +
                          file_of(tenant.manifest, "log/00000000000000000001.seg").stored);
  EXPECT_EQ(backup().copied_files, 1U) << "a copy that is gone is made again";
  ASSERT_TRUE(restore());
  auto restored = open_log(root_ + "/restored");
  ASSERT_TRUE(restored);
  EXPECT_EQ(ids_of(*restored), expected_ids());
  restored->close();
}

TEST_F(BackupTest, KeepsWhatRetentionDropsMeanwhile) {
  append(40, 100'000);
  backup();
  const auto first = log_->drop_before(acked_ - 5, INT64_MAX);
  ASSERT_TRUE(first);
  ASSERT_GT(*first, 1U);
  append(15, 100'000);
  const BackupReport second = backup();
  EXPECT_EQ(second.manifest.first_seq, 1U);
  ASSERT_TRUE(restore());
  auto restored = open_log(root_ + "/restored");
  ASSERT_TRUE(restored);
  EXPECT_EQ(ids_of(*restored), expected_ids());
  restored->close();
  // A new folder would lack the beginning.
  options_.to = root_ + "/other";
  const auto late = run_backup(fs_, system_clock(), options_, {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::conflict);
  EXPECT_THAT(late.error().message, HasSubstr("--with-store"));
}

TEST_F(BackupTest, DamageToAnyFileIsNamedAndNothingIsRestored) {
  append(20, 100'000);
  const BackupReport report = backup();
  for (const BackupFile& file : report.manifest.files) {
    const std::string path = options_.to + "/" + file.stored;
    const auto middle = static_cast<std::int64_t>(file.bytes / 2);
    flip(path, middle);
    auto restored = restore();
    ASSERT_FALSE(restored) << file.path;
    EXPECT_EQ(restored.error().code, ErrorCode::corrupt);
    EXPECT_THAT(restored.error().message, HasSubstr(file.stored));
    flip(path, middle);
    ASSERT_TRUE(fs_.rename(path, path + ".away"));
    restored = restore();
    ASSERT_FALSE(restored) << file.path;
    EXPECT_THAT(restored.error().message, HasSubstr(file.stored + " is missing"));
    ASSERT_TRUE(fs_.rename(path + ".away", path));
    std::filesystem::resize_file(path, file.bytes - 1);
    EXPECT_FALSE(restore()) << file.path;
    std::filesystem::resize_file(path, file.bytes);
    flip(path, static_cast<std::int64_t>(file.bytes) - 1);
    EXPECT_FALSE(std::filesystem::exists(root_ + "/restored"));
    EXPECT_FALSE(std::filesystem::exists(root_ + "/restored.restoring"));
    std::filesystem::remove(path);
  }
  auto none = restore();
  ASSERT_FALSE(none);
  for (const BackupFile& file : report.manifest.files) {
    EXPECT_THAT(none.error().message, HasSubstr(file.stored));
  }
}

TEST_F(BackupTest, DamageToItsListIsFound) {
  append(2);
  backup();
  const std::string path = options_.to + "/backup.json";
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path));
  for (std::int64_t at = 0; at < size; at += 7) {
    flip(path, at);
    EXPECT_FALSE(restore()) << at;
    EXPECT_FALSE(run_backup(fs_, system_clock(), options_, {})) << at;
    flip(path, at);
  }
  EXPECT_TRUE(restore());
}

TEST_F(BackupTest, OverwritesNothing) {
  append(1);
  std::filesystem::create_directories(options_.to + "/photos");
  const auto foreign = run_backup(fs_, system_clock(), options_, {});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, ErrorCode::invalid_argument);
  options_.to = root_ + "/empty";
  backup();
  std::filesystem::create_directories(root_ + "/restored");
  EXPECT_TRUE(restore());  // an empty folder is as good as none
  const auto again = restore();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
}

TEST_F(BackupTest, RefusesTheBackupOfAnotherLogAndAnEarlierState) {
  append(3);
  backup();
  ASSERT_TRUE(restore("earlier"));
  append(3);
  backup();
  BackupOptions earlier = options_;
  earlier.data = root_ + "/earlier";
  auto refused = run_backup(fs_, system_clock(), earlier, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("no later state"));
  std::filesystem::create_directories(root_ + "/foreign");
  const auto other = open_log(root_ + "/foreign");
  ASSERT_TRUE(append_and_wait(*other, {.id = "x"}));
  earlier.data = root_ + "/foreign";
  refused = run_backup(fs_, system_clock(), earlier, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("another log"));
  other->close();
}

TEST_F(BackupTest, DamageInTheLogIsFoundAndTheBackupBeforeStays) {
  append(30, 100'000);
  backup();
  append(20, 100'000);
  const Seq kept = acked_ - 20;
  log_->close();
  log_.reset();
  // Inside the second to last segment, which has been filled since.
  std::vector<std::string> segments;
  for (const auto& entry : std::filesystem::directory_iterator(options_.data + "/log")) {
    if (entry.path().extension() == ".seg") segments.push_back(entry.path());
  }
  std::sort(segments.begin(), segments.end());
  flip(segments[segments.size() - 2], 300'000);
  const auto refused = run_backup(fs_, system_clock(), options_, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_THAT(refused.error().message, HasSubstr("acknowledged events"));
  const auto restored = restore();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->manifest.last_seq, kept);
}

TEST_F(BackupTest, ARestoredLogVouchesForItsLastEvent) {
  append(4);
  backup();
  ASSERT_TRUE(restore());
  const std::string segment = root_ + "/restored/log/00000000000000000001.seg";
  const BackupFile last = (*read_backup_manifest(fs_, options_.to))->files.front();
  flip(segment, static_cast<std::int64_t>(last.bytes) - 10);
  const auto damaged = try_log(root_ + "/restored");
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::corrupt);
}

TEST_F(BackupTest, TheStoreIsCopiedOnlyFromAStoppedServer) {
  append(1);
  options_.with_store = true;
  {
    auto owner = DataFolder::open(fs_, options_.data);
    ASSERT_TRUE(owner);
    const auto refused = run_backup(fs_, system_clock(), options_, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  }
  std::ofstream(options_.data + "/store.duckdb") << "rollups";
  const BackupReport report = backup();
  EXPECT_EQ(file_of(report.manifest, "store.duckdb").bytes, 7U);
}

}  // namespace
}  // namespace adbacus
