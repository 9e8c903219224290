// Random damage to valid bodies: nothing crashes, every event is accounted for, and the neighbours
// of a damaged line or event survive unchanged.
#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>
#include <iostream>

#include "base/rng.hpp"
#include "ingest/testing/intake_fixture.hpp"

namespace adbacus {
namespace {

std::uint64_t test_seed() {
  const char* text = std::getenv("ADBACUS_SEED");
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : 20261121;
  std::cout << "seed " << seed << "\n";
  return seed;
}

std::string event_text(Rng& rng, std::size_t id) {
  static const char* const kTypes[] = {"impression", "CLICK", "conversion", "page_view"};
  std::string text = R"({"event_id":"e)";
  text += std::to_string(id);
  text += R"(","event_type":")";
  text += kTypes[rng.below(4)];
  text += R"(","user_id":"u\u00e9-)";
  text += std::to_string(rng.below(1000));
  text += R"(","ts":"2026-11-21T11:00:00.5Z","campaign_id":)";
  text += std::to_string(rng.below(100));
  text += R"(,"value":)";
  text += std::to_string(rng.below(100));
  text += R"(.25,"metadata":{"device":"mobile","a":[1,{"b":null}],"c":"x\ny"},"foo":true})";
  return text;
}

// Overwrites, inserts or removes bytes, but never makes or removes a line.
void damage(Rng& rng, std::string& text) {
  static constexpr std::string_view kBytes = "{}[]:,\"\\ue0\xff\x01\xed- ntf";
  for (std::uint64_t edits = 1 + rng.below(4); edits > 0 && !text.empty(); --edits) {
    const std::size_t at = rng.below(text.size());
    char byte =
        rng.below(3) == 0 ? static_cast<char>(rng.below(256)) : kBytes[rng.below(kBytes.size())];
    if (byte == '\n') byte = ' ';
    switch (rng.below(3)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1 + rng.below(40), byte);
        break;
      case 2:
        text.erase(at, 1 + rng.below(20));
        break;
    }
  }
}

// The encoded bytes of the i-th event of the batch.
std::string_view bytes_at(const ReadBody& read, std::size_t i) {
  const EntryMeta& entry = read.result.batch.entries.at(i);
  return std::string_view(read.result.batch.bytes).substr(entry.offset, entry.length);
}

bool holds(const ReadBody& read, std::string_view bytes) {
  for (std::size_t i = 0; i < read.result.batch.entries.size(); ++i)
    if (bytes_at(read, i) == bytes) return true;
  return false;
}

std::string joined(const std::vector<std::string>& events, const char* separator) {
  std::string text;
  for (const std::string& event : events) {
    if (!text.empty()) text += separator;
    text += event;
  }
  return text;
}

void expect_accounted(const ReadBody& read) {
  if (read.result.problem.status != 0) return;
  EXPECT_EQ(read.result.batch.entries.size() + read.result.rejected, read.result.received);
  EXPECT_EQ(read.events.size(), read.result.batch.entries.size()) << "an event does not decode";
}

void run(BodyForm form, std::uint64_t rounds) {
  Rng rng(test_seed());
  for (std::uint64_t round = 0; round < rounds; ++round) {
    IntakeFixture fixture;
    std::vector<std::string> events;
    for (std::size_t id = 0; id < 2 + rng.below(6); ++id) events.push_back(event_text(rng, id));
    const bool lines = form == BodyForm::ndjson;
    const auto body = [&] {
      return lines ? joined(events, "\n") : "[" + joined(events, ",") + "]";
    };
    const ReadBody& before = fixture.read(body(), form);
    ASSERT_EQ(before.result.rejected, 0U);
    const std::size_t victim = rng.below(events.size());
    damage(rng, events[victim]);
    const ReadBody& after = fixture.read(body(), form);
    expect_accounted(after);
    if (!lines && after.result.problem.status != 0) {
      EXPECT_EQ(after.result.problem.status, 400);
      continue;  // the array itself is no longer JSON
    }
    ASSERT_EQ(after.result.problem.status, 0) << body();
    // Damage may close one event and open others inside the array, but never touch its neighbours.
    for (std::size_t id = 0; id < events.size(); ++id) {
      if (id == victim) continue;
      ASSERT_TRUE(holds(after, bytes_at(before, id))) << body();
    }
  }
}

TEST(IntakeProperty, NeighboursOfADamagedLineSurvive) {
  run(BodyForm::ndjson, 3'000);
}

TEST(IntakeProperty, NeighboursOfADamagedEventInAnArraySurviveUnlessTheArrayIsBroken) {
  run(BodyForm::json, 3'000);
}

TEST(IntakeProperty, SurvivesRandomBytesInEveryForm) {
  Rng rng(test_seed());
  static constexpr std::string_view kBytes = "{}[]:,\"\\ntf10-.eE \n\xc3\xa9\xff\x00";
  IntakeFixture fixture;
  for (int round = 0; round < 20'000; ++round) {
    std::string body(rng.below(120), ' ');
    for (char& c : body) c = kBytes[rng.below(kBytes.size())];
    if (round % 3 == 0) body.insert(0, R"({"events":[)");
    expect_accounted(fixture.read(body, BodyForm::json));
    expect_accounted(fixture.read(body, BodyForm::ndjson));
    fixture.forget();
  }
}

TEST(IntakeProperty, ReadsTheSameEventFromEveryForm) {
  Rng rng(test_seed());
  for (int round = 0; round < 300; ++round) {
    IntakeFixture fixture;
    const std::string event = event_text(rng, 7);
    const std::string expected = fixture.read(event).result.batch.bytes;
    ASSERT_FALSE(expected.empty());
    EXPECT_EQ(fixture.read("[" + event + "]").result.batch.bytes, expected);
    EXPECT_EQ(fixture.read("{\"events\" : [ " + event + " ] }").result.batch.bytes, expected);
    EXPECT_EQ(fixture.read("\n" + event + "\r\n", BodyForm::ndjson).result.batch.bytes, expected);
    std::string spaced;  // blanks between tokens change nothing
    bool in_string = false;
    for (const char c : event) {
      if (c == '"') in_string = !in_string;
      const bool structural = !in_string && (c == ':' || c == ',' || c == '{');
      spaced += c;
      if (structural) spaced += " \t";
    }
    EXPECT_EQ(fixture.read(spaced).result.batch.bytes, expected);
  }
}

}  // namespace
}  // namespace adbacus
