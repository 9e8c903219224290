#include "processor/dead_letter_book.hpp"

#include <algorithm>
#include <utility>

namespace adbacus {

std::string_view letter_state_name(LetterState state) {
  switch (state) {
    case LetterState::open:
      return "open";
    case LetterState::fixed:
      return "fixed";
    case LetterState::replayed:
      return "replayed";
    case LetterState::dropped:
      return "dropped";
  }
  return "";
}

Result<void> DeadLetterBook::take(const LogControl& control) {
  const std::lock_guard lock(mutex_);
  if (control.seq <= taken_) return {};
  auto meaning = decode_control(control);
  if (!meaning) return meaning.error();
  if (const auto* entry = std::get_if<DropRunEntry>(&*meaning)) {
    if (loaded_) {
      return Error{ErrorCode::conflict,
                   "import run " + entry->run +
                       " was dropped: what is derived from the log has to be rebuilt without it"};
    }
    dropped_runs_.take(control.seq, *entry);
  }
  if (auto* entry = std::get_if<SkipEntry>(&*meaning)) take_skip(control, std::move(*entry));
  if (auto* entry = std::get_if<RestoreEntry>(&*meaning)) take_restore(control, std::move(*entry));
  if (auto* entry = std::get_if<DropEntry>(&*meaning)) take_drop(control, std::move(*entry));
  taken_ = control.seq;
  return {};
}

void DeadLetterBook::finish_loading() {
  const std::lock_guard lock(mutex_);
  loaded_ = true;
}

void DeadLetterBook::skip(Seq seq) {
  const std::lock_guard lock(mutex_);
  skips_.insert(seq);
  newest_skip_.store(std::max(newest_skip_.load(), seq), std::memory_order_release);
}

Seq DeadLetterBook::find_skip(Seq first, Seq last) const {
  const std::lock_guard lock(mutex_);
  const auto found = skips_.lower_bound(first);
  return found == skips_.end() || *found > last ? last + 1 : *found;
}

// Each of these may be repeated when it has found no memory: what allocates comes first and changes
// nothing that a repetition minds.
void DeadLetterBook::take_skip(const LogControl& control, SkipEntry entry) {
  skips_.insert(entry.seq);
  newest_skip_.store(std::max(newest_skip_.load(), entry.seq), std::memory_order_release);
  const auto restore = restores_.find(entry.seq);
  const bool again = restore != restores_.end();
  DeadLetter& letter = letters_[again ? restore->second : entry.seq];
  if (again) {
    restores_.erase(restore);
    ++letter.failed_restores;
    letter.closed_seq = 0;
    letter.closed_us = 0;
    letter.closed_by.clear();
  } else {
    letter.seq = entry.seq;
    letter.disposition = entry.disposition;
    letter.tenant = std::move(entry.tenant);
    letter.event_id = std::move(entry.event_id);
  }
  letter.tries = entry.tries;
  letter.reason = std::move(entry.reason);
  letter.skipped_us = control.log_time_us;
  letter.state = LetterState::open;
  ++open_;
}

DeadLetter* DeadLetterBook::open_letter(Seq seq) {
  const auto found = letters_.find(seq);
  if (found == letters_.end() || found->second.state != LetterState::open) return nullptr;
  return &found->second;
}

void DeadLetterBook::take_restore(const LogControl& control, RestoreEntry entry) {
  DeadLetter* letter = open_letter(entry.seq);
  if (letter == nullptr) return;
  restores_[control.seq] = entry.seq;
  letter->state = entry.corrected ? LetterState::fixed : LetterState::replayed;
  letter->closed_seq = control.seq;
  letter->closed_us = control.log_time_us;
  letter->closed_by = std::move(entry.actor);
  --open_;
}

void DeadLetterBook::take_drop(const LogControl& control, DropEntry entry) {
  DeadLetter* letter = open_letter(entry.seq);
  if (letter == nullptr) return;
  letter->state = LetterState::dropped;
  letter->closed_seq = control.seq;
  letter->closed_us = control.log_time_us;
  letter->closed_by = std::move(entry.actor);
  letter->note = std::move(entry.reason);
  --open_;
}

bool DeadLetterBook::counts(Seq seq) const {
  const std::lock_guard lock(mutex_);
  return restores_.contains(seq) && !skips_.contains(seq);
}

std::optional<DeadLetter> DeadLetterBook::find(Seq seq) const {
  const std::lock_guard lock(mutex_);
  const auto found = letters_.find(seq);
  if (found == letters_.end()) return std::nullopt;
  return found->second;
}

std::vector<DeadLetter> DeadLetterBook::list(
    Seq after, std::size_t max, const std::function<bool(const DeadLetter&)>& wanted) const {
  const std::lock_guard lock(mutex_);
  std::vector<DeadLetter> found;
  for (auto at = letters_.upper_bound(after); at != letters_.end() && found.size() < max; ++at) {
    if (wanted(at->second)) found.push_back(at->second);
  }
  return found;
}

DeadLetterBook::Totals DeadLetterBook::totals() const {
  const std::lock_guard lock(mutex_);
  return {.all = letters_.size(), .open = open_};
}

}  // namespace adbacus
