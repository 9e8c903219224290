// The pipeline's way past entries that cannot be folded: try again, count on disk, skip for good.
#include <chrono>
#include <fmt/core.h>

#include "base/logging.hpp"
#include "processor/pipeline.hpp"
#include "processor/skip_entry.hpp"

namespace adbacus {
namespace {

constexpr auto kRetryInterval = std::chrono::milliseconds(100);

}  // namespace

Result<void> Pipeline::load_dead_letters() {
  Result<void> taken;
  const auto visited = log_.visit_controls(log_.status().first_seq, [&](const LogControl& control) {
    if (taken) taken = book_.take(control);
  });
  book_.finish_loading();
  return visited ? taken : visited;
}

void Pipeline::note_failing(Seq seq) {
  const std::lock_guard lock(mutex_);
  status_.failing_seq = seq;
}

// What the process before died amid: taken one by one, or skipped after enough tries.
Result<Pipeline::Next> Pipeline::settle_suspects() {
  if (!guard_ || !guard_->suspects()) return Next::go_on;
  const SuspectEntries suspects = *guard_->suspects();
  if (suspects.last <= fold_->position() || suspects.first > log_.status().synced_seq) {
    if (auto settled = guard_->forget(); !settled) return settled.error();
    return Next::go_on;
  }
  fold_->suspect(suspects.first, suspects.last);
  if (!suspects.single() || suspects.tries < options_.tries_max) return Next::go_on;
  return skip(suspects.first, suspects.tries, "the process died while folding it");
}

Result<Pipeline::Next> Pipeline::settle_failure(const Error& error) {
  const Seq seq = failed_entry_;
  if (seq == 0 || !guard_) return error;
  note_failing(seq);
  const std::uint32_t tries = guard_->note_failure(seq);
  log_warn("a log entry cannot be folded", {{"seq", fmt::format("{}", seq)},
                                            {"tries", fmt::format("{}", tries)},
                                            {"error", error.message}});
  if (tries >= options_.tries_max) return skip(seq, tries, error.message);
  std::unique_lock lock(mutex_);
  advanced_.wait_for(lock, kRetryInterval, [&] { return stopping_.load(); });
  return stopping_ ? Next::stop : Next::go_on;
}

Result<Pipeline::Next> Pipeline::skip(Seq seq, std::uint32_t tries, const std::string& reason) {
  if (seq <= counted_) {
    return Error{ErrorCode::corrupt,
                 fmt::format("event {} is counted and cannot be folded again ({}): rebuild the "
                             "derived data with `adbacus replay`",
                             seq, reason)};
  }
  if (book_.totals().open >= options_.dead_letters_max) {
    return Error{ErrorCode::corrupt,
                 fmt::format("{} dead letters are open, no more are made; event {}: {}",
                             options_.dead_letters_max, seq, reason)};
  }
  // Looking at an entry that kills whoever looks at it counts as a try too.
  const bool look_inside = tries <= options_.tries_max;
  if (guard_->mark() != nullptr) guard_->mark()->set(seq, seq);
  auto skipped = skip_entry(
      log_, book_, {.seq = seq, .tries = tries, .reason = reason, .look_inside = look_inside},
      stopping_);
  if (guard_->mark() != nullptr) guard_->mark()->clear();
  if (!skipped) return skipped.error();
  if (!*skipped) return Next::stop;
  note_failing(0);
  if (auto settled = guard_->forget(); !settled) return settled.error();
  return Next::go_on;
}

}  // namespace adbacus
