#include "catalog/snapshot_keeper.hpp"

#include <chrono>
#include <utility>

#include "base/logging.hpp"

namespace adbacus {

SnapshotKeeper::SnapshotKeeper(EntityStore& store, Clock& clock,
                               const SnapshotKeeperOptions& options)
    : store_(store),
      clock_(clock),
      options_(options),
      snapshot_(std::make_shared<const CatalogSnapshot>()),
      age_gauge_("adbacus_catalog_snapshot_age_seconds",
                 "Time since the copy of the catalog was last known to be current", "",
                 [this] { return static_cast<double>(age_us()) / kSecondUs; }) {}

Result<std::unique_ptr<SnapshotKeeper>> SnapshotKeeper::start(
    EntityStore& store, Clock& clock, const SnapshotKeeperOptions& options) {
  std::unique_ptr<SnapshotKeeper> made(new SnapshotKeeper(store, clock, options));
  if (auto ok = made->refresh(); !ok) return ok.error();
  made->keep_fresh();
  return made;
}

SnapshotKeeper::~SnapshotKeeper() {
  thread_.stop();
}

std::shared_ptr<const CatalogSnapshot> SnapshotKeeper::snapshot() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

Result<void> SnapshotKeeper::refresh() {
  const std::lock_guard lock(refresh_mutex_);
  for (;;) {
    const TimeUs asked_us = clock_.mono_us();
    const auto current = snapshot();
    const auto changes = store_.changes(current->change(), options_.batch_max);
    if (!changes) return changes.error();
    if (!changes->empty()) {
      auto next = current->with(*changes);
      if (!next) return next.error();
      const std::lock_guard pointer_lock(snapshot_mutex_);
      snapshot_ = *std::move(next);
    }
    if (changes->size() == options_.batch_max) continue;
    fresh_us_ = asked_us;
    return {};
  }
}

TimeUs SnapshotKeeper::age_us() const {
  return clock_.mono_us() - fresh_us_.load();
}

void SnapshotKeeper::keep_fresh() {
  // `told`: a catalog that stays away is worth one line.
  const auto work = [this, told = false]() mutable {
    const auto ok = refresh();
    if (!ok && !told) {
      log_warn("catalog not read, going on with the last copy", {{"error", ok.error().message}});
    }
    told = !ok;
  };
  thread_.start("catalog", std::chrono::milliseconds(options_.interval_ms), work);
}

}  // namespace adbacus
