// Ids on disk: what writing a generation costs, its bytes an id on disk and in memory, and what a
// lookup of unknown and of known keys costs. Files lie in ADBACUS_BENCH_FOLDER, else in /tmp.
#include <array>
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <string>

#include "base/archive/id_archive.hpp"
#include "base/archive/id_generation_writer.hpp"
#include "base/archive/id_merge.hpp"
#include "base/id_window.hpp"
#include "base/rng.hpp"

namespace {

using namespace adbacus;

constexpr std::uint32_t kWindow = 96;
constexpr std::uint32_t kPeriod = 1000;
constexpr std::size_t kBatch = 256;

std::string path_of(const std::string& name) {
  const char* folder = std::getenv("ADBACUS_BENCH_FOLDER");
  return std::string(folder == nullptr ? "/tmp" : folder) + "/adbacus_id_archive_bench_" + name;
}

Hash128 next_key(Rng& rng) {
  const std::uint64_t low = rng.next();
  return {low, rng.next()};
}

void fill(IdWindow& window, std::uint64_t seed, std::size_t count) {
  Rng rng(seed);
  std::array<Hash128, kBatch> keys;
  std::array<std::uint8_t, kBatch> known;
  for (std::size_t n = 0; n < count; n += kBatch) {
    for (Hash128& key : keys) key = next_key(rng);
    window.check_and_insert(keys, kPeriod, known);
  }
}

Result<IdGenerationInfo> write(const IdWindow& window, const std::string& path) {
  IdGenerationInfo info{.first_period = kPeriod, .last_period = kPeriod};
  auto writer = IdGenerationWriter::create(real_file_system(), path, info, window.size());
  if (!writer) return writer.error();
  auto written = window.visit_sorted(
      kPeriod, [&](std::span<const ArchivedId> ids) { return writer->add(ids); });
  if (!written) return written.error();
  return writer->finish();
}

IdGenerationPtr make(std::uint64_t seed, std::size_t count) {
  IdWindow window(kWindow);
  fill(window, seed, count);
  const std::string path = path_of(std::to_string(seed));
  (void)write(window, path);
  return *IdGeneration::open(real_file_system(), path, 2);
}

void clean(const IdGenerations& generations) {
  for (const auto& generation : generations) (void)real_file_system().remove(generation->path());
}

void build(benchmark::State& state) {
  IdWindow window(kWindow);
  fill(window, 1, static_cast<std::size_t>(state.range(0)));
  const std::string path = path_of("build");
  for (auto _ : state) {
    if (!write(window, path)) state.SkipWithError("write");
  }
  const auto opened = *IdGeneration::open(real_file_system(), path, 2);
  const auto ids = static_cast<double>(opened->info().ids);
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["disk_bytes_per_id"] = static_cast<double>(opened->file_bytes()) / ids;
  state.counters["memory_bytes_per_id"] = static_cast<double>(opened->memory_bytes()) / ids;
  clean({opened});
}

void merge(benchmark::State& state) {
  const auto each = static_cast<std::size_t>(state.range(0));
  const IdGenerations from{make(1, each), make(2, each), make(3, each)};
  const std::string path = path_of("merged");
  for (auto _ : state) {
    auto merged = merge_id_generations(real_file_system(), path, from, "", kPeriod, kWindow,
                                       [] { return true; });
    if (!merged) state.SkipWithError("merge");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * 3);
  clean(from);
  (void)real_file_system().remove(path);
}

void open(benchmark::State& state) {
  const IdGenerations generations{make(1, static_cast<std::size_t>(state.range(0)))};
  for (auto _ : state) {
    auto opened = IdGeneration::open(real_file_system(), generations[0]->path(), 2);
    benchmark::DoNotOptimize(opened);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  clean(generations);
}

// `count` generations; the keys are in none of them (known_share 0) or so many per cent are.
void lookup(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto each = static_cast<std::size_t>(state.range(1));
  const auto known_share = static_cast<std::uint64_t>(state.range(2));
  IdGenerations generations;
  for (std::size_t i = 0; i < count; ++i) generations.push_back(make(i + 1, each));
  IdArchiveLookup archive(kWindow);
  Rng rng(77);
  Rng fresh(1234567);
  std::array<Hash128, kBatch> keys;
  std::array<std::uint8_t, kBatch> known;
  std::uint64_t hits = 0;
  for (auto _ : state) {
    for (Hash128& key : keys) {
      key = next_key(fresh);
      if (rng.below(100) >= known_share) continue;
      Rng again(1 + rng.below(count) + 2 * rng.below(each) * 0x9e3779b97f4a7c15ULL);
      key = next_key(again);
    }
    known.fill(0);
    if (!archive.find(generations, keys, kPeriod, known)) state.SkipWithError("find");
    for (const std::uint8_t k : known) hits += k;
  }
  const auto lookups = static_cast<double>(state.iterations()) * kBatch;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
  state.counters["pages_per_lookup"] = static_cast<double>(archive.pages_read()) / lookups;
  state.counters["known_share"] = static_cast<double>(hits) / lookups;
  clean(generations);
}

BENCHMARK(build)->Arg(20'000'000)->Unit(benchmark::kMillisecond)->Iterations(2)->UseRealTime();
BENCHMARK(merge)->Arg(10'000'000)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime();
BENCHMARK(open)->Arg(20'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(lookup)
    ->ArgNames({"generations", "ids_each", "known_percent"})
    ->Args({1, 10'000'000, 0})
    ->Args({5, 10'000'000, 0})
    ->Args({5, 10'000'000, 2})
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
