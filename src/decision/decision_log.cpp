#include "decision/decision_log.hpp"

#include <chrono>
#include <utility>

#include "base/logging.hpp"
#include "base/thread_name.hpp"
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
                    "Decisions that were handed out and could not be written to the log")) {
  thread_ = std::thread([this] { run(); });
  name_thread(thread_, "decision-log");
}

DecisionLog::~DecisionLog() {
  close();
}

void DecisionLog::add(const LoggedDecision& decision) {
  if (closed_) return lost_.add();
  Shard& shard = shards_[shard_of_thread(kShards)];
  std::string full;
  {
    const std::lock_guard lock(shard.mutex);
    shard.block.add(decision);
    if (shard.block.bytes() >= options_.block_bytes) full = shard.block.take();
  }
  if (!full.empty()) write(std::move(full));
}

void DecisionLog::run() {
  std::unique_lock lock(stop_mutex_);
  while (!stop_changed_.wait_for(lock, std::chrono::milliseconds(options_.interval_ms),
                                 [&] { return stopping_; })) {
    lock.unlock();
    write_all();
    lock.lock();
  }
}

void DecisionLog::write_all() {
  for (Shard& shard : shards_) {
    std::string block;
    {
      const std::lock_guard lock(shard.mutex);
      if (!shard.block.empty()) block = shard.block.take();
    }
    if (!block.empty()) write(std::move(block));
  }
}

void DecisionLog::write(std::string block) {
  const std::size_t bytes = block.size();
  {
    std::unique_lock lock(waiting_->mutex);
    if (bytes > kControlBytesMax || waiting_->bytes + bytes > options_.waiting_bytes_max) {
      lock.unlock();
      std::uint64_t count = 0;
      (void)read_decision_block(block, [&](const LoggedDecision&) { ++count; });
      return lost_.add(count);
    }
    waiting_->bytes += bytes;
  }
  log_.append_control(encode_control(DecisionsEntry{.block = block}),
                      [waiting = waiting_, bytes, &lost = lost_, block](Result<AppendAck> ack) {
                        if (!ack) {
                          std::uint64_t count = 0;
                          (void)read_decision_block(block, [&](const LoggedDecision&) { ++count; });
                          lost.add(count);
                        }
                        {
                          const std::lock_guard lock(waiting->mutex);
                          waiting->bytes -= bytes;
                        }
                        waiting->changed.notify_all();
                      });
}

void DecisionLog::close() {
  if (closed_.exchange(true)) return;
  {
    const std::lock_guard lock(stop_mutex_);
    stopping_ = true;
  }
  stop_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  write_all();
  std::unique_lock lock(waiting_->mutex);
  const bool done =
      waiting_->changed.wait_for(lock, kCloseGrace, [&] { return waiting_->bytes == 0; });
  if (!done) log_warn("stopped before the last decisions were in the log", {});
}

}  // namespace adbacus
