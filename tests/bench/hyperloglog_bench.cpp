// Adding a user to one of many distinct-count sketches: in cache, and over more than the caches
// hold.
#include <benchmark/benchmark.h>
#include <vector>

#include "base/rng.hpp"
#include "base/sketch/hyperloglog.hpp"

namespace {

using adbacus::HyperLogLog;
using adbacus::Rng;

void add(benchmark::State& state) {
  const auto sketches = static_cast<std::size_t>(state.range(0));
  const auto users = static_cast<int>(state.range(1));  // per sketch, before measuring
  std::vector<HyperLogLog> all(sketches);
  Rng rng(1);
  for (HyperLogLog& sketch : all) {
    for (int i = 0; i < users; ++i) sketch.add(rng.next());
  }
  for (auto _ : state) benchmark::DoNotOptimize(all[rng.below(sketches)].add(rng.next()));
  state.SetItemsProcessed(state.iterations());
}

void estimate(benchmark::State& state) {
  HyperLogLog sketch;
  Rng rng(1);
  for (int i = 0; i < static_cast<int>(state.range(0)); ++i) sketch.add(rng.next());
  for (auto _ : state) benchmark::DoNotOptimize(sketch.estimate());
}

BENCHMARK(add)->Args({10, 100'000})->Args({10'000, 5'000});
BENCHMARK(estimate)->Arg(100)->Arg(100'000);

}  // namespace

BENCHMARK_MAIN();
