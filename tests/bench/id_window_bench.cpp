// What a key costs in the id window: batches of 256 into a table that does not fit the caches.
#include <array>
#include <benchmark/benchmark.h>

#include "base/id_window.hpp"
#include "base/parallel.hpp"
#include "base/rng.hpp"

namespace {

using adbacus::Hash128;
using adbacus::IdWindow;
using adbacus::Rng;

constexpr std::size_t kBatch = 256;
using Keys = std::array<Hash128, kBatch>;
using Known = std::array<std::uint8_t, kBatch>;

void fill(Keys& keys, Rng& rng) {
  for (Hash128& key : keys) {
    const std::uint64_t low = rng.next();
    key = {low, rng.next()};
  }
}

// Grows from nothing to `keys`, splits included.
void grow(benchmark::State& state) {
  const auto target = static_cast<std::size_t>(state.range(0));
  std::size_t bytes = 0;
  for (auto _ : state) {
    IdWindow window(96);
    Rng rng(1);
    Keys keys;
    Known known;
    for (std::size_t n = 0; n < target; n += kBatch) {
      fill(keys, rng);
      window.check_and_insert(keys, 1000, known);
    }
    bytes = window.memory_bytes();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes_per_key"] =
      static_cast<double>(bytes) / static_cast<double>(state.range(0));
}

// A day's steady traffic: the window is full, each period adds 1/96 of it and forgets as much.
void steady(benchmark::State& state) {
  const auto resident = static_cast<std::size_t>(state.range(0));
  IdWindow window(96);
  Rng rng(1);
  Keys keys;
  Known known;
  std::size_t inserted = 0;
  std::uint32_t period = 1000;
  const auto insert_batch = [&] {
    fill(keys, rng);
    window.check_and_insert(keys, period, known);
    inserted += kBatch;
    if (inserted >= resident / 97) {
      inserted = 0;
      ++period;
    }
  };
  while (period < 1100) insert_batch();
  for (auto _ : state) insert_batch();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
  state.counters["bytes_per_key"] =
      static_cast<double>(window.memory_bytes()) / static_cast<double>(resident);
}

// Every key is a duplicate of one of `keys` resident ones.
void known(benchmark::State& state) {
  const auto resident = static_cast<std::size_t>(state.range(0));
  IdWindow window(96);
  Keys keys;
  Known known;
  Rng rng(1);
  for (std::size_t n = 0; n < resident; n += kBatch) {
    fill(keys, rng);
    window.check_and_insert(keys, 1000, known);
  }
  Rng pick(7);
  for (auto _ : state) {
    for (Hash128& key : keys) {
      // The n-th key again: splitmix64's state is a multiple of its increment.
      Rng again(1 + 2 * pick.below(resident) * 0x9e3779b97f4a7c15ULL);
      const std::uint64_t low = again.next();
      key = {low, again.next()};
    }
    window.check_and_insert(keys, 1000, known);
    benchmark::DoNotOptimize(known);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}

// A restart: ids of eight stretches come back, at once or piled up first on one or more threads.
void restore(benchmark::State& state) {
  const auto target = static_cast<std::size_t>(state.range(0));
  const auto threads = static_cast<unsigned>(state.range(1));
  constexpr std::size_t kStretches = 8;
  for (auto _ : state) {
    IdWindow window(96);
    window.reserve(target, 1000);
    std::vector<adbacus::IdPiles> piles;
    while (piles.size() < kStretches) piles.emplace_back(window.pile_bits());
    adbacus::run_parallel(threads, kStretches, [&](std::size_t i) {
      Rng rng(i + 1);
      Keys keys;
      for (std::size_t n = 0; n < target / kStretches; n += kBatch) {
        fill(keys, rng);
        if (threads == 0) {
          window.restore(keys, 1000, 1000);
        } else {
          piles[i].add(keys, 1000);
        }
      }
    });
    std::vector<const adbacus::IdPiles*> in_order;
    for (const auto& pile : piles) in_order.push_back(&pile);
    if (threads > 0) window.restore(in_order, 1000, threads);
    benchmark::DoNotOptimize(window.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(restore)
    ->ArgNames({"ids", "threads"})
    ->Args({20'000'000, 0})
    ->Args({20'000'000, 1})
    ->Args({20'000'000, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(grow)->Arg(1'000'000)->Arg(20'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(steady)->Arg(20'000'000);
BENCHMARK(known)->Arg(20'000'000);

}  // namespace

BENCHMARK_MAIN();
