#include "processor/window/reach_window.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kUserSeed = 0x7265616368;  // part of the stored registers' meaning: fixed

}  // namespace

ReachWindow::Sketch& ReachWindow::sketch(SeriesId series, Period hour) {
  if (series < last_.size() && last_[series] != 0) {
    Sketch& last = sketches_[last_[series] - 1];
    if (last.series == series && last.hour == hour) return last;
  }
  if (series >= last_.size()) last_.resize(series + series / 2 + 64);
  const std::uint64_t key =
      (static_cast<std::uint64_t>(series) << 32U) | static_cast<std::uint32_t>(hour);
  const auto [found, inserted] =
      index_.try_emplace(key, static_cast<std::uint32_t>(sketches_.size()));
  if (inserted) {
    sketches_.push_back(
        {series, hour, std::vector<std::uint8_t>(kRegisters), {}, std::vector<bool>(kRegisters)});
  }
  last_[series] = found->second + 1;
  return sketches_[found->second];
}

void ReachWindow::add(SeriesId series, TimeUs event_time_us, std::string_view packed_user_id) {
  const auto hour = static_cast<Period>(floor_to(event_time_us, kHourUs) / kHourUs);
  Sketch& s = sketch(series, hour);
  // Flajolet et al. 2007: the top bits choose the register, the rank is the position of the first
  // one among the rest.
  const std::uint64_t hash = hash64(packed_user_id, kUserSeed);
  const auto at = static_cast<std::uint16_t>(hash >> (64U - kPrecision));
  const std::uint64_t rest = (hash << kPrecision) | (1ULL << (kPrecision - 1U));
  const auto rank = static_cast<std::uint8_t>(__builtin_clzll(rest) + 1);
  if (rank <= s.ranks[at]) return;
  s.ranks[at] = rank;
  if (s.is_changed[at]) return;
  s.is_changed[at] = true;
  if (s.changed.empty()) touched_.push_back(static_cast<std::uint32_t>(&s - sketches_.data()));
  s.changed.push_back(at);
}

std::vector<ReachDelta> ReachWindow::take() {
  std::vector<ReachDelta> deltas;
  deltas.reserve(touched_.size());
  for (const std::uint32_t index : touched_) {
    Sketch& s = sketches_[index];
    std::sort(s.changed.begin(), s.changed.end());
    ReachDelta delta{s.series, s.hour, {}};
    delta.registers.reserve(s.changed.size());
    for (const std::uint16_t at : s.changed) {
      delta.registers.push_back((static_cast<std::uint32_t>(at) << 8U) | s.ranks[at]);
      s.is_changed[at] = false;
    }
    s.changed.clear();
    deltas.push_back(std::move(delta));
  }
  touched_.clear();
  if (sketches_.size() > kSketchesMax) {
    sketches_.clear();
    index_.clear();
    last_.clear();
  }
  return deltas;
}

}  // namespace adbacus
