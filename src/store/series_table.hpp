// Interns series: dimension texts <-> dense SeriesId. Shared by the fold (which interns) and the
// store (which persists and reads). Thread-safe; get() and size() never wait, readers of intern()
// and of_tenant() wait at most for one insertion. Ids depend on arrival order and are therefore
// never compared across data folders; canonical dumps use the texts.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "store/rollup.hpp"

namespace adbacus {

class SeriesTable {
 public:
  // Ids are below this; about 16 GB of texts. Interning more is refused by an assert: the fold's
  // cardinality bound keeps far below it.
  static constexpr std::size_t kSeriesMax = std::size_t{1} << 26U;

  SeriesTable();
  ~SeriesTable();
  SeriesTable(const SeriesTable&) = delete;
  SeriesTable& operator=(const SeriesTable&) = delete;

  // first_day is of the first call only: what is known keeps its own.
  SeriesId intern(const Series& series);
  // Null, and nothing is interned, if the series is new and `admit(series)`, which may change its
  // first_day, says no. The texts of a new one are taken.
  template <class Admit>
  std::optional<SeriesId> intern_if(Series& series, const Admit& admit) {
    const Hash128 key = key_of(series);
    if (const auto known = lookup(key)) return known;
    if (!admit(series)) return std::nullopt;
    return add(key, std::move(series));
  }
  // Reference valid for the table's lifetime. `id` must have been returned by intern() or loaded.
  const Series& get(SeriesId id) const;
  std::size_t size() const { return size_.load(std::memory_order_acquire); }
  // Recovery: the store loads what it persisted, in id order from 0.
  void load(SeriesId id, Series series);
  // Forgets series from `size` on. The caller knows that nobody has been told of them.
  void truncate(std::size_t size);
  // All series ids of one tenant and cube, ascending; a snapshot.
  std::vector<SeriesId> of_tenant(std::string_view tenant, Cube cube) const;

 private:
  static constexpr std::size_t kChunk = 4096;
  using Chunk = std::array<Series, kChunk>;
  using IdsOfCubes = std::array<std::vector<SeriesId>, 2>;
  struct Slot {
    Hash128 key;
    SeriesId id = 0;
    bool used = false;
  };
  static Hash128 key_of(const Series& series);
  std::optional<SeriesId> lookup(const Hash128& key) const;
  SeriesId add(const Hash128& key, Series series);
  // The slot of the key, or the free one where it belongs.
  std::size_t find(const Hash128& key) const;          // mutex_ held
  SeriesId append(const Hash128& key, Series series);  // mutex_ held exclusively

  // Chunks never move and slots below size_ never change, so get() needs no lock.
  std::vector<std::atomic<Chunk*>> chunks_;
  std::atomic<std::size_t> size_{0};
  mutable std::shared_mutex mutex_;  // guards all below and appending
  std::vector<Slot> slots_;          // open addressing, power of two, at most half full
  std::unordered_map<std::string, IdsOfCubes> by_tenant_;
  IdsOfCubes* last_tenant_ = nullptr;  // of the series appended last
  std::string_view last_tenant_name_;  // the key in by_tenant_
};

}  // namespace adbacus
