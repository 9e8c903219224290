#include "processor/attribution/touch_table.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

namespace adbacus {
namespace {

constexpr std::size_t kPlacesMin = std::size_t{1} << 12U;
// A chain is written anew after so many touches: looking through it stays short, and the copies are
// few beside what came.
constexpr std::uint64_t kAddedBeforeRewrite = 512;

// Leaves what came before the last event up to `last`: that one may have several touches, and only
// the first of them may be here.
void cut_behind(TouchSegment& segment, Seq last) {
  Seq partial = 0;
  std::uint64_t kept = segment.size();
  for (std::uint64_t i = segment.size(); i > 0; --i) {
    const TouchBits bits = TouchBits::of(segment.record(i - 1).seq_bits);
    if (bits.is_copy) continue;
    if (partial == 0 && bits.seq <= last) partial = bits.seq;
    if (partial != 0 && bits.seq < partial) break;
    kept = i - 1;
  }
  segment.cut(kept);
}

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

TouchSegment& TouchTable::segment_with_room(TimeUs log_us) {
  if (segments_.empty()) segments_.push_back(std::make_shared<TouchSegment>(next_));
  if (segments_.back()->is_full()) {
    segments_.push_back(
        std::make_shared<TouchSegment>(next_, segments_.back()->earlier_for_next()));
  }
  // A number that is 0 modulo 2^32 would look like none: no user has it.
  if (static_cast<std::uint32_t>(next_) == 0) {
    segments_.back()->add({.user_low = 0,
                           .user_high = 0,
                           .before = 0,
                           .time_us = std::numeric_limits<TimeUs>::min(),
                           .seq_bits = TouchBits{.is_copy = true}.packed(),
                           .series = 0,
                           .text = kNoTouchText},
                          {}, log_us);
    ++next_;
  }
  return *segments_.back();
}

// `before`: number of the user's touch before, one that is forgotten too, or kNone.
std::uint64_t TouchTable::append(const UserKey& user, const Touch& touch, TouchBits bits,
                                 std::uint64_t before, TimeUs log_us) {
  TouchSegment& segment = segment_with_room(log_us);
  const std::size_t texts = segment.text_capacity();
  bits.seq = touch.seq;
  bits.kind = touch.kind;
  bits.is_crowded = touch.is_crowded;
  bits.has_conversion = bits.has_conversion || touch.kind == TouchKind::conversion;
  segment.add({.user_low = user.low,
               .user_high = user.high,
               .before = static_cast<std::uint32_t>(before == kNone ? next_ : before),
               .time_us = touch.time_us,
               .seq_bits = bits.packed(),
               .series = touch.series,
               .text = kNoTouchText},
              touch.text, log_us);
  text_bytes_ += segment.text_capacity() - texts;
  return next_++;
}

void TouchTable::add(const UserKey& user, const Touch& touch, TimeUs log_us) {
  make_room();
  Head& head = head_for(user);
  const std::uint64_t before = head.number == 0 ? kNone : full(head.number);
  if (head.number == 0) ++used_;
  TouchBits bits;
  if (before != kNone) {
    const TouchBits last = TouchBits::of(record_of(before).seq_bits);
    bits.added = std::min(last.added + 1, TouchBits::kAddedMax);
    bits.has_conversion = last.has_conversion;
  }
  const std::uint64_t number = append(user, touch, bits, before, log_us);
  head = {static_cast<std::uint32_t>(number), user.high};
  if (bits.added >= kAddedBeforeRewrite) write_chain_anew(user, head, log_us);
}

bool TouchTable::has_conversion(const UserKey& user) const {
  const std::uint64_t number = find(user);
  return number != kNone && TouchBits::of(record_of(number).seq_bits).has_conversion;
}

void TouchTable::write_chain_anew(const UserKey& user, Head& head, TimeUs log_us) {
  std::vector<Touch> kept;
  const bool is_whole = for_each(user, [&](const Touch& touch) { kept.push_back(touch); });
  keep_needed(kept);
  // Appending may move the texts of the segment in which they lie.
  std::vector<std::string> texts;
  for (const Touch& touch : kept) texts.emplace_back(touch.text);
  // Who reads the new chain sees at its end too that something is forgotten.
  std::uint64_t before = is_whole ? kNone : first_ - 1;
  bool has_conversion = false;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    kept[i].text = texts[i];
    has_conversion = has_conversion || kept[i].kind == TouchKind::conversion;
    before =
        append(user, kept[i], {.is_copy = true, .has_conversion = has_conversion}, before, log_us);
  }
  head.number = static_cast<std::uint32_t>(before);
}

Touch TouchTable::touch_of(const Record& record, std::uint64_t number) const {
  const TouchBits bits = TouchBits::of(record.seq_bits);
  return {.kind = bits.kind,
          .time_us = record.time_us,
          .seq = bits.seq,
          .series = record.series,
          .text = segment_of(number).text_of(record),
          .is_crowded = bits.is_crowded};
}

void TouchTable::forget_before(TimeUs horizon_us) {
  // The last segment is still being filled.
  while (segments_.size() > 1 && segments_.front()->newest_log_us() < horizon_us) {
    text_bytes_ -= segments_.front()->text_capacity();
    segments_.pop_front();
    first_ += kSegmentTouches;
  }
}

TimeUs TouchTable::forgotten_newest_us() const {
  return segments_.empty() ? std::numeric_limits<TimeUs>::min()
                           : segments_.front()->earlier().newest_us;
}

std::vector<std::shared_ptr<const TouchSegment>> TouchTable::full_segments(
    std::uint64_t from_number) const {
  std::vector<std::shared_ptr<const TouchSegment>> result;
  for (const auto& segment : segments_) {
    if (segment->is_full() && segment->first_number() >= from_number) result.push_back(segment);
  }
  return result;
}

Seq TouchTable::last_seq() const {
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    if (const Seq last = (*segment)->last_seq(); last != 0) return last;
  }
  return 0;
}

void TouchTable::restore(std::vector<std::shared_ptr<TouchSegment>> segments, Seq last) {
  assert(next_ == 0 && segments_.empty());
  const auto is_late = [&](const TouchSegment& segment) {
    for (std::uint64_t i = 0; i < segment.size(); ++i) {
      const TouchBits bits = TouchBits::of(segment.record(i).seq_bits);
      if (!bits.is_copy) return bits.seq > last;
    }
    return true;  // copies alone: the event that caused them may be anywhere before
  };
  while (!segments.empty() && is_late(*segments.back())) segments.pop_back();
  if (segments.empty()) return;
  cut_behind(*segments.back(), last);
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
