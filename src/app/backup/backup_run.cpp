#include "app/backup/backup_run.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <set>

#include "app/backup/backup_sweep.hpp"
#include "app/backup/file_copy.hpp"
#include "app/data_folder.hpp"
#include "app/version.hpp"
#include "eventlog/registry.hpp"
#include "store/lake/manifest.hpp"

namespace adbacus {
namespace {

constexpr const char* kRunPrefix = "run-";
constexpr const char* kLock = "lock";
constexpr int kLakeTries = 5;  // merges may replace files between manifest and copy

class BackupRun {
 public:
  BackupRun(FileSystem& fs, Clock& clock, const BackupOptions& options,
            const CopyProgress& progress)
      : fs_(fs), clock_(clock), options_(options), paths_(options.data), progress_(progress) {
    log_config_.embedded.folder = paths_.log;
  }

  Result<BackupReport> run() {
    auto there = fs_.exists(paths_.log);
    if (!there) return there.error();
    if (!*there) return Error{ErrorCode::not_found, "there is no data folder at " + options_.data};
    if (auto opened = open_folder(); !opened) return opened.error();
    if (auto locked = lock_data(); !locked) return locked.error();
    // Lake and store before the log: what they know must not lie behind the log's end.
    if (auto copied = copy_store(); !copied) return copied.error();
    if (auto copied = copy_lake(); !copied) return copied.error();
    if (auto copied = copy_log(); !copied) return copied.error();
    // The catalog behind it: tenants of these events are in there.
    if (auto copied = copy_catalog_file(); !copied) return copied.error();
    for (const char* name : {"signing.keys", "admin.key", "demo.key"}) {
      if (auto copied = copy_if_there(name); !copied) return copied.error();
    }
    return finish();
  }

 private:
  Result<void> open_folder() {
    if (auto made = fs_.make_folders(options_.to); !made) return made;
    auto previous = read_backup_manifest(fs_, options_.to);
    if (!previous) return previous.error();
    auto names = fs_.list(options_.to);
    if (!names) return names.error();
    for (const std::string& name : *names) {
      if (*previous || name == kLock || name.starts_with(kRunPrefix)) continue;
      return Error{ErrorCode::invalid_argument,
                   fmt::format("{} holds something else ({}): a backup needs a folder of its own",
                               options_.to, name)};
    }
    auto lock = fs_.lock(options_.to + "/" + kLock);
    if (!lock) return lock.error();
    lock_ = std::move(*lock);
    if (*previous) previous_ = **previous;
    for (const BackupFile& file : previous_.files) known_[file.path] = file;
    report_.manifest.run = previous_.run + 1;
    run_folder_ = fmt::format("{}{:06}", kRunPrefix, report_.manifest.run);
    // Left behind by a run that did not end.
    std::error_code error;
    std::filesystem::remove_all(options_.to + "/" + run_folder_, error);
    if (error) return Error{ErrorCode::io, fmt::format("{}: {}", options_.to, error.message())};
    return {};
  }

  Result<void> lock_data() {
    if (!options_.with_store) return {};
    auto lock = fs_.lock(paths_.lock);
    if (!lock && lock.error().code == ErrorCode::conflict) {
      return Error{ErrorCode::conflict,
                   "--with-store needs a stopped server: the store's file "
                   "cannot be copied while it is written"};
    }
    if (!lock) return lock.error();
    data_lock_ = std::move(*lock);
    return {};
  }

  std::string stored_path(const std::string& path) const { return run_folder_ + "/" + path; }

  void keep(BackupFile file) { report_.manifest.files.push_back(std::move(file)); }

  // Takes over the copy that an earlier run made, if it is still there.
  Result<bool> keep_known(const std::string& path,
                          const std::function<bool(const BackupFile&)>& same) {
    const auto found = known_.find(path);
    if (found == known_.end() || !same(found->second)) return false;
    auto file = fs_.open(options_.to + "/" + found->second.stored, OpenMode::read);
    if (!file) {
      if (file.error().code == ErrorCode::not_found) return false;
      return file.error();
    }
    auto size = (*file)->size();
    if (!size) return size.error();
    if (*size != found->second.bytes) return false;
    keep(found->second);
    return true;
  }

  // Takes over the earlier copy if the first `bytes` of the data folder's file are the same ones.
  Result<bool> keep_unchanged(const std::string& path, std::optional<std::uint64_t> bytes) {
    const auto found = known_.find(path);
    if (found == known_.end() || (bytes && *bytes != found->second.bytes)) return false;
    auto now = hash_front(fs_, options_.data + "/" + path, found->second.bytes, !bytes);
    if (!now) return now.error();
    return keep_known(path, [&](const BackupFile& old) { return old.sha256 == *now; });
  }

