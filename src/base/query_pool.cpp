#include "base/query_pool.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <new>
#include <utility>

#include "base/clock.hpp"
#include "base/logging.hpp"
#include "base/thread_name.hpp"

namespace adbacus {

QueryPool::QueryPool(const QueryPoolOptions& options)
    : options_(options),
      waiting_(
          gauge(fmt::format("adbacus_{}_waiting", options.name), "Requests waiting for a worker")),
      duration_(histogram(fmt::format("adbacus_{}_worker_duration_seconds", options.name),
                          "Time of a request that is not answered from memory at once")) {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { work(); });
    name_thread(threads_.back(), options_.name.c_str());
  }
}

QueryPool::~QueryPool() {
  stop();
}

bool QueryPool::submit(std::string tenant, Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= options_.queue_max) return false;
    queue_.push_back({std::move(tenant), std::move(job)});
    waiting_.add(1);
  }
  changed_.notify_one();
  return true;
}

std::deque<QueryPool::Waiting>::iterator QueryPool::next() {
  return std::find_if(queue_.begin(), queue_.end(), [this](const Waiting& waiting) {
    const auto running = running_.find(waiting.tenant);
    return running == running_.end() || running->second < options_.running_per_tenant_max;
  });
}

void QueryPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    auto place = queue_.end();
    changed_.wait(lock, [&] { return stopping_ || (place = next()) != queue_.end(); });
    if (stopping_) return;
    Waiting waiting = std::move(*place);
    queue_.erase(place);
    waiting_.add(-1);
    ++running_[waiting.tenant];
    lock.unlock();
    const TimeUs begin_us = system_clock().mono_us();
    try {
      waiting.job();
    } catch (const std::bad_alloc&) {  // what is dropped unanswered says that it was too much
      log_warn("no memory for a request", {{"pool", options_.name}});
    }
    waiting.job = nullptr;  // what it holds goes before anybody is told that it is done
    duration_.record_us(static_cast<std::uint64_t>(system_clock().mono_us() - begin_us));
    lock.lock();
    if (--running_[waiting.tenant] == 0) running_.erase(waiting.tenant);
    changed_.notify_one();  // a query of the same tenant may have waited for this
  }
}

void QueryPool::stop() {
  std::deque<Waiting> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(queue_);
    waiting_.add(-static_cast<std::int64_t>(dropped.size()));
  }
  dropped.clear();  // they are answered now, not when the last one running is done
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace adbacus
