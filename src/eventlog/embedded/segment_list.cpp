#include "eventlog/embedded/segment_list.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <fmt/core.h>

namespace adbacus {
namespace {

constexpr std::uint64_t kIndexStepBytes = std::uint64_t{1} << 20U;

}  // namespace

void SparseIndex::add(Seq seq, std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t last = entries_.empty() ? kPageBytes : entries_.back().offset;
  if (offset >= last + kIndexStepBytes) entries_.push_back({seq, offset});
}

std::uint64_t SparseIndex::find(Seq seq) const {
  const std::lock_guard lock(mutex_);
  const auto behind = std::upper_bound(entries_.begin(), entries_.end(), seq,
                                       [](Seq s, const Entry& entry) { return s < entry.seq; });
  return behind == entries_.begin() ? kPageBytes : std::prev(behind)->offset;
}

void SegmentList::add(Segment segment) {
  const std::lock_guard lock(mutex_);
  if (segment.footer && (segment.footer->flags & SegmentFooter::kHoldsControls) != 0) {
    segment.index->note_control();
  }
  segments_.push_back(std::move(segment));
  end_offset_ = kPageBytes;
}

void SegmentList::seal(const SegmentFooter& footer) {
  const std::lock_guard lock(mutex_);
  assert(!segments_.empty());
  segments_.back().footer = footer;
}

void SegmentList::publish(Seq synced_seq, TimeUs time_us, std::uint64_t end_offset) {
  {
    const std::lock_guard lock(mutex_);
    assert(synced_seq >= synced_seq_);
    synced_seq_ = synced_seq;
    synced_time_us_ = time_us;
    end_offset_ = end_offset;
  }
  grown_.notify_all();
}

void SegmentList::note_control() {
  const std::lock_guard lock(mutex_);
  segments_.back().index->note_control();
}

void SegmentList::stop_waiting() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  grown_.notify_all();
}

Result<SegmentList::Place> SegmentList::find(Seq seq) const {
  const std::lock_guard lock(mutex_);
  if (segments_.empty() || seq < segments_.front().header.first_seq) {
    return Error{ErrorCode::not_found, fmt::format("event {} is no longer in the log", seq)};
  }
  assert(seq <= synced_seq_);
  auto behind =
      std::upper_bound(segments_.begin(), segments_.end(), seq,
                       [](Seq s, const Segment& segment) { return s < segment.header.first_seq; });
  return place_of(static_cast<std::size_t>(behind - segments_.begin()) - 1);
}

SegmentList::Place SegmentList::place_of(std::size_t index) const {
  const Segment& segment = segments_[index];
  const bool newest = index + 1 == segments_.size();
  return Place{.path = segment.path,
               .number = segment.header.number,
               .first_seq = segment.header.first_seq,
               .last_seq = newest ? synced_seq_ : segment.footer->last_seq,
               .end_offset = newest ? end_offset_ : segment.footer->data_end,
               .sealed = !newest,
               .index = segment.index};
}

std::vector<SegmentList::Place> SegmentList::with_controls(Seq from) const {
  const std::lock_guard lock(mutex_);
  std::vector<Place> places;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (!segments_[i].index->holds_controls()) continue;
    Place place = place_of(i);
    if (place.last_seq >= from) places.push_back(std::move(place));
  }
  return places;
}

std::optional<SegmentList::Place> SegmentList::place_behind(std::uint64_t bytes) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = segments_.size(); i-- > 0;) {
    Place place = place_of(i);
    if (place.end_offset > bytes) {
      place.end_offset -= bytes;
      return place;
    }
    bytes -= place.end_offset;
  }
  return std::nullopt;
}

Seq SegmentList::first_seq_since(TimeUs since_us) const {
  const std::lock_guard lock(mutex_);
  for (const Segment& segment : segments_) {
    if (!segment.footer || segment.footer->last_time_us >= since_us) {
      return segment.header.first_seq;
    }
  }
  return 1;
}

bool SegmentList::wait_for(Seq seq, int wait_ms) const {
  std::unique_lock lock(mutex_);
  grown_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                  [&] { return stopped_ || synced_seq_ >= seq; });
  return synced_seq_ >= seq;
}

Seq SegmentList::first_seq() const {
  const std::lock_guard lock(mutex_);
  return segments_.empty() ? 1 : segments_.front().header.first_seq;
}

Seq SegmentList::oldest_sealed_seq() const {
  const std::lock_guard lock(mutex_);
  if (segments_.size() < 2 || !segments_.front().footer) return 0;
  return segments_.front().footer->last_seq;
}

Seq SegmentList::synced_seq() const {
  const std::lock_guard lock(mutex_);
  return synced_seq_;
}

TimeUs SegmentList::synced_time_us() const {
  const std::lock_guard lock(mutex_);
  return synced_time_us_;
}

std::uint64_t SegmentList::bytes() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const Segment& segment : segments_) sum += segment.header.segment_bytes;
  return sum;
}

std::vector<Segment> SegmentList::droppable(Seq before_seq, TimeUs before_us) const {
  const std::lock_guard lock(mutex_);
  std::vector<Segment> old;
  for (std::size_t i = 0; i + 1 < segments_.size(); ++i) {
    const auto& footer = segments_[i].footer;
    if (!footer || footer->last_seq >= before_seq || footer->last_time_us >= before_us) break;
    old.push_back(segments_[i]);
  }
  return old;
}

void SegmentList::forget_before(Seq first_seq) {
  const std::lock_guard lock(mutex_);
  std::erase_if(segments_, [&](const Segment& segment) {
    return segment.footer && segment.footer->last_seq < first_seq;
  });
}

}  // namespace adbacus
