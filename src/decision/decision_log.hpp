// Writes decisions to the event log, in blocks, some tenths of a second after they were made: a
// kill forgets at most those. The caller never waits; where the log takes nothing (full disk), up
// to waiting_bytes_max wait, then decisions are lost to the log and counted
// (adbacus_decision_log_lost_total). add() is thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "base/metrics.hpp"
#include "base/periodic_thread.hpp"
#include "decision/decision_block.hpp"
#include "eventlog/event_log.hpp"

namespace adbacus {

struct DecisionLogOptions {
  int interval_ms = 200;
  std::size_t block_bytes = std::size_t{256} << 10U;  // written earlier at this size
  std::size_t waiting_bytes_max = std::size_t{16} << 20U;
};

class DecisionLog {
 public:
  DecisionLog(ControlLog& log, const DecisionLogOptions& options);
  ~DecisionLog();
  DecisionLog(const DecisionLog&) = delete;
  DecisionLog& operator=(const DecisionLog&) = delete;

  void add(const LoggedDecision& decision);
  // Writes what was added and waits until it is durable or refused; then add() does nothing.
  // Idempotent. The log must still be open.
  void close();

 private:
  static constexpr std::size_t kShards = 8;
  struct Shard {
    std::mutex mutex;
    DecisionBlock block;  // guarded by mutex
  };
  struct Waiting {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t bytes = 0;  // handed to the log, not answered; guarded by mutex
  };

  void write_all();
  void write(DecisionBlock block);

  ControlLog& log_;
  const DecisionLogOptions options_;
  std::array<Shard, kShards> shards_;
  std::shared_ptr<Waiting> waiting_ = std::make_shared<Waiting>();  // outlives us in callbacks
  Counter& lost_;
  Counter& written_;
  std::atomic<bool> closed_{false};
  PeriodicThread thread_;
};

}  // namespace adbacus
