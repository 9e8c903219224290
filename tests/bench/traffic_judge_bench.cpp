// Judging events with the default rules: nine impressions to a click, a few conversions, users and
// ads at random, so that the memory is met at random places.
#include <benchmark/benchmark.h>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "model/event_codec.hpp"
#include "processor/fraud/traffic_judge.hpp"
#include "processor/fraud/traffic_reader.hpp"

namespace {

using namespace adbacus;

std::vector<std::string> some_events(std::uint64_t users) {
  Rng rng(1);
  std::vector<std::string> events;
  for (int i = 0; i < 1 << 18; ++i) {
    Event event;
    const std::uint64_t kind = rng.below(1000);
    event.type = kind < 900   ? EventType::impression
                 : kind < 995 ? EventType::click
                              : EventType::conversion;
    event.time_us = 1'790'000'000'000'000 + i * 2;
    event.tenant = "1";
    const std::string id = std::to_string(rng.next());
    const std::string user = "user-" + std::to_string(rng.below(users));
    const std::string ad = "ad-" + std::to_string(rng.below(200));
    const std::string prefix =
        "10." + std::to_string(rng.below(256)) + "." + std::to_string(rng.below(256)) + ".0/24";
    const std::string agent =
        "Mozilla/5.0 (X11; Linux x86_64) Chrome/" + std::to_string(rng.below(10'000)) + " Safari";
    event.event_id = event.click_id = id;
    event.decision_id = id;
    event.flags = event_flag::signed_decision;
    event.user_id = user;
    event.ad_id = ad;
    event.campaign_id = "campaign";
    event.source = "source";
    event.ip_prefix = prefix;
    event.ip_hash = user;
    event.user_agent = agent;
    encode_event(event, events.emplace_back());
  }
  return events;
}

std::shared_ptr<const TrafficLists> lists() {
  auto lists = std::make_shared<TrafficLists>();
  lists->agents = *AgentWords::make(default_agent_words());
  return lists;
}

// Argument: users.
void read(benchmark::State& state) {
  const auto events = some_events(static_cast<std::uint64_t>(state.range(0)));
  TrafficReader reader(lists(), 1);
  std::size_t at = 0;
  PackedEvent packed;
  for (auto _ : state) {
    if (!scan_event(events[at++ % events.size()], packed)) state.SkipWithError("event");
    benchmark::DoNotOptimize(reader.read(packed, Disposition::counted));
  }
  state.SetItemsProcessed(state.iterations());
}

// With and without prefetching 16 events ahead.
void judge(benchmark::State& state) {
  const auto events = some_events(static_cast<std::uint64_t>(state.range(0)));
  TrafficReader reader(lists(), 1);
  std::vector<TrafficFacts> facts;
  for (const std::string& bytes : events) {
    PackedEvent packed;
    if (!scan_event(bytes, packed)) state.SkipWithError("event");
    facts.push_back(reader.read(packed, Disposition::counted));
  }
  TrafficJudge judge(FraudRuleSet::defaults(), 0);
  const std::size_t ahead = state.range(1) != 0 ? 16 : 0;
  std::size_t at = 0;
  for (auto _ : state) {
    if (ahead != 0) judge.prefetch(facts[(at + ahead) % facts.size()]);
    benchmark::DoNotOptimize(judge.judge(facts[at++ % facts.size()]));
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["memory_mib"] = static_cast<double>(judge.memory_bytes()) / (1 << 20);
}

// All of the state, after events as above.
void save(benchmark::State& state) {
  const auto events = some_events(1'000'000);
  TrafficReader reader(lists(), 1);
  TrafficJudge judge(FraudRuleSet::defaults(), 0);
  for (const std::string& bytes : events) {
    PackedEvent packed;
    if (!scan_event(bytes, packed)) state.SkipWithError("event");
    judge.judge(reader.read(packed, Disposition::counted));
  }
  std::size_t size = 0;
  for (auto _ : state) {
    const std::string saved = judge.save(1);
    size = saved.size();
    benchmark::DoNotOptimize(saved.data());
  }
  state.counters["mib"] = static_cast<double>(size) / (1 << 20);
}

BENCHMARK(read)->Arg(1'000'000);
BENCHMARK(judge)->Args({1'000'000, 0})->Args({1'000'000, 1});
BENCHMARK(save);

}  // namespace

BENCHMARK_MAIN();
