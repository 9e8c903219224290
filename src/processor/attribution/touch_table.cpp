#include "processor/attribution/touch_table.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>

namespace adbacus {
namespace {

constexpr std::size_t kPlacesMin = std::size_t{1} << 12U;
constexpr std::uint32_t kNoText = ~std::uint32_t{0};

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

TouchTable::Record& TouchTable::next_record() {
  if (next_ - first_ == segments_.size() * kSegmentTouches) {
    segments_.push_back(
        {HugeBlock(kSegmentTouches * sizeof(Record)), {}, std::numeric_limits<TimeUs>::min()});
  }
  return record_of(next_++);
}

void TouchTable::add(const UserKey& user, const Touch& touch) {
  make_room();
  // A number that is 0 modulo 2^32 would look like none.
  if (static_cast<std::uint32_t>(next_) == 0) next_record() = {};
  Record& record = next_record();
  const std::uint64_t number = next_ - 1;
  Segment& segment = segments_.back();
  segment.newest_us = std::max(segment.newest_us, touch.time_us);
  record = {.user_low = user.low,
            .user_high = user.high,
            .before = static_cast<std::uint32_t>(number),
            .time_us = touch.time_us,
            .seq_kind = touch.seq << 8U | static_cast<std::uint64_t>(touch.kind),
            .series = touch.series,
            .text = kNoText};
  if (!touch.text.empty()) {
    assert(touch.text.size() <= std::numeric_limits<std::uint16_t>::max());
    const auto size = static_cast<std::uint16_t>(touch.text.size());
    record.text = static_cast<std::uint32_t>(segment.texts.size());
    text_bytes_ -= segment.texts.capacity();
    segment.texts.append(reinterpret_cast<const char*>(&size), sizeof(size));
    segment.texts.append(touch.text);
    text_bytes_ += segment.texts.capacity();
  }
  Head& head = head_for(user);
  const std::uint64_t newest = head.number == 0 ? kNone : full(head.number);
  if (newest != kNone) record.before = head.number;
  if (head.number == 0) ++used_;
  head = {static_cast<std::uint32_t>(number), user.high};
}

Touch TouchTable::touch_of(const Record& record, std::uint64_t number) const {
  Touch touch{.kind = static_cast<TouchKind>(record.seq_kind & 0xffU),
              .time_us = record.time_us,
              .seq = record.seq_kind >> 8U,
              .series = record.series,
              .text = {}};
  if (record.text != kNoText) {
    const char* const at = segment_of(number).texts.data() + record.text;
    std::uint16_t size = 0;
    std::memcpy(&size, at, sizeof(size));
    touch.text = {at + sizeof(size), size};
  }
  return touch;
}

void TouchTable::forget_before(TimeUs horizon_us) {
  // The last segment is still being filled.
  while (segments_.size() > 1 && segments_.front().newest_us < horizon_us) {
    text_bytes_ -= segments_.front().texts.capacity();
    segments_.pop_front();
    first_ += kSegmentTouches;
  }
}

std::size_t TouchTable::memory_bytes() const {
  return memory_.size_bytes() + segments_.size() * kSegmentTouches * sizeof(Record) + text_bytes_;
}

}  // namespace adbacus
