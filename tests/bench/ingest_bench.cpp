// What one event costs in ingest: parse, rules, encoding and keys, without HTTP and the log.
// Figures are per event: BM_ReferenceEvents/100 is the body most senders should send.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include "ingest/intake.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kNowUs = 1'795'262'400 * kSecondUs;  // 2026-11-21T12:00:00Z

// The reference event, with ids that differ from event to event.
std::string reference_event(unsigned i) {
  return fmt::format(
      R"({{"event_id":"5f0c2f6a-8a1b-4c67-9a64-{:012x}","tenant_id":1,"user_id":"u-{}",)"
      R"("session_id":"s-{}","ts":"2026-11-21T12:00:00.{:03}Z","event_type":"{}",)"
      R"("campaign_id":{},"line_item_id":420,"placement_id":7,"creative_id":4200,)"
      R"("value_cents":0,"metadata":{{"device":"mobile","country":"DE","browser":"Chrome"}}}})",
      i * 2654435761U, 100'000 + i * 7919 % 900'000, 10'000'000 + i * 104'729 % 89'999'999,
      i % 1000, i % 10 == 9 ? "CLICK" : "IMPRESSION", 1 + i % 1000);
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

}  // namespace
}  // namespace adbacus

BENCHMARK_MAIN();
