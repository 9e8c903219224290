// The fold alone, out of memory: what an event costs whose keys are known, new, or over the bound.
//   fold_bench [repeats=3] [known|new|over]
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fmt/core.h>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "eventlog/control_entries.hpp"
#include "model/event_codec.hpp"
#include "processor/fold.hpp"

using namespace adbacus;

namespace {

constexpr std::size_t kRecordEvents = 100;
constexpr std::size_t kBatchRecords = 50;
constexpr std::size_t kBatches = 200;  // a million events
constexpr std::size_t kFlushBatches = 40;
constexpr TimeUs kNow = 1'795'262'400LL * kSecondUs;

struct Stored {
  std::string bytes;
  LogBatch batch;
};

// Campaigns by Zipf's law, roughly, each with 10 placements; or all new.
Event event_of(Rng& rng, bool fresh, std::vector<std::string>& texts, std::size_t number) {
  texts.clear();
  const auto campaign =
      fresh ? 1'000'000 + number
            : static_cast<std::uint64_t>(std::exp(rng.unit() * std::log(1001.0))) - 1;
  texts = {fmt::format("e{}", number),
           fmt::format("u{}", rng.below(100'000)),
           fmt::format("{}", campaign),
           fmt::format("{}", rng.below(10)),
           "DE",
           "mobile"};
  Event event;
  event.tenant = "1";
  event.event_id = texts[0];
  event.user_id = texts[1];
  event.campaign_id = texts[2];
  event.placement_id = texts[3];
  event.country = texts[4];
  event.device = texts[5];
  event.type = EventType::impression;
  event.time_us = kNow + static_cast<TimeUs>(number);
  return event;
}

std::vector<Stored> make_log(bool fresh) {
  Rng rng(7);
  std::vector<Stored> log(kBatches);
  std::vector<std::string> texts;
  Seq seq = 1;
  for (Stored& stored : log) {
    std::vector<std::size_t> ends{0};
    for (std::size_t i = 0; i < kRecordEvents * kBatchRecords; ++i) {
      encode_event(event_of(rng, fresh, texts, seq + i), stored.bytes);
      ends.push_back(stored.bytes.size());
    }
    const std::string_view bytes = stored.bytes;
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
      if (i % kRecordEvents == 0) {
        stored.batch.records.push_back({.partition = 0,
                                        .first_seq = seq + i,
                                        .count = kRecordEvents,
                                        .log_time_us = kNow,
                                        .entries_begin = static_cast<std::uint32_t>(i)});
      }
      stored.batch.entries.push_back({.bytes = bytes.substr(ends[i], ends[i + 1] - ends[i]),
                                      .disposition = Disposition::counted});
    }
    seq += kRecordEvents * kBatchRecords;
    stored.batch.next = seq;
  }
  return log;
}

// CPU time: others may use the machine.
double now_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double ns_per_event(const std::vector<Stored>& log, bool warm, std::uint64_t keys_max) {
  SeriesTable series;
  Fold fold(series, 0, 0);
  fold.set_keys_max(keys_max);
  double ns = 0;
  for (std::size_t i = 0; i < log.size(); ++i) {
    const double begin_ns = now_ns();
    if (!fold.fold(log[i].batch, nullptr)) std::abort();
    if (i % kFlushBatches == kFlushBatches - 1) (void)fold.take();
    if (!warm || i >= log.size() / 2) ns += now_ns() - begin_ns;
  }
  const std::size_t batches = warm ? log.size() - log.size() / 2 : log.size();
  return ns / static_cast<double>(batches * kRecordEvents * kBatchRecords);
}

}  // namespace

int main(int argc, char** argv) {
  const int repeats = argc > 1 ? std::atoi(argv[1]) : 3;
  const std::string only = argc > 2 ? argv[2] : "";
  const auto known = make_log(false);
  const auto fresh = make_log(true);
  const auto measure = [&](const char* name, const auto& log, bool warm, std::uint64_t keys_max) {
    if (!only.empty() && only != name) return;
    fmt::print("{} {:.0f} ns/event\n", name, ns_per_event(log, warm, keys_max));
  };
  for (int i = 0; i < repeats; ++i) {
    measure("known", known, true, 500'000);
    measure("new", fresh, false, 10'000'000);
    measure("over", fresh, true, 1000);
  }
}