  Result<BackupFile> copy(const std::string& path, std::optional<std::uint64_t> bytes) {
    BackupFile file{.path = path,
                    .stored = stored_path(path),
                    .bytes = 0,
                    .restored_bytes = 0,
                    .sha256 = {},
                    .log = {}};
    auto copied = copy_file(fs_,
                            {.from = options_.data + "/" + path,
                             .to = options_.to + "/" + file.stored,
                             .bytes = bytes,
                             .to_bytes = {}},
                            [this](std::uint64_t step) { advance(step); });
    if (!copied) return copied.error();
    file.bytes = file.restored_bytes = copied->bytes;
    file.sha256 = copied->sha256;
    note_copied(file);
    return file;
  }

  void advance(std::uint64_t step) {
    passed_bytes_ += step;
    if (progress_) progress_(passed_bytes_, std::max(passed_bytes_, planned_bytes_));
  }

  void note_copied(const BackupFile& file) {
    ++report_.copied_files;
    report_.copied_bytes += file.bytes;
    folders_.insert(folder_of(file.stored));
  }

  Result<void> copy_if_there(const std::string& path) {
    auto there = fs_.exists(options_.data + "/" + path);
    if (!there) return there.error();
    if (!*there) return {};
    auto same = keep_unchanged(path, {});
    if (!same) return same.error();
    if (*same) return {};
    auto copied = copy(path, {});
    if (!copied) return copied.error();
    keep(*std::move(copied));
    return {};
  }

  Result<void> copy_store() {
    if (!options_.with_store) return {};
    for (const char* name : {"store.duckdb", "store.duckdb.wal"}) {
      if (auto copied = copy_if_there(name); !copied) return copied;
    }
    return {};
  }

  Result<void> copy_lake() {
    if (!options_.with_lake) return {};
    const std::string manifest = "lake/manifest";
    auto there = fs_.exists(options_.data + "/" + manifest);
    if (!there) return there.error();
    if (!*there) return {};
    const std::size_t kept = report_.manifest.files.size();
    for (int attempt = 1;; ++attempt) {
      report_.manifest.files.resize(kept);
      auto copied = copy_lake_files(manifest);
      if (copied) return {};
      const bool merged = copied.error().code == ErrorCode::not_found && attempt < kLakeTries;
      if (!merged) return copied;
    }
  }

  Result<void> copy_lake_files(const std::string& manifest) {
    const std::string stored = options_.to + "/" + stored_path(manifest);
    auto copied = copy_file(
        fs_, {.from = options_.data + "/" + manifest, .to = stored, .bytes = {}, .to_bytes = {}},
        {});
    if (!copied) return copied.error();
    // Cuts a line off that was being written.
    auto lake = LakeManifest::open(fs_, stored);
    if (!lake) return lake.error();
    const auto files = (*lake)->files();
    lake->reset();
    if (auto kept = keep_hashed(manifest); !kept) return kept;
    for (const auto& [name, file] : files) {
      const std::uint64_t bytes = file.bytes;
      auto known = keep_known(name, [bytes](const BackupFile& old) { return old.bytes == bytes; });
      if (!known) return known.error();
      if (*known) continue;
      auto taken = copy(name, {});
      if (!taken) return taken.error();
      known_[name] = *taken;  // should the lake change and all begin anew
      keep(*std::move(taken));
    }
    return {};
  }

  Result<void> copy_log() {
    auto plan = plan_log_copy(fs_, log_config_);
    if (!plan) return plan.error();
    if (auto fits = check_history(*plan); !fits) return fits;
    report_.manifest.log_uuid = plan->identity.uuid;
    report_.manifest.first_seq = plan->first_seq;
    report_.manifest.last_seq = plan->last_seq;
    if (auto kept = keep_dropped(*plan); !kept) return kept;
    for (const LogCopyFile& file : plan->files) planned_bytes_ += file.bytes;
    for (const LogCopyFile& file : plan->files) {
      if (auto copied = copy_segment(file); !copied) return copied;
    }
    for (const std::string& name : plan->companions) {
      const std::string path = "log/" + name;
      auto known = keep_known(path, [](const BackupFile&) { return true; });
      if (!known) return known.error();
      if (*known) continue;
      if (auto copied = copy_if_there(path); !copied) return copied;
    }
    for (const auto& [name, text] : log_copy_notes(log_config_, plan->identity.uuid,
                                                   report_.manifest.first_seq, plan->last_seq)) {
      if (auto written = write_note(name, text); !written) return written;
    }
    return {};
  }

  Result<void> check_history(const LogCopyPlan& plan) const {
    if (previous_.run == 0) return {};
    if (previous_.log_uuid != plan.identity.uuid) {
      return Error{ErrorCode::conflict, options_.to + " holds the backup of another log"};
    }
    if (previous_.last_seq <= plan.last_seq) return {};
    return Error{ErrorCode::conflict,
                 fmt::format("{} holds events up to {}, the log ends at {}: it is no later state "
                             "of what was backed up. Use another folder",
                             options_.to, previous_.last_seq, plan.last_seq)};
  }

