// What the load generator spends on an event, which is time taken from the server it measures.
#include <benchmark/benchmark.h>

#include "app/load/load_request.hpp"
#include "app/load/response_parser.hpp"

namespace {

void generate(benchmark::State& state) {
  adbacus::LoadOptions options;
  options.batch_events = static_cast<std::uint32_t>(state.range(0));
  adbacus::LoadRequestWriter writer(options, "127.0.0.1:8080", 1, 0);
  adbacus::LoadRequest request;
  std::int64_t now_ms = 1'795'262'400'000;
  std::int64_t bytes = 0;
  for (auto _ : state) {
    writer.write(++now_ms, options.batch_events, request);
    bytes += static_cast<std::int64_t>(request.size_bytes);
    benchmark::DoNotOptimize(request.buffer.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(bytes);
}

void parse_answer(benchmark::State& state) {
  constexpr std::string_view kAnswer =
      "HTTP/1.1 202 Accepted\r\nServer: adbacus\r\nContent-Type: application/json\r\n"
      "X-Request-Id: 0190a3c2-4a7f-7cc1-9f5e-1d2e3f4a5b6c\r\nContent-Length: 93\r\n\r\n"
      R"({"status":"queued","accepted":100,"duplicates":2,"position":"1.abcdef.12",)"
      R"("rejected":[]     })";
  for (auto _ : state) {
    const auto response = adbacus::parse_response(kAnswer);
    adbacus::EventsAnswer answer;
    benchmark::DoNotOptimize(adbacus::parse_events_answer(response.text(), answer));
  }
}

BENCHMARK(generate)->Arg(1)->Arg(100);
BENCHMARK(parse_answer);

}  // namespace

BENCHMARK_MAIN();
