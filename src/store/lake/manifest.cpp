#include "store/lake/manifest.hpp"

#include <chrono>
#include <fmt/format.h>
#include <span>

#include "base/failpoint.hpp"
#include "base/logging.hpp"
#include "store/lake/manifest_line.hpp"

namespace adbacus {
namespace {

// A rewrite is worth it when the file is this much and four times what is alive.
constexpr std::uint64_t kRewriteBytesMin = 1U << 20U;
constexpr std::uint64_t kRewriteFactor = 4;
constexpr std::uint64_t kLineBytes = 160;  // about one file's entry

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

std::string event_file_name(TimeUs hour_us, Seq first_seq, Seq last_seq) {
  const std::chrono::sys_days day{std::chrono::days{floor_to(hour_us, kDayUs) / kDayUs}};
  const std::chrono::year_month_day date{day};
  const TimeUs hour = (hour_us - floor_to(hour_us, kDayUs)) / kHourUs;
  return fmt::format("{}date={:04}-{:02}-{:02}/hour={:02}/{:020}-{:020}.parquet", kEventFilePrefix,
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), hour, first_seq, last_seq);
}

LakeManifest::LakeManifest(FileSystem& file_system, std::string path)
    : file_system_(file_system), path_(std::move(path)) {}

Result<std::unique_ptr<LakeManifest>> LakeManifest::open(FileSystem& files, std::string path) {
  std::unique_ptr<LakeManifest> manifest(new LakeManifest(files, std::move(path)));
  auto there = files.exists(manifest->path_);
  if (!there) return there.error();
  if (!*there) {
    if (auto made = write_file_atomically(files, manifest->path_, kManifestHeader); !made)
      return made.error();
  }
  if (auto loaded = manifest->load(); !loaded) return loaded.error();
  return manifest;
}

Result<void> LakeManifest::load() {
  auto content = read_file(file_system_, path_);
  if (!content) return content.error();
  std::string_view rest = *content;
  if (!rest.starts_with(kManifestHeader)) {
    // A damaged lake is written again from the log; one of a newer program is not ours to touch.
    if (manifest_is_newer(rest)) {
      return Error{ErrorCode::conflict,
                   fmt::format("{} was written by a newer version of adbacus", path_)};
    }
    return Error{ErrorCode::corrupt, fmt::format("{} is no lake manifest", path_)};
  }
  rest.remove_prefix(kManifestHeader.size());
  bool damaged = false;
  end_ = kManifestHeader.size();
  while (!rest.empty()) {
    const std::size_t at = rest.find('\n');
    const bool whole = at != std::string_view::npos;
    const std::size_t bytes = whole ? at + 1 : rest.size();
    auto change = parse_manifest_line(rest.substr(0, whole ? at : bytes));
    rest.remove_prefix(bytes);
    if (!whole || !change) {
      damaged = true;  // fine if nothing valid follows: then it was never acknowledged
      continue;
    }
    if (damaged)
      return Error{ErrorCode::corrupt, fmt::format("{} is damaged behind byte {}", path_, end_)};
    absorb(*change);
    end_ += bytes;
  }
  auto file = file_system_.open(path_, OpenMode::read_write);
  if (!file) return file.error();
  file_ = std::move(*file);
  if (damaged) {
    log_warn("lake manifest: torn last line cut off",
             {{"path", path_}, {"kept_bytes", fmt::format("{}", end_)}});
    if (auto cut = file_->resize(end_); !cut) return cut;
  }
  // What was read may be in the page cache only, after a sync that failed: write it once more.
  if (auto written = file_->write_at(0, bytes_of(content->substr(0, end_))); !written)
    return written;
  return file_->sync();
}

void LakeManifest::absorb(const LakeChange& change) {
  committed_ = change.committed;
  for (const std::string& name : change.removed) files_.erase(name);
  for (const LakeFile& file : change.added) files_[file.name] = file;
  live_bytes_ = (files_.size() + 1) * kLineBytes;
}

Result<void> LakeManifest::apply(const LakeChange& change) {
  if (failed_) return Error{ErrorCode::io, fmt::format("{} failed earlier; restart needed", path_)};
  const std::string line = manifest_line(change);
  if (auto fault = failpoint("lake.before_manifest_write"); !fault) return fault;
  if (auto written = file_->write_at(end_, bytes_of(line)); !written) {
    const bool full = written.error().code == ErrorCode::storage_full;
    failed_ = !full || !file_->resize(end_);
    return written;
  }
  if (auto fault = failpoint("lake.before_manifest_sync"); !fault) {
    failed_ = true;
    return fault;
  }
  if (auto synced = file_->sync(); !synced) {
    failed_ = true;
    return synced;
  }
  end_ += line.size();
  absorb(change);
  if (end_ > kRewriteBytesMin && end_ > live_bytes_ * kRewriteFactor) return rewrite();
  return {};
}

Result<void> LakeManifest::rewrite() {
  LakeChange all;
  all.committed = committed_;
  std::string content(kManifestHeader);
  for (const auto& [name, file] : files_) {
    all.added.assign(1, file);
    content += manifest_line(all);
  }
  if (files_.empty()) content += manifest_line(all);
  // The change itself is already durable: a rewrite that finds no room may wait.
  if (auto written = write_file_atomically(file_system_, path_, content); !written) {
    failed_ = written.error().code != ErrorCode::storage_full;
    return failed_ ? written : Result<void>{};
  }
  auto file = file_system_.open(path_, OpenMode::read_write);
  failed_ = !file;
  if (!file) return file.error();
  file_ = std::move(*file);
  end_ = content.size();
  return {};
}

}  // namespace adbacus
