// What the durable log alone can take on this disk: producers hand in batches and wait for their
// acks with a bounded number in flight. Prints events/s, CPU per event of the commit thread and of
// all, groups and their sync time; then reopens the log and times the restoring of the ids.
//   log_bench <folder> [seconds=10] [batch=100] [producers=2] [in_flight=32]
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <fmt/core.h>
#include <mutex>
#include <thread>
#include <time.h>
#include <vector>

#include "base/metrics.hpp"
#include "base/rng.hpp"
#include "eventlog/entry_keys.hpp"
#include "eventlog/registry.hpp"

namespace {

using namespace adbacus;

struct Plan {
  std::string folder;
  int seconds = 10;
  std::uint32_t batch = 100;
  int producers = 2;
  int in_flight = 32;
};

double thread_cpu_s(clockid_t clock) {
  timespec t = {};
  ::clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// A batch of events with the reference event's fields; ids are patched in per use, so that the
// producers cost little beside the log.
AppendBatch make_template(std::uint32_t events, std::uint64_t seed) {
  AppendBatch batch;
  for (std::uint32_t i = 0; i < events; ++i) {
    const std::string user = fmt::format("u-{}", i * 7919);
    Event event;
    event.type = EventType::impression;
    event.time_us = system_clock().wall_us() / 1000 * 1000;
    event.tenant = "1";
    event.event_id = "5f0c2f6a-8a1b-4c67-9a64-0f4c1c0f8f11";
    event.user_id = user;
    event.session_id = "s-98765432";
    event.campaign_id = "42";
    event.line_item_id = "420";
    event.placement_id = "7";
    event.creative_id = "4200";
    event.country = "DE";
    event.device = "mobile";
    event.browser = "Chrome";
    add_event(event, seed, batch);
  }
  return batch;
}

struct Producer {
  std::mutex mutex;
  std::condition_variable answered;
  int waiting = 0;
};

void produce(EventLog& log, const Plan& plan, std::uint64_t seed, const std::atomic<bool>& stop,
             std::atomic<std::uint64_t>& acked, std::atomic<bool>& measured, double& commit_cpu) {
  Rng rng(seed);
  const AppendBatch model = make_template(plan.batch, log.identity().hash_seed);
  Producer state;
  while (!stop) {
    AppendBatch batch = model;
    for (EntryMeta& entry : batch.entries) {
      entry.id_key = {rng.next(), rng.next()};
      entry.content_hash = entry.id_key.low;
      entry.partition = static_cast<Partition>(rng.below(kPartitions));
    }
    {
      std::unique_lock lock(state.mutex);
      state.answered.wait(lock, [&] { return state.waiting < plan.in_flight; });
      ++state.waiting;
    }
    log.append(std::move(batch), [&](Result<AppendAck> ack) {
      if (!ack) {
        fmt::print(stderr, "{}\n", ack.error().message);
        std::exit(1);
      }
      acked += ack->dispositions.size();
      if (stop && !measured.exchange(true)) commit_cpu = thread_cpu_s(CLOCK_THREAD_CPUTIME_ID);
      const std::lock_guard lock(state.mutex);
      --state.waiting;
      state.answered.notify_one();
    });
  }
  std::unique_lock lock(state.mutex);
  state.answered.wait(lock, [&] { return state.waiting == 0; });
}

EventLogConfig config_of(const Plan& plan) {
  EventLogConfig config;
  config.embedded.folder = plan.folder;
  config.embedded.free_bytes_min = 0;
  return config;
}

void run(const Plan& plan) {
  auto log = open_event_log(real_file_system(), system_clock(), config_of(plan));
  if (!log) {
    fmt::print(stderr, "{}\n", log.error().message);
    std::exit(1);
  }
  std::atomic<bool> stop{false};
  std::atomic<bool> measured{false};
  std::atomic<std::uint64_t> acked{0};
  double commit_cpu = 0;
  const TimeUs begin = system_clock().mono_us();
  const double cpu_begin = thread_cpu_s(CLOCK_PROCESS_CPUTIME_ID);
  std::vector<std::thread> producers;
  for (int i = 0; i < plan.producers; ++i) {
    producers.emplace_back([&, i] {
      produce(**log, plan, secure_random_u64() + static_cast<std::uint64_t>(i), stop, acked,
              measured, commit_cpu);
    });
  }
  while (system_clock().mono_us() < begin + plan.seconds * kSecondUs) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  stop = true;
  for (std::thread& producer : producers) producer.join();
  const double seconds = static_cast<double>(system_clock().mono_us() - begin) * 1e-6;
  const double cpu = thread_cpu_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_begin;
  const auto events = static_cast<double>(acked.load());
  const auto& sync = histogram("adbacus_log_fsync_duration_seconds", "");
  const auto groups = static_cast<double>(counter("adbacus_log_groups_total", "").value());
  const auto bytes = static_cast<double>(counter("adbacus_log_bytes_total", "").value());
  fmt::print("{:.0f} events/s  commit thread {:.0f} ns/event  all threads {:.0f} ns/event\n",
             events / seconds, commit_cpu / events * 1e9, cpu / events * 1e9);
  fmt::print(
      "{:.1f} B/event in the log, groups of {:.0f} events, mean sync {:.0f} us, ids {:.1f} B\n",
      bytes / events, events / groups,
      static_cast<double>(sync.sum_us()) / static_cast<double>(sync.count()),
      static_cast<double>((*log)->status().id_bytes) / events);
  log->reset();

  const TimeUs reopen = system_clock().mono_us();
  const double reopen_cpu = thread_cpu_s(CLOCK_PROCESS_CPUTIME_ID);
  auto again = open_event_log(real_file_system(), system_clock(), config_of(plan));
  if (!again) {
    fmt::print(stderr, "{}\n", again.error().message);
    std::exit(1);
  }
  fmt::print("reopened with {} ids in {:.0f} ms, {:.0f} ms of CPU\n", (*again)->status().id_count,
             static_cast<double>(system_clock().mono_us() - reopen) * 1e-3,
             (thread_cpu_s(CLOCK_PROCESS_CPUTIME_ID) - reopen_cpu) * 1e3);
  const TimeUs read_begin = system_clock().mono_us();
  auto reader = (*again)->reader();
  LogBatch batch;
  std::uint64_t read = 0;
  for (Seq from = 1; from <= (*again)->status().synced_seq; from = batch.next) {
    if (!reader->read(from, std::size_t{1} << 20U, 0, batch)) std::exit(1);
    read += batch.entries.size();
  }
  const double read_s = static_cast<double>(system_clock().mono_us() - read_begin) * 1e-6;
  fmt::print("read back {} events at {:.1f} M/s\n", read,
             static_cast<double>(read) / read_s * 1e-6);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "log_bench <folder> [seconds] [batch] [producers] [in_flight]\n");
    return 2;
  }
  Plan plan{.folder = argv[1]};
  if (argc > 2) plan.seconds = std::atoi(argv[2]);
  if (argc > 3) plan.batch = static_cast<std::uint32_t>(std::atoi(argv[3]));
  if (argc > 4) plan.producers = std::atoi(argv[4]);
  if (argc > 5) plan.in_flight = std::atoi(argv[5]);
  run(plan);
  return 0;
}
