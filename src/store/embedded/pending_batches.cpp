#include "store/embedded/pending_batches.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace adbacus {
namespace {

ShardOffset offset_behind(const PendingBatch& batch) {
  return {.seq = batch.to, .log_time_us = batch.log_time_us, .keys_max = batch.keys_max};
}

}  // namespace

std::size_t bytes_of(const PendingBatch& batch) {
  std::size_t bytes = sizeof(batch) + bytes_of(batch.runs);
  for (const ConversionFact& fact : batch.conversions) {
    bytes += sizeof(fact) + fact.event_id.size() + fact.user_id.size() + fact.transaction_id.size();
  }
  for (const ReachDelta& delta : batch.reach) {
    bytes += sizeof(delta) + delta.registers.size() * sizeof(std::uint32_t);
  }
  return bytes;
}

PendingBatches::PendingBatches(std::vector<ShardOffset> committed, std::size_t bytes_max)
    : bytes_max_(bytes_max), written_(committed), committed_(std::move(committed)) {}

PendingBatches::Order PendingBatches::order(const FactBatch& batch) const {
  const std::lock_guard lock(mutex_);
  const Seq written = written_[batch.shard].seq;
  if (batch.to <= written) return Order::known;
  return batch.from == written ? Order::next : Order::gap;
}

bool PendingBatches::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || bytes_ < bytes_max_; });
  return !closed_;
}

void PendingBatches::push(PendingBatchPtr batch) {
  const std::lock_guard lock(mutex_);
  batches_.push_back(batch);  // first: it may find no memory
  written_[batch->shard] = offset_behind(*batch);
  bytes_ += batch->bytes;
  events_ += batch->to - batch->from;
  changed_.notify_all();
}

PendingBatches::State PendingBatches::position_locked() const {
  const auto least =
      std::min_element(written_.begin(), written_.end(),
                       [](const ShardOffset& a, const ShardOffset& b) { return a.seq < b.seq; });
  return {{}, least->seq, least->log_time_us};
}

PendingBatches::State PendingBatches::state() const {
  const std::lock_guard lock(mutex_);
  State state = position_locked();
  state.batches = batches_;
  return state;
}

PendingBatches::State PendingBatches::position() const {
  const std::lock_guard lock(mutex_);
  return position_locked();
}

bool PendingBatches::wait_visible(Seq seq, int timeout_ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                    [&] { return closed_ || position_locked().position >= seq; });
  return position_locked().position >= seq;
}

std::vector<PendingBatchPtr> PendingBatches::oldest(std::size_t bytes) const {
  const std::lock_guard lock(mutex_);
  std::vector<PendingBatchPtr> result;
  std::size_t sum = 0;
  for (const PendingBatchPtr& batch : batches_) {
    if (!result.empty() && sum + batch->bytes > bytes) break;
    sum += batch->bytes;
    result.push_back(batch);
  }
  return result;
}

void PendingBatches::committed(std::size_t count) {
  std::vector<PendingBatchPtr> done;  // freed after the lock
  done.reserve(count);                // all or nothing if there is no memory
  const std::lock_guard lock(mutex_);
  const auto end = batches_.begin() + static_cast<std::ptrdiff_t>(count);
  for (auto at = batches_.begin(); at != end; ++at) {
    committed_[(*at)->shard] = offset_behind(**at);
    bytes_ -= (*at)->bytes;
    events_ -= (*at)->to - (*at)->from;
    done.push_back(std::move(*at));
  }
  batches_.erase(batches_.begin(), end);
  changed_.notify_all();
}

ShardOffset PendingBatches::committed_of(std::uint16_t shard) const {
  const std::lock_guard lock(mutex_);
  return committed_[shard];
}

Seq PendingBatches::committed_all() const {
  const std::lock_guard lock(mutex_);
  Seq least = committed_.front().seq;
  for (const ShardOffset& offset : committed_) least = std::min(least, offset.seq);
  return least;
}

Seq PendingBatches::written_of(std::uint16_t shard) const {
  const std::lock_guard lock(mutex_);
  return written_[shard].seq;
}

std::size_t PendingBatches::size() const {
  const std::lock_guard lock(mutex_);
  return batches_.size();
}

std::size_t PendingBatches::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

Seq PendingBatches::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

void PendingBatches::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace adbacus
