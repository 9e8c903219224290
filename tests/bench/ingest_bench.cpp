// What one event costs in ingest: parse, rules, encoding and keys, without HTTP and the log.
// Figures are per event: BM_ReferenceEvents/100 is the body most senders should send.
#include <benchmark/benchmark.h>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>

#include "base/file_system.hpp"
#include "base/rng.hpp"
#include "enrich/agent/agent_parser.hpp"
#include "enrich/geo/geo_tables.hpp"
#include "ingest/intake.hpp"
#include "ingest/pseudonym_keys.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kNowUs = 1'795'262'400 * kSecondUs;  // 2026-11-21T12:00:00Z

// The reference event, with ids that differ from event to event. `more`: members behind it.
std::string reference_event(unsigned i, const std::string& more = {}) {
  return fmt::format(
      R"({{"event_id":"5f0c2f6a-8a1b-4c67-9a64-{:012x}","tenant_id":1,"user_id":"u-{}",)"
      R"("session_id":"s-{}","ts":"2026-11-21T12:00:00.{:03}Z","event_type":"{}",)"
      R"("campaign_id":{},"line_item_id":420,"placement_id":7,"creative_id":4200,)"
      R"("value_cents":0,"metadata":{{"device":"mobile","country":"DE","browser":"Chrome"}}{}}})",
      i * 2654435761U, 100'000 + i * 7919 % 900'000, 10'000'000 + i * 104'729 % 89'999'999,
      i % 1000, i % 10 == 9 ? "CLICK" : "IMPRESSION", 1 + i % 1000, more);
}

std::string body_of(unsigned events, char open, const char* separator, char close) {
  std::string body;
  if (open != '\0') body += open;
  for (unsigned i = 0; i < events; ++i) {
    if (i > 0) body += separator;
    body += reference_event(i);
  }
  if (close != '\0') body += close;
  return body;
}

