// A bounded pool of threads for work that may block (reports, the catalog), so that I/O threads
// never do. Every module that has such work has a pool of its own. One tenant gets at most a few of
// the threads at a time; its further queries wait, others overtake. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/metrics.hpp"

namespace adbacus {

struct QueryPoolOptions {
  std::size_t threads = 4;
  std::size_t queue_max = 256;  // waiting queries of all tenants
  std::size_t running_per_tenant_max = 4;
  std::string name = "report";  // of the threads, and in the names of metrics
};

class QueryPool {
 public:
  using Job = std::function<void()>;

  explicit QueryPool(const QueryPoolOptions& options);
  ~QueryPool();
  QueryPool(const QueryPool&) = delete;
  QueryPool& operator=(const QueryPool&) = delete;

  // False: the queue is full or the pool is stopping; the job is dropped, not run.
  bool submit(std::string tenant, Job job);
  // Runs what has started to its end, drops the rest, joins. Idempotent.
  void stop();

 private:
  struct Waiting {
    std::string tenant;
    Job job;
  };
  void work();
  // The oldest job whose tenant may run; the queue's end if there is none. Holds mutex_.
  std::deque<Waiting>::iterator next();

  const QueryPoolOptions options_;
  Gauge& waiting_;
  Histogram& duration_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<Waiting> queue_;
  std::unordered_map<std::string, std::size_t> running_;  // by tenant; no zeros
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace adbacus
