// The embedded store under realistic batches: apply rate of write(), commit cost per row, and the
// latency of one campaign's 24 h summary from the index while batches are written.
//   store_bench [folder]     10 batches/s, each 2,000 minute rows and 10,000 hour rows, for 15 s
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "store/embedded/embedded_store.hpp"

using namespace adbacus;

namespace {

constexpr std::uint64_t kCampaigns = 1000;
constexpr TimeUs kNow = 1'795'262'400LL * kSecondUs;
constexpr int kSeconds = 15;
constexpr int kTenant = 1;

// Campaigns by Zipf's law, roughly: half of all draws fall on the first 30 of 1,000.
std::uint64_t zipf(Rng& rng) {
  const double u = rng.unit();
  return std::min(kCampaigns - 1, static_cast<std::uint64_t>(std::exp(u * std::log(1001.0))) - 1);
}

SeriesId series(SeriesTable& table, Cube cube, Rng& rng, std::uint64_t campaign) {
  Series s;
  s.cube = cube;
  s.dims[0] = fmt::format("{}", kTenant);
  s.dims[1] = fmt::format("{}", campaign);
  s.dims[2] = fmt::format("{}", rng.below(10));
  if (cube == Cube::breakdown) {
    s.dims[6] = fmt::format("{}", campaign * 10);
    s.dims[7] = fmt::format("{}", campaign * 100 + rng.below(2));
    s.dims[10] = fmt::format("C{}", rng.below(10));
    s.dims[11] = fmt::format("d{}", rng.below(3));
  }
  return table.intern(s);
}

RollupRow row(SeriesId id, Period period, Rng& rng) {
  RollupRow r{id, period, Slice::counted_valid, {}};
  r.counters[Counter64::events] = 1 + static_cast<std::int64_t>(rng.below(50));
  r.counters[rng.below(10) == 0 ? Counter64::clicks : Counter64::impressions] =
      r.counters[Counter64::events];
  return r;
}

FactBatch batch(AnalyticsStore& store, Rng& rng, Seq from, TimeUs now, int minutes, int hours) {
  FactBatch b;
  b.from = from;
  b.to = from + 1;
  b.log_time_us = now;
  for (int i = 0; i < minutes; ++i) {
    const auto id = series(store.series(), Cube::traffic, rng, zipf(rng));
    b.minute_rows.push_back(row(id, static_cast<Period>(now / kMinuteUs), rng));
  }
  for (int i = 0; i < hours; ++i) {
    const auto id = series(store.series(), Cube::breakdown, rng, zipf(rng));
    b.hour_rows.push_back(row(id, static_cast<Period>(now / kHourUs), rng));
  }
  return b;
}

void print(const char* name, std::vector<TimeUs>& us) {
  std::sort(us.begin(), us.end());
  const auto at = [&](double q) {
    return us[static_cast<std::size_t>(q * static_cast<double>(us.size() - 1))];
  };
  fmt::print("{:<28} n {:>7}  p50 {:>6} us  p99 {:>6} us  p99.9 {:>6} us  max {:>6} us\n", name,
             us.size(), at(0.5), at(0.99), at(0.999), us.back());
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

struct Bench {
  EmbeddedStoreOptions options;
  Clock& clock = system_clock();
  std::unique_ptr<AnalyticsStore> store;
  Rng rng{1};
  Seq seq = 0;

  bool write_history();
  bool write_beside_queries();
  bool commit_alone();
  bool reopen();
};

bool Bench::write_history() {
  std::size_t rows = 0;
  const double cpu = cpu_seconds();
  const TimeUs start = clock.mono_us();
  for (TimeUs minute = -24 * 60; minute < 0; ++minute) {  // a day of history
    if (!store->write(batch(*store, rng, seq, kNow + minute * kMinuteUs, 2000, 200))) return false;
    ++seq;
    rows += 2200;
  }
  const double wrote = static_cast<double>(clock.mono_us() - start) * 1e-6;
  if (!store->flush()) return false;
  fmt::print("history: {} rows, written in {:.2f} s, committed after {:.2f} s, CPU {:.2f} s\n",
             rows, wrote, static_cast<double>(clock.mono_us() - start) * 1e-6, cpu_seconds() - cpu);

  return true;
}

bool Bench::write_beside_queries() {
  std::atomic<bool> done{false};
  std::vector<TimeUs> query_us;
  std::vector<TimeUs> write_us;
  std::thread reader([&] {
    Rng mine(2);
    while (!done) {
      RollupQuery query;
      query.tenant = fmt::format("{}", kTenant);
      query.from_us = kNow - kDayUs + 17 * kMinuteUs;
      query.to_us = kNow + 17 * kMinuteUs;
      query.filters = {{SeriesDim::campaign, FilterOp::eq, {fmt::format("{}", zipf(mine))}}};
      query.measures = {{Counter64::impressions, kNetSlices},
                        {Counter64::clicks, kNetSlices},
                        {Counter64::conversions, kNetSlices},
                        {Counter64::value_micros, kNetSlices}};
      const TimeUs begin = clock.mono_us();
      auto result = store->query(query);
      if (!result || result->source != "index") std::abort();
      query_us.push_back(clock.mono_us() - begin);
    }
  });
  std::vector<FactBatch> batches;  // made beforehand, so that only the store is measured
  for (int i = 0; i < kSeconds * 10; ++i) {
    batches.push_back(batch(*store, rng, seq++, kNow + i * 100 * kMillisecondUs, 2000, 10'000));
  }
  const TimeUs start = clock.mono_us();
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const TimeUs begin = clock.mono_us();
    if (!store->write(std::move(batches[i]))) return false;
    write_us.push_back(clock.mono_us() - begin);
    const TimeUs next = start + static_cast<TimeUs>(i + 1) * 100 * kMillisecondUs;
    if (const TimeUs now = clock.mono_us(); now < next) {
      std::this_thread::sleep_for(std::chrono::microseconds(next - now));
    }
  }
  done = true;
  reader.join();
  print("write() of 12,000 rows", write_us);
  print("summary, 1 campaign, 24 h", query_us);
  TimeUs sum = 0;
  for (const TimeUs us : write_us) sum += us;
  fmt::print("write(): {:.0f} ns a row\n",
             static_cast<double>(sum) * 1000 / (12'000.0 * static_cast<double>(write_us.size())));
  if (!store->flush()) return false;
  return true;
}

bool Bench::commit_alone() {
  // Commit cost alone: nothing else runs, CPU of the process minus that of write().
  double cpu = cpu_seconds();
  for (int i = 0; i < 20; ++i) {
    FactBatch next = (batch(*store, rng, seq++, kNow + kMinuteUs + i, 2000, 10'000));
    if (!store->write(std::move(next))) return false;
  }
  cpu = cpu_seconds();
  const TimeUs start = clock.mono_us();
  if (!store->flush()) return false;
  const StoreStatus status = store->status();
  fmt::print("commit of 20 batches (240,000 rows before merging): {:.0f} ms, CPU {:.0f} ms\n",
             static_cast<double>(clock.mono_us() - start) * 1e-3, (cpu_seconds() - cpu) * 1e3);
  fmt::print("index: {} rows, {} MB; disk {} MB\n", status.index_rows, status.index_bytes >> 20U,
             status.disk_bytes >> 20U);
  return true;
}

bool Bench::reopen() {
  store->close();
  store.reset();
  const TimeUs start = clock.mono_us();
  auto opened = open_embedded_store(options, clock);
  if (!opened) return false;
  const TimeUs open_us = clock.mono_us() - start;
  while (!(*opened)->status().settled) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  fmt::print("reopen with {} series: {} ms, index filled after {} ms\n", (*opened)->series().size(),
             open_us / 1000, (clock.mono_us() - start) / 1000);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "store_bench_data";
  std::filesystem::create_directories(folder);
  std::filesystem::remove(folder + "/store.duckdb");
  Bench bench;
  bench.options.path = folder + "/store.duckdb";
  bench.options.log_uuid = "bench";
  auto opened = open_embedded_store(bench.options, bench.clock);
  if (!opened) {
    fmt::print("{}\n", opened.error().message);
    return 1;
  }
  bench.store = std::move(*opened);
  const bool done = bench.write_history() && bench.write_beside_queries() && bench.commit_alone() &&
                    bench.reopen();
  return done ? 0 : 1;
}
