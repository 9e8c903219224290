#include "eventlog/embedded/spare_segment.hpp"

#include <algorithm>

#include "base/failpoint.hpp"
#include "eventlog/embedded/segment_scanner.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kStepBytes = std::uint64_t{1} << 20U;

}  // namespace

SpareSegment::SpareSegment(FileSystem& fs, std::string folder, std::uint64_t segment_bytes)
    : fs_(fs), path_(std::move(folder) + "/spare.seg.tmp"), segment_bytes_(segment_bytes) {}

// The size is set first, so that filling changes no file size and syncing it stays cheap.
Result<void> SpareSegment::create() {
  auto file = fs_.open(path_, OpenMode::truncate);
  if (!file) return file.error();
  if (auto sized = (*file)->resize(segment_bytes_); !sized) return sized;
  if (auto synced = (*file)->sync(); !synced) return synced;
  file_ = std::move(*file);
  filled_bytes_ = 0;
  return {};
}

Result<void> SpareSegment::fill(std::uint64_t target_bytes) {
  target_bytes = std::min(target_bytes, segment_bytes_);
  while (filled_bytes_ < target_bytes && !wanted_) {
    const std::lock_guard lock(mutex_);
    Result<void> done = file_ ? Result<void>() : create();
    const std::uint64_t from = filled_bytes_;
    const std::uint64_t to = std::min(from + kStepBytes, segment_bytes_);
    if (done) done = failpoint("log.spare.before_fill");
    if (done) done = write_zeros(*file_, from, to);
    if (done) done = file_->sync();
    if (!done) {
      file_.reset();
      filled_bytes_ = 0;
      (void)fs_.remove(path_);  // gives its space back; the next fill starts anew
      return done;
    }
    filled_bytes_ = to;
  }
  return {};
}

Result<std::unique_ptr<File>> SpareSegment::take() {
  wanted_ = true;
  const std::lock_guard lock(mutex_);
  wanted_ = false;
  if (!file_) {
    if (auto created = create(); !created) {
      (void)fs_.remove(path_);
      return created.error();
    }
  }
  filled_bytes_ = 0;
  return std::move(file_);
}

void SpareSegment::discard() {
  const std::lock_guard lock(mutex_);
  file_.reset();
  filled_bytes_ = 0;
  (void)fs_.remove(path_);
}

}  // namespace adbacus
