// CRC-32C and the id hash over sizes the log sees: a record header, an event, a group.
#include <benchmark/benchmark.h>
#include <string>

#include "base/hash.hpp"

namespace {

void crc32c(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    benchmark::DoNotOptimize(adbacus::crc32c(0, bytes.data(), bytes.size()));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void hash128(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(adbacus::hash128(bytes, 42));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK(crc32c)->Arg(32)->Arg(128)->Arg(4'096)->Arg(262'144);
BENCHMARK(hash128)->Arg(16)->Arg(36)->Arg(4'096);

}  // namespace

BENCHMARK_MAIN();
