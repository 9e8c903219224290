#include "processor/poison_guard.hpp"

#include <cinttypes>
#include <cstdio>
#include <fmt/core.h>

#include "base/logging.hpp"

namespace adbacus {

Result<std::unique_ptr<PoisonGuard>> PoisonGuard::open(FileSystem& fs, const std::string& folder,
                                                       const std::string& log_uuid) {
  if (auto made = fs.make_folders(folder); !made) return made.error();
  std::unique_ptr<PoisonGuard> guard(new PoisonGuard(fs, folder + "/fold_tries", log_uuid));
  if (auto read = guard->read(); !read) return read.error();
  auto mark = CrashMark::open(folder + "/fold_mark");
  if (!mark) {  // as on a full disk, which must not keep reports from being served
    log_warn("deaths of the fold are not noted", {{"error", mark.error().message}});
    return guard;
  }
  guard->mark_ = std::move(*mark);
  if (const auto& left = guard->mark_->left_behind()) {
    guard->note(left->first, left->second);
    log_warn("the last process died amid these log entries",
             {{"first", fmt::format("{}", left->first)},
              {"last", fmt::format("{}", left->second)},
              {"tries", fmt::format("{}", guard->suspects_->tries)}});
  } else if (guard->suspects_ && !guard->suspects_->single()) {
    guard->suspects_.reset();  // the entries were passed since
  }
  return guard;
}

// A file that makes no sense, or is another log's, is as good as none: it only delays a skip.
Result<void> PoisonGuard::read() {
  auto text = read_file(fs_, path_);
  if (!text) {
    return text.error().code == ErrorCode::not_found ? Result<void>() : text.error();
  }
  SuspectEntries found;
  char uuid[33] = {};
  const int fields =
      std::sscanf(text->c_str(), "adbacus-fold-tries 1 %32s %" SCNu64 " %" SCNu64 " %" SCNu32, uuid,
                  &found.first, &found.last, &found.tries);
  if (fields == 4 && uuid == log_uuid_) suspects_ = found;
  return {};
}

// Tries add up as long as they are about the same entries or fewer of them.
void PoisonGuard::note(Seq first, Seq last) {
  const bool inside = suspects_ && suspects_->first <= first && last <= suspects_->last;
  suspects_ =
      SuspectEntries{.first = first, .last = last, .tries = (inside ? suspects_->tries : 0) + 1};
  const auto written = write_file_atomically(
      fs_, path_,
      fmt::format("adbacus-fold-tries 1 {} {} {} {}\n", log_uuid_, first, last, suspects_->tries));
  if (!written) {  // this process still knows; the next one starts to count anew
    log_warn("a try of the fold could not be noted", {{"error", written.error().message}});
  }
}

std::uint32_t PoisonGuard::note_failure(Seq seq) {
  note(seq, seq);
  return suspects_->tries;
}

Result<void> PoisonGuard::forget() {
  if (!suspects_) return {};
  suspects_.reset();
  auto removed = fs_.remove(path_);
  const bool gone = removed || removed.error().code == ErrorCode::not_found;
  return gone ? Result<void>() : removed;
}

}  // namespace adbacus
