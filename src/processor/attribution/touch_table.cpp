#include "processor/attribution/touch_table.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>

namespace adbacus {
namespace {

constexpr std::size_t kPlacesMin = std::size_t{1} << 12U;

}  // namespace

TouchTable::TouchTable() {
  resize(kPlacesMin);
}

void TouchTable::resize(std::size_t places) {
  const HugeBlock old = std::move(memory_);
  const Head* const heads = heads_;
  const std::size_t count = heads == nullptr ? 0 : mask_ + 1;
  memory_ = HugeBlock(places * sizeof(Head));
  heads_ = static_cast<Head*>(memory_.data());
  mask_ = places - 1;
  used_ = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t number = heads[i].number == 0 ? kNone : full(heads[i].number);
    if (number == kNone) continue;
    const Record& record = record_of(number);
    head_for({record.user_low, record.user_high}) = heads[i];
    ++used_;
  }
}

// Doubles the table, or only sweeps it when most of its heads are forgotten.
void TouchTable::make_room() {
  if (2 * (used_ + 1) <= mask_ + 1) return;
  std::size_t live = 0;
  for (std::size_t i = 0; i <= mask_; ++i) {
    if (heads_[i].number != 0 && full(heads_[i].number) != kNone) ++live;
  }
  resize(std::max(kPlacesMin, std::bit_ceil(4 * live)));
}

std::uint64_t TouchTable::find(const UserKey& user) const {
  for (std::size_t at = user.low & mask_;; at = (at + 1) & mask_) {
    const Head& head = heads_[at];
    if (head.number == 0) return kNone;
    if (head.user_high != user.high) continue;
    const std::uint64_t number = full(head.number);
    if (number != kNone && record_of(number).user_low == user.low) return number;
  }
}

// The head of the user, else a place for one: never used, or of a forgotten touch.
TouchTable::Head& TouchTable::head_for(const UserKey& user) {
  Head* free = nullptr;
  for (std::size_t at = user.low & mask_;; at = (at + 1) & mask_) {
    Head& head = heads_[at];
    if (head.number == 0) return free != nullptr ? *free : head;
    const std::uint64_t number = full(head.number);
    if (number == kNone) {
      if (free == nullptr) free = &head;
    } else if (head.user_high == user.high && record_of(number).user_low == user.low) {
      return head;
    }
  }
}

void TouchTable::prefetch_newest(const UserKey& user) const {
  const Head& head = heads_[user.low & mask_];
  if (head.number == 0 || head.user_high != user.high) return;
  const std::uint64_t number = full(head.number);
  if (number != kNone) __builtin_prefetch(&record_of(number), 1);
}

TouchSegment& TouchTable::segment_with_room() {
  if (segments_.empty() || segments_.back()->is_full())
    segments_.push_back(std::make_shared<TouchSegment>(next_));
  // A number that is 0 modulo 2^32 would look like none: no user has it.
  if (static_cast<std::uint32_t>(next_) == 0) {
    segments_.back()->add({.user_low = 0,
                           .user_high = 0,
                           .before = 0,
                           .time_us = std::numeric_limits<TimeUs>::min(),
                           .seq_kind = 0,
                           .series = 0,
                           .text = kNoTouchText},
                          {});
    ++next_;
  }
  return *segments_.back();
}

void TouchTable::add(const UserKey& user, const Touch& touch) {
  make_room();
  TouchSegment& segment = segment_with_room();
  const std::uint64_t number = next_;
  Head& head = head_for(user);
  const bool is_known = head.number != 0 && full(head.number) != kNone;
  const std::size_t texts = segment.text_capacity();
  segment.add({.user_low = user.low,
               .user_high = user.high,
               .before = is_known ? head.number : static_cast<std::uint32_t>(number),
               .time_us = touch.time_us,
               .seq_kind = touch.seq << 8U | static_cast<std::uint64_t>(touch.kind),
               .series = touch.series,
               .text = kNoTouchText},
              touch.text);
  text_bytes_ += segment.text_capacity() - texts;
  ++next_;
  if (head.number == 0) ++used_;
  head = {static_cast<std::uint32_t>(number), user.high};
}

Touch TouchTable::touch_of(const Record& record, std::uint64_t number) const {
  return {.kind = static_cast<TouchKind>(record.seq_kind & 0xffU),
          .time_us = record.time_us,
          .seq = record.seq_kind >> 8U,
          .series = record.series,
          .text = segment_of(number).text_of(record)};
}

void TouchTable::forget_before(TimeUs horizon_us) {
  // The last segment is still being filled.
  while (segments_.size() > 1 && segments_.front()->newest_us() < horizon_us) {
    text_bytes_ -= segments_.front()->text_capacity();
    segments_.pop_front();
    first_ += kSegmentTouches;
  }
}

std::vector<std::shared_ptr<const TouchSegment>> TouchTable::full_segments(
    std::uint64_t from_number) const {
  std::vector<std::shared_ptr<const TouchSegment>> result;
  for (const auto& segment : segments_) {
    if (segment->is_full() && segment->first_number() >= from_number) result.push_back(segment);
  }
  return result;
}

void TouchTable::restore(std::vector<std::shared_ptr<TouchSegment>> segments, Seq last) {
  assert(next_ == 0 && segments_.empty());
  std::erase_if(segments, [&](const auto& segment) {
    return segment->size() == 0 || segment->record(0).seq_kind >> 8U > last;
  });
  if (segments.empty()) return;
  // An event may have several touches, and the last segment only the first of them.
  TouchSegment& end = *segments.back();
  std::uint64_t kept = end.size();
  while (kept > 0 && end.record(kept - 1).seq_kind >> 8U > last) --kept;
  const Seq partial = end.record(kept - 1).seq_kind >> 8U;
  while (kept > 0 && end.record(kept - 1).seq_kind >> 8U == partial) --kept;
  end.cut(kept);
  first_ = next_ = segments.front()->first_number();
  for (std::shared_ptr<TouchSegment>& segment : segments) {
    assert(segment->first_number() == next_);
    text_bytes_ += segment->text_capacity();
    segments_.push_back(std::move(segment));
    take_heads(*segments_.back());
  }
}

// Each user's last touch is its newest.
void TouchTable::take_heads(const TouchSegment& segment) {
  constexpr std::uint64_t kAhead = 16;
  for (std::uint64_t i = 0; i < segment.size(); ++i) {
    if (i + kAhead < segment.size()) {
      const Record& soon = segment.record(i + kAhead);
      prefetch({soon.user_low, soon.user_high});
    }
    const Record& record = segment.record(i);
    const std::uint64_t number = next_++;
    if (static_cast<std::uint32_t>(number) == 0) continue;
    make_room();
    Head& head = head_for({record.user_low, record.user_high});
    if (head.number == 0) ++used_;
    head = {static_cast<std::uint32_t>(number), record.user_high};
  }
}

std::size_t TouchTable::memory_bytes() const {
  return memory_.size_bytes() + segments_.size() * kSegmentTouches * sizeof(Record) + text_bytes_;
}

}  // namespace adbacus
