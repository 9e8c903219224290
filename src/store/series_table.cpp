#include "store/series_table.hpp"

#include <cassert>
#include <mutex>
#include <utility>

namespace adbacus {
namespace {

constexpr std::size_t kInitialSlots = 1U << 10U;

}  // namespace

SeriesTable::SeriesTable() : chunks_(kSeriesMax / kChunk), slots_(kInitialSlots) {}

SeriesTable::~SeriesTable() {
  for (auto& chunk : chunks_) delete chunk.load(std::memory_order_relaxed);
}

// 128 bits of an unkeyed hash stand for the texts: ids are opaque to clients and a collision of two
// series has a chance of about 10^-23 at 67 million series.
Hash128 SeriesTable::key_of(const Series& series) {
  thread_local std::string bytes;
  bytes.clear();
  bytes.push_back(static_cast<char>(series.cube));
  for (const std::string& dim : series.dims) {
    const auto size = static_cast<std::uint32_t>(dim.size());
    for (unsigned shift = 0; shift < 32; shift += 8) {
      bytes.push_back(static_cast<char>(size >> shift));
    }
    bytes += dim;
  }
  return hash128(bytes, 0);
}

SeriesId SeriesTable::intern(const Series& series) {
  const Hash128 key = key_of(series);
  const auto known = lookup(key);
  return known ? *known : add(key, series);
}

std::optional<SeriesId> SeriesTable::lookup(const Hash128& key) const {
  const std::shared_lock lock(mutex_);
  const Slot& slot = slots_[find(key)];
  return slot.used ? std::optional(slot.id) : std::nullopt;
}

SeriesId SeriesTable::add(const Hash128& key, Series series) {
  const std::unique_lock lock(mutex_);
  const Slot& slot = slots_[find(key)];
  return slot.used ? slot.id : append(key, std::move(series));
}

std::size_t SeriesTable::find(const Hash128& key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = key.low & mask;
  while (slots_[at].used && !(slots_[at].key == key)) at = (at + 1) & mask;
  return at;
}

const Series& SeriesTable::get(SeriesId id) const {
  assert(id < size());
  return (*chunks_[id / kChunk].load(std::memory_order_acquire))[id % kChunk];
}

void SeriesTable::load(SeriesId id, Series series) {
  const Hash128 key = key_of(series);
  const std::unique_lock lock(mutex_);
  assert(id == size());
  const SeriesId given = append(key, std::move(series));
  assert(given == id);
  static_cast<void>(given);
}

// Also mends what an insertion left behind that ran out of memory.
void SeriesTable::truncate(std::size_t size) {
  const std::unique_lock lock(mutex_);
  assert(size <= size_.load(std::memory_order_relaxed));
  std::vector<Slot> old(slots_.size());
  old.swap(slots_);
  for (const Slot& one : old) {
    if (one.used && one.id < size) slots_[find(one.key)] = one;
  }
  for (auto& [tenant, cubes] : by_tenant_) {
    for (std::vector<SeriesId>& ids : cubes) {
      while (!ids.empty() && ids.back() >= size) ids.pop_back();
    }
  }
  size_.store(size, std::memory_order_release);
}

std::vector<SeriesId> SeriesTable::of_tenant(std::string_view tenant, Cube cube) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_tenant_.find(std::string(tenant));
  if (found == by_tenant_.end()) return {};
  return found->second[static_cast<std::size_t>(cube)];
}

SeriesId SeriesTable::append(const Hash128& key, Series series) {
  const std::size_t id = size_.load(std::memory_order_relaxed);
  assert(id < kSeriesMax);
  std::atomic<Chunk*>& slot = chunks_[id / kChunk];
  Chunk* chunk = slot.load(std::memory_order_relaxed);
  if (chunk == nullptr) {
    chunk = std::make_unique<Chunk>().release();  // owned by chunks_, freed in the destructor
    slot.store(chunk, std::memory_order_release);
  }
  Series& kept = (*chunk)[id % kChunk];
  kept = std::move(series);
  const auto series_id = static_cast<SeriesId>(id);
  if (2 * (id + 1) > slots_.size()) {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& one : old) {
      if (one.used) slots_[find(one.key)] = one;
    }
  }
  slots_[find(key)] = {key, series_id, true};
  const std::string& tenant = kept.dims[static_cast<std::size_t>(SeriesDim::tenant)];
  if (last_tenant_ == nullptr || last_tenant_name_ != tenant) {
    const auto at = by_tenant_.try_emplace(tenant).first;  // nodes never move
    last_tenant_ = &at->second;
    last_tenant_name_ = at->first;
  }
  (*last_tenant_)[static_cast<std::size_t>(kept.cube)].push_back(series_id);
  size_.store(id + 1, std::memory_order_release);
  return series_id;
}

}  // namespace adbacus
