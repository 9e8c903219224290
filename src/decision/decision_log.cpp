#include "decision/decision_log.hpp"

#include <chrono>
#include <utility>

#include "base/logging.hpp"
#include "eventlog/control_entries.hpp"

namespace adbacus {
namespace {

constexpr auto kCloseGrace = std::chrono::seconds(10);

std::size_t shard_of_thread(std::size_t shards) {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1);
  return mine % shards;
}

}  // namespace

DecisionLog::DecisionLog(ControlLog& log, const DecisionLogOptions& options)
    : log_(log),
      options_(options),
      lost_(counter("adbacus_decision_log_lost_total",
                    "Decisions that were handed out and could not be written to the log")),
      written_(counter("adbacus_decision_log_written_total",
                       "Decisions that are durable in the log, those without an ad too")) {
  thread_.start("decision-log", std::chrono::milliseconds(options_.interval_ms),
                [this] { write_all(); });
}

DecisionLog::~DecisionLog() {
  close();
}

void DecisionLog::add(const LoggedDecision& decision) {
  if (closed_) return lost_.add();
  Shard& shard = shards_[shard_of_thread(kShards)];
  DecisionBlock full;
  {
    const std::lock_guard lock(shard.mutex);
    shard.block.add(decision);
    if (shard.block.bytes() >= options_.block_bytes) std::swap(full, shard.block);
  }
  if (!full.empty()) write(std::move(full));
}

void DecisionLog::write_all() {
  for (Shard& shard : shards_) {
    DecisionBlock block;
    {
      const std::lock_guard lock(shard.mutex);
      if (!shard.block.empty()) std::swap(block, shard.block);
    }
    if (!block.empty()) write(std::move(block));
  }
}

void DecisionLog::write(DecisionBlock block) {
  const std::uint64_t count = block.count();
  const std::string bytes = block.take();
  const std::size_t size = bytes.size();
  {
    const std::lock_guard lock(waiting_->mutex);
    if (size > kControlBytesMax || waiting_->bytes + size > options_.waiting_bytes_max) {
      return lost_.add(count);
    }
    waiting_->bytes += size;
  }
  log_.append_control(encode_control(DecisionsEntry{.block = bytes}),
                      [waiting = waiting_, size, count, &lost = lost_,
                       &written = written_](const Result<AppendAck>& ack) {
                        (ack ? written : lost).add(count);
                        {
                          const std::lock_guard lock(waiting->mutex);
                          waiting->bytes -= size;
                        }
                        waiting->changed.notify_all();
                      });
}

void DecisionLog::close() {
  if (closed_.exchange(true)) return;
  thread_.stop();
  write_all();
  std::unique_lock lock(waiting_->mutex);
  const bool done =
      waiting_->changed.wait_for(lock, kCloseGrace, [&] { return waiting_->bytes == 0; });
  if (!done) log_warn("stopped before the last decisions were in the log", {});
}

}  // namespace adbacus
