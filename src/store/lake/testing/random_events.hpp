// Random and reference events for tests of the lake, owned together with their log bytes. Tests
// only.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "store/fact_batch.hpp"

namespace adbacus::testing_lake {

// What a reader of the lake should see of one event; nullopt: null.
struct ExpectedRow {
  Seq seq = 0;
  TimeUs log_time_us = 0;
  Event event;  // numbers only: texts are below
  Disposition disposition = Disposition::counted;
  TrafficClass traffic_class = TrafficClass::valid;
  std::array<std::string, kTextFields> texts;  // "" = null
};

struct RandomEvents {
  explicit RandomEvents(std::uint64_t seed) : rng(seed) {}
  Rng rng;
  Seq next_seq = 1;
  TimeUs log_time_us = 1'795'262'400'000'000;  // 2026-11-21T12:00:00Z
  TimeUs time_from_us = 1'795'262'400'000'000;
  TimeUs time_span_us = kHourUs;  // event times fall into it
  TimeUs log_step_us_max = 20;

  // All fields, all kinds of text: absent, of few values, of many, long, non-ASCII.
  LakeBatch batch(std::size_t events, std::vector<ExpectedRow>* expected);
  // The reference event and mix of the performance targets.
  LakeBatch reference_batch(std::size_t events);
};

}  // namespace adbacus::testing_lake
