// Log batches to be read into, used again once nobody holds them: their megabyte of memory would
// otherwise be mapped and cleared for every read. Thread-safe: one thread takes, any lets go.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "eventlog/event_log.hpp"

namespace adbacus {

class BatchPool : public std::enable_shared_from_this<BatchPool> {
 public:
  // Cleared. Comes back to the pool when its last holder lets go.
  std::shared_ptr<LogBatch> take() {
    std::unique_ptr<LogBatch> batch;
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        batch = std::move(free_.back());
        free_.pop_back();
      }
    }
    if (!batch) batch = std::make_unique<LogBatch>();
    batch->clear();
    return {batch.release(), [pool = shared_from_this()](LogBatch* used) {
              pool->give(std::unique_ptr<LogBatch>(used));
            }};
  }

 private:
  static constexpr std::size_t kKept = 8;

  void give(std::unique_ptr<LogBatch> batch) {
    const std::lock_guard lock(mutex_);
    if (free_.size() < kKept) free_.push_back(std::move(batch));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<LogBatch>> free_;
};

}  // namespace adbacus
