// The older ids of one window, in a few generations on disk. A background thread replaces
// generations, any number of readers look keys up in what was there when they last asked: the list
// is immutable and shared.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/archive/id_generation.hpp"

namespace adbacus {

using IdGenerationPtr = std::shared_ptr<const IdGeneration>;
using IdGenerations = std::vector<IdGenerationPtr>;  // oldest first

// Thread-safe.
class IdArchive {
 public:
  std::shared_ptr<const IdGenerations> generations() const;
  void replace(IdGenerations generations);
  // Rises with each replace(); lets a reader keep its list while nothing changed.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const IdGenerations> generations_ = std::make_shared<IdGenerations>();
  std::atomic<std::uint64_t> version_{0};
};

// Looks keys up in batches. Owned by one thread.
class IdArchiveLookup {
 public:
  explicit IdArchiveLookup(std::uint32_t window_periods) : window_periods_(window_periods) {}

  // Sets known[i] = 1 for each key that a generation holds and that is not expired in `period`, and
  // leaves the others; keys that are known already are not looked for. An error is final: nobody
  // can tell then whether a key is known.
  Result<void> find(const IdGenerations& generations, std::span<const Hash128> keys,
                    std::uint32_t period, std::span<std::uint8_t> known);
  std::uint64_t pages_read() const { return pages_read_; }

 private:
  struct Suspect {
    std::uint32_t key;
    const IdGeneration* generation;
  };
  std::uint32_t window_periods_;
  std::uint64_t pages_read_ = 0;
  std::vector<Suspect> suspects_;
};

}  // namespace adbacus
