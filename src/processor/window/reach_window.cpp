#include "processor/window/reach_window.hpp"

#include "base/breather.hpp"
#include "base/hash.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kUserSeed = 0x7265616368;  // part of the stored registers' meaning: fixed
constexpr std::size_t kBreatheEntries = 256;

}  // namespace

std::uint64_t ReachWindow::hash_of(std::string_view packed_user_id) {
  return hash64(packed_user_id, kUserSeed);
}

ReachWindow::Entry& ReachWindow::entry(SeriesId series, std::uint32_t slot, Period hour) {
  if (slot < last_.size() && last_[slot] != 0) {
    Entry& last = entries_[last_[slot] - 1];
    if (last.hour == hour) return last;
  }
  if (slot >= last_.size()) last_.resize(slot + slot / 2 + 64);
  const std::uint64_t key =
      (static_cast<std::uint64_t>(slot) << 32U) | static_cast<std::uint32_t>(hour);
  const auto [found, inserted] =
      index_.try_emplace(key, static_cast<std::uint32_t>(entries_.size()));
  if (inserted) entries_.push_back({series, hour, {}});
  last_[slot] = found->second + 1;
  return entries_[found->second];
}

void ReachWindow::add(SeriesId series, std::uint32_t slot, TimeUs event_time_us,
                      std::uint64_t user_hash) {
  const auto hour = static_cast<Period>(floor_to(event_time_us, kHourUs) / kHourUs);
  Entry& at = entry(series, slot, hour);
  const std::size_t before = at.sketch.bytes();
  if (at.sketch.add(user_hash))
    touched_.push_back(static_cast<std::uint32_t>(&at - entries_.data()));
  bytes_ += at.sketch.bytes() - before;
}

std::vector<ReachDelta> ReachWindow::take() {
  std::vector<ReachDelta> deltas;
  deltas.reserve(touched_.size());
  for (const std::uint32_t index : touched_) {
    if (deltas.size() % kBreatheEntries == 0) breathe();
    Entry& at = entries_[index];
    deltas.push_back({at.series, at.hour, {}});
    at.sketch.take(deltas.back().registers);
  }
  touched_.clear();
  if (bytes_ + entries_.size() * sizeof(Entry) > kBytesMax) {
    bytes_ = 0;
    entries_.clear();
    index_.clear();
    last_.clear();
  }
  return deltas;
}

}  // namespace adbacus
