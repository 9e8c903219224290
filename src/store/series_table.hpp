// Interns series: dimension texts <-> dense SeriesId. Shared by the fold (which interns) and the
// store (which persists and reads). Thread-safe; readers never wait for interning of other series
// longer than one insertion. Ids depend on arrival order and are therefore never compared across data
// folders; canonical dumps use the texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"
#include "store/rollup.hpp"

namespace adbacus {

class SeriesTable {
 public:
  SeriesId intern(const Series& series);
  // Reference valid for the table's lifetime.
  const Series& get(SeriesId id) const;
  std::size_t size() const;
  // Recovery: the store loads what it persisted, in id order from 0.
  void load(SeriesId id, Series series);
  // All series ids of one tenant and cube, for planning; a snapshot.
  std::vector<SeriesId> of_tenant(std::string_view tenant, Cube cube) const;

 private:
  struct KeyHash {
    std::size_t operator()(const Hash128& h) const { return static_cast<std::size_t>(h.low); }
  };
  mutable std::shared_mutex mutex_;  // guards all below
  std::deque<Series> series_;
  std::unordered_map<Hash128, SeriesId, KeyHash> ids_;
  std::unordered_map<std::string, std::array<std::vector<SeriesId>, 2>> by_tenant_;
};

}  // namespace adbacus