// A tenant that manages all that the events refer to.
std::shared_ptr<const CatalogSnapshot> reference_catalog() {
  std::vector<Entity> entities;
  const auto add = [&](EntityKind kind, std::string id, std::string body) {
    Entity entity{.kind = kind, .tenant_id = "1", .id = std::move(id)};
    entity.change = static_cast<std::int64_t>(entities.size()) + 1;
    entity.body = std::move(body);
    entities.push_back(std::move(entity));
  };
  for (int i = 1; i <= 1000; ++i) add(EntityKind::campaign, std::to_string(i), R"({"name":"c"})");
  add(EntityKind::placement, "7", R"({"key":"top"})");
  add(EntityKind::line_item, "420", R"({"placement_id":"7","bid_micros":1000})");
  add(EntityKind::creative, "4200",
      R"({"line_item_id":"420","landing_url":"https://shop.example"})");
  return *CatalogSnapshot().with(entities);
}

void run(benchmark::State& state, const std::string& body, BodyForm form, unsigned events,
         const TenantObjects* objects = nullptr) {
  IngestOptions options;
  TenantProfile tenant;
  tenant.id = "1";
  Intake intake;
  for (auto _ : state) {
    RequestFacts facts;
    facts.options = &options;
    facts.tenant = &tenant;
    facts.objects = objects;
    facts.received_us = kNowUs;
    IntakeResult result = intake.read(body, form, facts, 42);
    if (result.batch.entries.size() != events) state.SkipWithError("an event was refused");
    benchmark::DoNotOptimize(result);
  }
  const auto total = static_cast<double>(state.iterations()) * events;
  state.counters["per_event"] =
      benchmark::Counter(total, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}

void BM_ReferenceEvents(benchmark::State& state) {
  const auto events = static_cast<unsigned>(state.range(0));
  const std::string body = events == 1 ? reference_event(1) : body_of(events, '[', ",", ']');
  run(state, body, BodyForm::json, events);
}
BENCHMARK(BM_ReferenceEvents)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);

void BM_ReferenceLines(benchmark::State& state) {
  const auto events = static_cast<unsigned>(state.range(0));
  run(state, body_of(events, '\0', "\n", '\0'), BodyForm::ndjson, events);
}
BENCHMARK(BM_ReferenceLines)->Arg(100);

void BM_ReferenceEventsInTheCatalog(benchmark::State& state) {
  const auto events = static_cast<unsigned>(state.range(0));
  const auto catalog = reference_catalog();
  run(state, body_of(events, '[', ",", ']'), BodyForm::json, events, catalog->tenant("1"));
}
BENCHMARK(BM_ReferenceEventsInTheCatalog)->Arg(1)->Arg(100);

// One of 10,000 agents, the k-th with a share of 1/k (Zipf).
std::string zipf_agent(Rng& rng) {
  const auto rank = static_cast<unsigned>(std::exp(rng.unit() * std::log(10'000.0)));
  return fmt::format(
      "Mozilla/5.0 (Linux; Android {}; SM-S9{}) AppleWebKit/537.36 (KHTML, like Gecko) "
      "Chrome/{}.0.{}.0 Mobile Safari/537.36",
      9 + rank % 6, rank, 90 + rank % 50, rank * 7919 % 7000);
}

// The reference events with a user agent each; range(1): 0 not read, 1 read, 2 read with hints.
void BM_EventsWithAgents(benchmark::State& state) {
  constexpr unsigned kBodies = 500;
  Rng rng(1);
  std::vector<std::string> bodies;
  for (unsigned b = 0; b < kBodies; ++b) {
    std::string body = "[";
    for (unsigned i = 0; i < 100; ++i) {
      if (i > 0) body += ',';
      std::string more = R"(,"user_agent":")" + zipf_agent(rng) + "\"";
      if (state.range(0) == 2) {
        more += R"(,"sua":{"browsers":[{"brand":"Google Chrome","version":["124"]}],)"
                R"("platform":{"brand":"Android","version":["14"]},"mobile":1})";
      }
      body += reference_event(b * 100 + i, more);
    }
    bodies.push_back(body + "]");
  }
  IngestOptions options;
  if (state.range(0) > 0) options.agents = std::make_shared<const SharedAgentParser>();
  TenantProfile tenant;
  tenant.id = "1";
  Intake intake;
  std::size_t next = 0;
  for (auto _ : state) {
    RequestFacts facts;
    facts.options = &options;
    facts.tenant = &tenant;
    facts.received_us = kNowUs;
    IntakeResult result = intake.read(bodies[next++ % kBodies], BodyForm::json, facts, 42);
    if (result.batch.entries.size() != 100) state.SkipWithError("an event was refused");
    benchmark::DoNotOptimize(result);
  }
  state.counters["per_event"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 100,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_EventsWithAgents)->Arg(0)->Arg(1)->Arg(2);

// What the events of one body bring beside the reference event.
enum class Brings : int {
  address_and_agent,
  place,
  tcf,
  gpp,
  landing,
  visitor,  // neither user nor session: the reference event without them
};

std::string members_of(Brings brings, Rng& rng) {
  std::string more = fmt::format(R"(,"user_agent":"{}","ip":"10.{}.{}.{}")", zipf_agent(rng),
                                 rng.below(256), rng.below(256), rng.below(256));
  switch (brings) {
    case Brings::tcf:
      return more + R"(,"consent":{"gdpr":1,"tcf":"CQSbk4AQSbk4ANwAAAENAwEgAPIAAAAAAAYgAAAAAAAA"})";
    case Brings::gpp:
      return more + R"(,"consent":{"gpp":"DBABLA~BVVqAAAACA.QA","gpp_sid":[7]})";
    case Brings::landing:
      return more +
             fmt::format(R"(,"url":"https://shop.example/p/{}?utm_source=news&utm_medium=mail)"
                         R"(&gclid=Cj0KCQiA{}")",
                         rng.below(1000), rng.below(1'000'000'000));
    case Brings::address_and_agent:
    case Brings::place:
    case Brings::visitor:
      break;
  }
  return more;
}

std::string without(std::string event, std::string_view from, std::string_view to) {
  const std::size_t begin = event.find(from);
  return event.erase(begin, event.find(to) - begin);
}

std::string event_that(Brings brings, unsigned i, Rng& rng) {
  std::string event = reference_event(i, members_of(brings, rng));
  if (brings == Brings::visitor) return without(std::move(event), R"("user_id")", R"("ts")");
  if (brings == Brings::place) return without(std::move(event), R"("country")", R"("browser")");
  return event;
}

// GEO_FILE names a file of places (tests/bench/geo_file.py makes one). All read user agents.
void BM_Enriched(benchmark::State& state) {
  constexpr unsigned kBodies = 500;
  const auto brings = static_cast<Brings>(state.range(0));
  Rng rng(1);
  std::vector<std::string> bodies;
  for (unsigned b = 0; b < kBodies; ++b) {
    std::string body = "[";
    for (unsigned i = 0; i < 100; ++i) {
      if (i > 0) body += ',';
      body += event_that(brings, b * 100 + i, rng);
    }
    bodies.push_back(body + "]");
  }
  IngestOptions options;
  options.agents = std::make_shared<const SharedAgentParser>();
  const std::string keys = std::filesystem::temp_directory_path() / "ingest_bench.keys";
  options.pseudonym_keys = std::make_shared<PseudonymKeys>(real_file_system(), keys);
  if (brings == Brings::place) {
    const char* const path = std::getenv("GEO_FILE");
    if (path == nullptr) return state.SkipWithError("GEO_FILE names no file of places");
    options.geo = std::make_shared<GeoTables>(real_file_system(), GeoOptions{.place_file = path});
  }
  TenantProfile tenant;
  tenant.id = "1";
  Intake intake;
  std::size_t next = 0;
  for (auto _ : state) {
    RequestFacts facts;
    facts.options = &options;
    facts.tenant = &tenant;
    facts.received_us = kNowUs;
    IntakeResult result = intake.read(bodies[next++ % kBodies], BodyForm::json, facts, 42);
    if (result.batch.entries.size() != 100) state.SkipWithError("an event was refused");
    benchmark::DoNotOptimize(result);
  }
  std::filesystem::remove(keys);
  state.counters["per_event"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 100,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Enriched)->DenseRange(0, static_cast<int>(Brings::visitor));

void BM_UnknownAgent(benchmark::State& state) {
  const AgentParser parser;
  Rng rng(1);
  for (auto _ : state) {
    const std::string agent = zipf_agent(rng);
    benchmark::DoNotOptimize(parser.parse({.user_agent = agent}));
  }
}
BENCHMARK(BM_UnknownAgent);

}  // namespace
}  // namespace adbacus

BENCHMARK_MAIN();
