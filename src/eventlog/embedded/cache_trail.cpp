#include "eventlog/embedded/cache_trail.hpp"

#include <limits>

namespace adbacus {
namespace {

// Holds what a start after a crash folds again: 15 s of commits at 0.7 M events a second.
constexpr std::uint64_t kKeptBytes = std::uint64_t{1} << 30U;
constexpr std::uint64_t kStepBytes = std::uint64_t{16} << 20U;
constexpr std::uint64_t kToEnd = std::numeric_limits<std::int64_t>::max();

}  // namespace

void CacheTrail::follow() {
  const auto place = list_.place_behind(kKeptBytes);
  if (!place) return;
  if (!file_ || place->number != number_) {
    if (file_) file_->forget_cached(forgotten_, kToEnd);
    auto opened = fs_.open(place->path, OpenMode::read);
    file_ = opened ? std::move(*opened) : nullptr;
    number_ = place->number;
    forgotten_ = 0;
  }
  if (!file_ || place->end_offset < forgotten_ + kStepBytes) return;
  file_->forget_cached(forgotten_, place->end_offset);
  forgotten_ = place->end_offset;
}

}  // namespace adbacus
