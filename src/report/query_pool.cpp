#include "report/query_pool.hpp"

#include <algorithm>
#include <utility>

#include "base/thread_name.hpp"

namespace adbacus {

QueryPool::QueryPool(const QueryPoolOptions& options) : options_(options) {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { work(); });
    name_thread(threads_.back(), "report");
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
    ++running_[waiting.tenant];
    lock.unlock();
    waiting.job();
    waiting.job = nullptr;  // what it holds goes before anybody is told that it is done
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
  }
  dropped.clear();  // they are answered now, not when the last one running is done
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace adbacus