  // Segments that retention has dropped since stay in the backup.
  Result<void> keep_dropped(const LogCopyPlan& plan) {
    std::vector<BackupFile> older;
    for (const BackupFile& file : previous_.files) {
      if (file.log && file.log->first_seq < plan.first_seq) older.push_back(file);
    }
    const bool joined = !older.empty() && older.back().log->sealed &&
                        older.back().log->last_seq + 1 == plan.first_seq &&
                        older.back().log->link.starts_with(plan.files.front().previous_link);
    if (joined) {
      report_.manifest.first_seq = older.front().log->first_seq;
      for (BackupFile& file : older) keep(std::move(file));
    }
    if (report_.manifest.first_seq == 1 || options_.with_store) return {};
    return Error{ErrorCode::conflict,
                 fmt::format("the log begins with event {0}: the totals of what came before can be "
                             "restored only with the store. Stop the server and add --with-store "
                             "--with-lake",
                             report_.manifest.first_seq)};
  }

  Result<void> copy_segment(const LogCopyFile& file) {
    const std::string path = "log/" + file.name;
    auto known = keep_known(path, [&](const BackupFile& old) {
      return file.sealed && old.log && old.log->sealed && old.log->link == file.link &&
             old.log->previous_link == file.previous_link;
    });
    if (!known) return known.error();
    // A part of the segment being written: its whole records never change.
    if (!*known && !file.sealed) {
      known = keep_unchanged(path, file.bytes);
      if (!known) return known.error();
    }
    if (*known) {
      advance(file.bytes);
      return {};
    }
    auto copied = copy(path, file.bytes);
    if (!copied) return copied.error();
    copied->restored_bytes = file.restored_bytes;
    copied->log = file;
    if (auto good = check_log_copy(fs_, log_config_, options_.to + "/" + copied->stored, file);
        !good) {
      return good;
    }
    keep(*std::move(copied));
    return {};
  }

  Result<void> write_note(const std::string& name, const std::string& text) {
    const std::string path = "log/" + name;
    const std::string stored = options_.to + "/" + stored_path(path);
    if (auto made = fs_.make_folders(folder_of(stored)); !made) return made;
    if (auto written = write_file_atomically(fs_, stored, text); !written) return written;
    return keep_hashed(path);
  }

  // A file that something else has put into this run's folder. Dropped again if the backup has it.
  Result<void> keep_hashed(const std::string& path) {
    const std::string stored = options_.to + "/" + stored_path(path);
    auto hashed = hash_file(fs_, stored);
    if (!hashed) return hashed.error();
    auto known =
        keep_known(path, [&](const BackupFile& old) { return old.sha256 == hashed->sha256; });
    if (!known) return known.error();
    if (*known) return fs_.remove(stored);
    BackupFile file{.path = path,
                    .stored = stored_path(path),
                    .bytes = hashed->bytes,
                    .restored_bytes = hashed->bytes,
                    .sha256 = hashed->sha256,
                    .log = {}};
    note_copied(file);
    keep(std::move(file));
    return {};
  }

  Result<void> copy_catalog_file() {
    CatalogOptions catalog = options_.catalog;
    catalog.path = paths_.catalog;
    const std::string path = "catalog.sqlite";
    const std::string stored = options_.to + "/" + stored_path(path);
    if (auto made = fs_.make_folders(folder_of(stored)); !made) return made;
    if (auto copied = copy_catalog(catalog, stored); !copied) return copied;
    return keep_hashed(path);
  }

  Result<BackupReport> finish() {
    for (const std::string& folder : folders_) {
      if (auto synced = fs_.sync_folder(options_.to + "/" + folder); !synced) {
        return synced.error();
      }
    }
    BackupManifest& manifest = report_.manifest;
    manifest.taken_us = clock_.wall_us();
    manifest.made_by = kVersion;
    for (const BackupFile& file : manifest.files) report_.bytes += file.bytes;
    report_.nothing_new =
        report_.copied_files == 0 && previous_.files.size() == manifest.files.size();
    auto written = write_file_atomically(fs_, fmt::format("{}/{}", options_.to, kBackupManifest),
                                         backup_manifest_text(manifest));
    if (!written) return written.error();
    auto swept = sweep_backup_folder(fs_, options_.to, kRunPrefix, manifest);
    if (!swept) return swept.error();
    return std::move(report_);
  }

  FileSystem& fs_;
  Clock& clock_;
  const BackupOptions& options_;
  const DataPaths paths_;
  const CopyProgress& progress_;
  EventLogConfig log_config_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<FileLock> data_lock_;
  BackupManifest previous_;  // run 0: none
  std::map<std::string, BackupFile> known_;
  std::string run_folder_;
  std::set<std::string> folders_;  // that got files
  std::uint64_t planned_bytes_ = 0;
  std::uint64_t passed_bytes_ = 0;
  BackupReport report_;
};

}  // namespace

Result<BackupReport> run_backup(FileSystem& fs, Clock& clock, const BackupOptions& options,
                                const CopyProgress& progress) {
  return BackupRun(fs, clock, options, progress).run();
}

}  // namespace adbacus
