#include "eventlog/embedded/spare_segment.hpp"

#include <algorithm>
#include <utility>

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

Result<void> SpareSegment::prepare(const std::string& path, std::string_view header_page) {
  if (!file_) {
    if (auto created = create(); !created) return created;
  }
  auto ready = failpoint("log.roll.before_header");
  if (ready) ready = file_->write_at(0, std::as_bytes(std::span(header_page)));
  if (ready) ready = failpoint("log.roll.after_header_before_sync");
  if (ready) ready = file_->sync();
  if (ready) ready = failpoint("log.roll.before_rename");
  if (ready) ready = fs_.rename(path_, path);
  return ready;
}

// One critical section: a fill in between would open the same path for its next spare.
Result<std::unique_ptr<File>> SpareSegment::become(const std::string& path,
                                                   std::string_view header_page) {
  wanted_ = true;
  const std::lock_guard lock(mutex_);
  wanted_ = false;
  auto ready = prepare(path, header_page);
  filled_bytes_ = 0;
  auto file = std::exchange(file_, nullptr);
  if (ready) return file;
  (void)fs_.remove(path_);
  return ready.error();
}

void SpareSegment::discard() {
  const std::lock_guard lock(mutex_);
  file_.reset();
  filled_bytes_ = 0;
  (void)fs_.remove(path_);
}

}  // namespace adbacus
