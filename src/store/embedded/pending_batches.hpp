// The batches between write() and their commit, and how far each shard is written and committed.
// Thread-safe: writers push, queries take snapshots, the commit thread removes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "store/embedded/batch_commit.hpp"
#include "store/embedded/pending_batch.hpp"

namespace adbacus {

class PendingBatches {
 public:
  struct State {
    std::vector<PendingBatchPtr> batches;  // in order, those of all shards mixed
    Seq position = 0;                      // everything up to it is committed or in `batches`
    TimeUs log_time_us = 0;                // of that position
  };
  enum class Order { next, known, gap };

  PendingBatches(std::vector<ShardOffset> committed, std::size_t bytes_max);

  // Whether a batch follows what its shard has written.
  Order order(const FactBatch& batch) const;
  // Waits until less than bytes_max wait for their commit. False after close().
  bool wait_for_room();
  void push(PendingBatchPtr batch);
  State state() const;
  // Only the position, for queries that need no batches.
  State position() const;
  bool wait_visible(Seq seq, int timeout_ms);
  // The commit thread: at most as many batches as hold about `bytes`.
  std::vector<PendingBatchPtr> oldest(std::size_t bytes) const;
  void committed(std::size_t count);  // the oldest `count`
  ShardOffset committed_of(std::uint16_t shard) const;
  Seq committed_all() const;  // smallest over the shards
  Seq written_of(std::uint16_t shard) const;
  std::size_t size() const;
  std::size_t bytes() const;
  Seq events() const;  // that a restart would have to count again
  void close();        // wakes everybody who waits for room or visibility

 private:
  State position_locked() const;

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<PendingBatchPtr> batches_;
  std::vector<ShardOffset> written_;
  std::vector<ShardOffset> committed_;
  std::size_t bytes_ = 0;
  Seq events_ = 0;
  bool closed_ = false;
};

}  // namespace adbacus
