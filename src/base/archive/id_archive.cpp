#include "base/archive/id_archive.hpp"

#include <algorithm>

namespace adbacus {
namespace {

// Keys whose fingerprints, three lines each, are on the way from memory at once.
constexpr std::size_t kAhead = 8;

}  // namespace

std::shared_ptr<const IdGenerations> IdArchive::generations() const {
  const std::lock_guard lock(mutex_);
  return generations_;
}

void IdArchive::replace(IdGenerations generations) {
  const std::lock_guard lock(mutex_);
  generations_ = std::make_shared<IdGenerations>(std::move(generations));
  version_.fetch_add(1, std::memory_order_release);
}

Result<void> IdArchiveLookup::find(const IdGenerations& generations, std::span<const Hash128> keys,
                                   std::uint32_t period, std::span<std::uint8_t> known) {
  suspects_.clear();
  // Repetitions are mostly young.
  for (auto at = generations.rbegin(); at != generations.rend(); ++at) {
    const IdGeneration& generation = **at;
    if (generation.info().is_expired(period, window_periods_)) continue;
    for (std::size_t i = 0; i < std::min(kAhead, keys.size()); ++i) generation.prefetch(keys[i]);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (i + kAhead < keys.size()) generation.prefetch(keys[i + kAhead]);
      if (known[i] == 0 && generation.may_hold(keys[i])) {
        suspects_.push_back({static_cast<std::uint32_t>(i), &generation});
      }
    }
  }
  if (suspects_.size() > 1) {
    for (const Suspect& suspect : suspects_) suspect.generation->will_read(keys[suspect.key]);
  }
  for (const Suspect& suspect : suspects_) {
    if (known[suspect.key] != 0) continue;
    auto seen = suspect.generation->find(keys[suspect.key], pages_read_);
    if (!seen) return seen.error();
    if (*seen && std::int64_t{**seen} + window_periods_ >= period) known[suspect.key] = 1;
  }
  return {};
}

}  // namespace adbacus
