// Looking addresses up among many networks, at random places: addresses alone, as block lists have
// them, and networks of several sizes. Prints bytes an entry as well.
#include <benchmark/benchmark.h>
#include <vector>

#include "base/network/network_table.hpp"
#include "base/rng.hpp"

namespace {

using adbacus::IpAddress;
using adbacus::IpNetwork;
using adbacus::NetworkTable;
using adbacus::NetworkTableBuilder;
using adbacus::Rng;

IpNetwork random_network(Rng& rng, bool is_v4, bool is_mixed) {
  if (is_v4) {
    const unsigned host = is_mixed ? static_cast<unsigned>(rng.below(9)) : 0;
    return {{.is_v4 = true, .low = (rng.next() & 0xffffffffU) >> host << host}, 32 - host};
  }
  const unsigned host = is_mixed ? static_cast<unsigned>(rng.below(20)) : 0;
  const std::uint64_t high = (0x2000000000000000U | rng.next() >> 3U) >> host << host;
  return {{false, high, 0}, 64 - host};
}

void look_up(benchmark::State& state) {
  const bool is_v4 = state.range(1) == 4;
  const auto count = static_cast<std::size_t>(state.range(0));
  Rng rng(1);
  NetworkTableBuilder builder;
  for (std::size_t i = 0; i < count; ++i)
    builder.add(random_network(rng, is_v4, state.range(2) != 0), 1);
  const NetworkTable table = std::move(builder).build();
  std::vector<IpAddress> asked;
  for (int i = 0; i < 1 << 16; ++i) asked.push_back(random_network(rng, is_v4, false).first);
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table.find(asked[at++ & 0xffffU]));
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes_an_entry"] =
      static_cast<double>(table.memory_bytes()) / static_cast<double>(count);
}

// Entries, IP version, of mixed sizes or not.
BENCHMARK(look_up)
    ->Args({10'000, 4, 0})
    ->Args({1'000'000, 4, 1})
    ->Args({20'000'000, 4, 0})
    ->Args({20'000'000, 4, 1})
    ->Args({1'000'000, 6, 1})
    ->Args({10'000'000, 6, 0});

}  // namespace

BENCHMARK_MAIN();
