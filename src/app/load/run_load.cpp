#include "app/load/run_load.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fmt/ostream.h>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "app/load/load_worker.hpp"
#include "app/load/report_check.hpp"
#include "base/rng.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kStartDelayUs = 20 * kMillisecondUs;  // for connecting, before the first is due

// The `part`-th of `parts` nearly equal shares of `whole`.
template <class T>
T share_of(T whole, std::uint32_t part, std::uint32_t parts) {
  return whole / parts + (part < whole % parts ? 1 : 0);
}

LoadShare make_share(const LoadOptions& options, std::uint64_t seed, TimeUs start_us,
                     std::uint32_t part) {
  LoadShare share;
  share.part = part;
  share.seed = seed;
  share.connections = share_of(options.connections, part, options.threads);
  share.end_us = start_us + static_cast<TimeUs>(options.duration_s * 1e6);
  share.first_us = start_us;
  if (options.rate_per_s > 0) {
    const double all_us = 1e6 * options.events_per_request() / options.rate_per_s;
    share.interval_us = all_us * options.threads;
    share.first_us += static_cast<TimeUs>(all_us * part);  // the threads take turns
  }
  if (options.events_max > 0) {
    share.events_max = share_of(options.events_max, part, options.threads);
    // 0 would mean no limit: this thread has nothing to do.
    if (share.events_max == 0) share.end_us = start_us;
  }
  return share;
}

// Runs the workers' threads and tells how far they are until all have ended.
class Crew {
 public:
  explicit Crew(std::vector<std::unique_ptr<LoadWorker>>& workers) : workers_(workers) {
    for (auto& worker : workers_) {
      threads_.emplace_back([this, &worker] {
        worker->run();
        const std::lock_guard lock(mutex_);
        ++ended_;
        all_ended_.notify_all();
      });
    }
  }
  ~Crew() {
    for (std::thread& thread : threads_) thread.join();
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void wait(std::ostream* progress) {
    std::uint64_t before = 0;
    std::unique_lock lock(mutex_);
    const auto is_over = [this] { return ended_ == workers_.size(); };
    while (!all_ended_.wait_for(lock, std::chrono::seconds(1), is_over)) {
      if (progress == nullptr) continue;
      std::uint64_t done = 0;
      for (const auto& worker : workers_) done += worker->progress();
      fmt::print(*progress, "{} done, {} in the last second\n", done, done - before);
      progress->flush();
      before = done;
    }
  }

 private:
  std::vector<std::unique_ptr<LoadWorker>>& workers_;
  std::mutex mutex_;  // guards ended_
  std::condition_variable all_ended_;
  std::size_t ended_ = 0;
  std::vector<std::thread> threads_;  // last: they use all of the above
};

LoadReport make_report(const LoadOptions& options, std::uint64_t seed, const LoadTally& tally,
                       double elapsed_s) {
  LoadReport report = tally.counts;
  report.seed = seed;
  report.was_settling = options.settles_requests();
  report.elapsed_s = elapsed_s;
  report.events_per_s = static_cast<double>(report.events) / elapsed_s;
  report.requests_per_s = static_cast<double>(report.requests) / elapsed_s;
  const auto quantile = [&tally](double q) {
    return static_cast<TimeUs>(tally.latency.quantile(q));
  };
  report.p50_us = quantile(0.5);
  report.p99_us = quantile(0.99);
  report.p999_us = quantile(0.999);
  report.max_us = static_cast<TimeUs>(tally.latency.max());
  return report;
}

}  // namespace

Result<LoadReport> run_load(const LoadOptions& options, std::ostream* progress) {
  if (const std::string mistakes = options.mistakes(); !mistakes.empty()) {
    return Error{ErrorCode::invalid_argument, mistakes};
  }
  const auto target = LoadTarget::resolve(options.url);
  if (!target) return target.error();
  std::unique_ptr<LoadLedger> ledger;
  if (!options.ledger_path.empty()) {
    auto opened = LoadLedger::open(real_file_system(), options.ledger_path);
    if (!opened) return opened.error();
    ledger = std::move(*opened);
  }
  Clock& clock = system_clock();
  std::optional<ReportCheck> check;
  if (options.verify) {
    auto opened = ReportCheck::open(options, clock.wall_us());
    if (!opened) return opened.error();
    check.emplace(std::move(*opened));
    if (auto read = check->read_baseline(); !read) return read.error();
  }

  const std::uint64_t seed = options.seed != 0 ? options.seed : secure_random_u64() | 1U;
  const TimeUs start_us = clock.mono_us() + kStartDelayUs;
  std::vector<std::unique_ptr<LoadWorker>> workers;
  for (std::uint32_t part = 0; part < options.threads; ++part) {
    const LoadShare share = make_share(options, seed, start_us, part);
    workers.push_back(std::make_unique<LoadWorker>(options, *target, share, clock, ledger.get()));
  }
  {
    Crew crew(workers);
    crew.wait(progress);
  }
  const TimeUs took_us = std::max<TimeUs>(clock.mono_us() - start_us, 1);
  LoadTally tally;
  for (const auto& worker : workers) tally.add(worker->tally());
  if (!tally.failure.empty()) return Error{ErrorCode::io, tally.failure};
  if (tally.counts.requests == 0 && tally.unknown_outcomes == 0 && tally.counts.errors > 0) {
    return Error{ErrorCode::unavailable, "no connection to " + options.url};
  }
  LoadReport report = make_report(options, seed, tally, static_cast<double>(took_us) / 1e6);
  if (check) {
    if (auto compared = check->compare(tally, report); !compared) return compared.error();
  }
  return report;
}

}  // namespace adbacus
