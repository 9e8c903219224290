#include "app/backup/restore_run.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <set>
#include <vector>

#include "app/backup/file_copy.hpp"
#include "app/data_folder.hpp"
#include "base/rng.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kShownDamages = 20;

std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

class RestoreRun {
 public:
  RestoreRun(FileSystem& fs, const RestoreOptions& options, const CopyProgress& progress)
      : fs_(fs),
        from_(options.from),
        data_(without_trailing_slash(options.data)),
        temp_(data_ + ".restoring"),
        progress_(progress) {}

  Result<RestoreReport> run() {
    auto manifest = read_backup_manifest(fs_, from_);
    if (!manifest) return manifest.error();
    if (!*manifest) return Error{ErrorCode::not_found, "there is no backup in " + from_};
    report_.manifest = **manifest;
    for (const BackupFile& file : report_.manifest.files) total_bytes_ += file.bytes;
    if (auto free = check_target(); !free) return free.error();
    auto copied = copy_all();
    if (copied) copied = fs_.rename(temp_, data_);
    if (copied) copied = fs_.sync_folder(folder_of(data_));
    if (copied) return std::move(report_);
    std::error_code ignored;  // the reason of the failure is what matters
    std::filesystem::remove_all(temp_, ignored);
    return copied.error();
  }

 private:
  Result<void> check_target() {
    for (const std::string& path : {data_, temp_}) {
      auto there = fs_.exists(path);
      if (!there) return there.error();
      if (!*there) continue;
      auto names = fs_.list(path);
      if (!names) return names.error();
      if (names->empty()) continue;
      return Error{ErrorCode::conflict,
                   fmt::format("{} is not empty; a restore overwrites nothing", path)};
    }
    return fs_.make_folders(temp_);
  }

  Result<void> copy_all() {
    std::set<std::string> folders{temp_};
    for (const BackupFile& file : report_.manifest.files) {
      const std::string to = temp_ + "/" + file.path;
      auto damage = copy_one(file, to);
      if (!damage) return damage.error();
      if (!damage->empty()) damages_.push_back(*damage);
      for (std::string folder = folder_of(to); folder.size() > temp_.size();
           folder = folder_of(folder)) {
        folders.insert(folder);
      }
    }
    if (!damages_.empty()) return damaged();
    // Its log goes on from here on its own way: whoever noted what the first one took must know.
    const std::string mark = fmt::format("{:016x}\n", secure_random_u64());
    if (auto made = write_file_atomically(fs_, DataPaths(temp_).restored, mark); !made) return made;
    for (const std::string& folder : folders) {
      if (auto synced = fs_.sync_folder(folder); !synced) return synced;
    }
    return {};
  }

  // What is wrong with the backup's file; empty if nothing is. An error is the target's.
  Result<std::string> copy_one(const BackupFile& file, const std::string& to) {
    auto there = fs_.exists(from_ + "/" + file.stored);
    if (!there) return there.error();
    if (!*there) return fmt::format("{} is missing", file.stored);
    auto copied = copy_file(
        fs_,
        {.from = from_ + "/" + file.stored, .to = to, .bytes = {}, .to_bytes = file.restored_bytes},
        [this](std::uint64_t step) {
          passed_bytes_ += step;
          if (progress_) progress_(passed_bytes_, total_bytes_);
        });
    if (!copied) return copied.error();
    report_.bytes += copied->bytes;
    if (copied->bytes != file.bytes) {
      return fmt::format("{} has {} instead of {} bytes", file.stored, copied->bytes, file.bytes);
    }
    if (copied->sha256 != file.sha256) {
      return fmt::format("{} is damaged: its SHA-256 is another", file.stored);
    }
    return std::string();
  }

  Error damaged() const {
    std::string text = fmt::format("the backup {} is damaged, nothing was restored:", from_);
    for (std::size_t i = 0; i < damages_.size() && i < kShownDamages; ++i) {
      text += "\n  " + damages_[i];
    }
    if (damages_.size() > kShownDamages) {
      text += fmt::format("\n  and {} more", damages_.size() - kShownDamages);
    }
    return {ErrorCode::corrupt, text};
  }

  FileSystem& fs_;
  const std::string from_;
  const std::string data_;
  const std::string temp_;
  const CopyProgress& progress_;
  std::uint64_t total_bytes_ = 0;
  std::uint64_t passed_bytes_ = 0;
  std::vector<std::string> damages_;
  RestoreReport report_;
};

}  // namespace

Result<RestoreReport> run_restore(FileSystem& fs, const RestoreOptions& options,
                                  const CopyProgress& progress) {
  return RestoreRun(fs, options, progress).run();
}

}  // namespace adbacus
