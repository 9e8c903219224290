// Raw queries against a recount of the same rows in memory.
#include "store/lake/event_query.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "model/event_codec.hpp"
#include "store/lake/testing/lake_folder.hpp"
#include "store/lake/testing/rows.hpp"
#include "store/testing/naive_filter.hpp"
#include "store/time_buckets.hpp"

namespace adbacus {
namespace {

using testing_lake::ExpectedRow;
using testing_lake::RandomEvents;

std::size_t field_of(const std::string& name) {
  std::size_t found = kTextFields;
  const Event event;
  for_each_text(event, [&](std::size_t index, const char* field, std::string_view, bool) {
    if (name == field) found = index;
  });
  return found;
}

TimeUs bucket_of(const std::string& timezone, TimeUnit unit, TimeUs time_us) {
  if (unit == TimeUnit::none) return 0;
  RollupQuery buckets;
  buckets.timezone = timezone;
  buckets.unit = unit;
  buckets.from_us = time_us;
  buckets.to_us = time_us + 1;
  return time_stretches(buckets)->front().bucket_us;
}

std::string text_of(const ExpectedRow& row, const std::string& column, const LakeQuery& query) {
  if (column == "weekday")
    return std::to_string(bucket_of(query.timezone, TimeUnit::weekday, row.event.time_us));
  if (column == "hour_of_day")
    return std::to_string(bucket_of(query.timezone, TimeUnit::hour_of_day, row.event.time_us));
  if (column == "event_type") return std::string(event_type_name(row.event.type));
  if (column == "traffic_class") return std::string(traffic_class_name(row.traffic_class));
  if (column == "metadata.k") {  // written as "k":"<digit>"
    const std::string& json = row.texts[text_field::metadata];
    return json.empty() ? "" : json.substr(json.find(R"("k":")") + 5, 1);
  }
  return row.texts[field_of(column)];
}

Slice slice_of_row(const ExpectedRow& row) {
  const auto c = static_cast<unsigned>(row.traffic_class);
  switch (row.disposition) {
    case Disposition::counted:
      return static_cast<Slice>(static_cast<unsigned>(Slice::counted_valid) + c);
    case Disposition::repeat:
      return static_cast<Slice>(static_cast<unsigned>(Slice::repeat_valid) + c);
    case Disposition::transition:
      return Slice::transition;
    case Disposition::duplicate_id:
      return Slice::duplicate_id;
    case Disposition::duplicate_differs:
      return Slice::duplicate_differs;
  }
  return Slice::transition;
}

// The counting rules, written again from their description.
std::int64_t counted(const ExpectedRow& row, Counter64 counter) {
  const Event& e = row.event;
  if (counter == Counter64::events) return 1;
  if (row.disposition == Disposition::transition) return 0;
  if (counter == Counter64::cost_micros) return e.has_cost ? e.cost_micros : 0;
  const std::map<EventType, Counter64> by_type{
      {EventType::impression, Counter64::impressions},
      {EventType::viewable_impression, Counter64::viewable},
      {EventType::click, Counter64::clicks},
      {EventType::view, Counter64::views},
      {EventType::interaction, Counter64::interactions},
      {EventType::page_view, Counter64::page_views},
      {EventType::custom, Counter64::customs}};
  if (e.type != EventType::conversion) return by_type.at(e.type) == counter ? 1 : 0;
  const bool approved =
      e.status == ConversionStatus::none || e.status == ConversionStatus::approved;
  const std::string& type = row.texts[text_field::conversion_type];
  switch (counter) {
    case Counter64::conversions:
      return approved && type != "refund" && type != "chargeback" ? 1 : 0;
    case Counter64::pending:
      return e.status == ConversionStatus::pending ? 1 : 0;
    case Counter64::rejected:
      return e.status == ConversionStatus::rejected ? 1 : 0;
    case Counter64::rebills:
      return e.status == ConversionStatus::rebill ? 1 : 0;
    case Counter64::value_micros:
      return e.has_value && (approved || e.status == ConversionStatus::rebill) ? e.value_micros : 0;
    case Counter64::impressions:
    case Counter64::viewable:
    case Counter64::clicks:
    case Counter64::views:
    case Counter64::interactions:
    case Counter64::page_views:
    case Counter64::customs:
    case Counter64::events:
    case Counter64::cost_micros:
      return 0;
  }
  return 0;
}

std::vector<RollupResult::Row> recount(const LakeQuery& query,
                                       const std::vector<ExpectedRow>& rows) {
  std::map<std::pair<TimeUs, std::vector<std::string>>, RollupResult::Row> groups;
  std::map<std::pair<TimeUs, std::vector<std::string>>, std::set<std::string>> users;
  for (const ExpectedRow& row : rows) {
    if (row.texts[text_field::tenant] != query.tenant || row.event.time_us < query.from_us ||
        row.event.time_us >= query.to_us)
      continue;
    if (!naive_all_hold(query.filters,
                        [&](const std::string& column) { return text_of(row, column, query); }))
      continue;
    std::vector<std::string> dims;
    for (const std::string& column : query.columns) dims.push_back(text_of(row, column, query));
    const std::pair key{bucket_of(query.timezone, query.unit, row.event.time_us), dims};
    RollupResult::Row& group = groups[key];
    group.bucket_us = key.first;
    group.dims = dims;
    group.values.resize(query.measures.size());
    const SliceMask slice = slice_bit(slice_of_row(row));
    for (std::size_t m = 0; m < query.measures.size(); ++m) {
      if ((query.measures[m].slices & slice) != 0)
        group.values[m] += counted(row, query.measures[m].counter);
    }
    const std::string& user = row.texts[text_field::user_id];
    if (query.with_reach && (slice & kNetSlices) != 0 && !user.empty()) users[key].insert(user);
    group.reach = static_cast<std::int64_t>(users[key].size());
  }
  std::vector<RollupResult::Row> result;
  for (auto& [key, row] : groups) {
    const bool zero = row.reach == 0 && std::all_of(row.values.begin(), row.values.end(),
                                                    [](std::int64_t v) { return v == 0; });
    if (!zero) result.push_back(row);
  }
  return result;
}

class EventQueryTest : public testing_lake::LakeFolder {
 protected:
  LakeQuery random_query(Rng& rng) const {
    static const std::vector<std::string> kColumns{"campaign_id", "country",      "device",
                                                   "event_type",  "metadata.k",   "city",
                                                   "user_id",     "traffic_class"};
    LakeQuery query;
    query.tenant = std::to_string(1 + rng.below(4));
    query.from_us = kStartUs + static_cast<TimeUs>(rng.below(3)) * kHourUs;
    query.to_us = query.from_us + static_cast<TimeUs>(rng.below(40)) * kHourUs;
    if (rng.below(2) == 0) query.to_us += static_cast<TimeUs>(rng.below(kHourUs));
    query.unit = static_cast<TimeUnit>(rng.below(9));
    query.timezone =
        std::array{"UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"}[rng.below(4)];
    for (std::uint64_t n = rng.below(3); n > 0; --n)
      query.columns.push_back(kColumns[rng.below(kColumns.size())]);
    static const std::vector<std::string> kFields{
        "campaign_id", "country", "device",        "event_type", "metadata.k",
        "city",        "user_id", "traffic_class", "weekday",    "hour_of_day"};
    static const std::vector<std::string> kValues{"",       "1",     "5",     "é",    "DE",
                                                  "mobile", "click", "'; --", "valid"};
    for (std::uint64_t n = rng.below(3); n > 0; --n)
      query.filters.push_back(random_filter(rng, kFields, kValues, 3));
    for (std::uint64_t n = 1 + rng.below(3); n > 0; --n) {
      static constexpr std::array kMasks{kNetSlices, kGrossSlices, kDuplicateSlices,
                                         SliceMask{0x1fff}, SliceMask{0x0a54}};
      query.measures.push_back(
          {static_cast<Counter64>(rng.below(kCounters)), kMasks[rng.below(kMasks.size())]});
    }
    query.with_reach = rng.below(3) == 0;
    return query;
  }
  static constexpr TimeUs kStartUs = 1'795'262'400'000'000;  // 2026-11-21T12:00:00Z
};

TEST_F(EventQueryTest, AnswersLikeARecountOfTheRows) {
  const std::uint64_t seed = testing_lake::test_seed();
  SCOPED_TRACE(seed);
  RandomEvents random(seed);
  random.time_span_us = 30 * kHourUs;
  std::vector<ExpectedRow> expected;
  auto lake = open();
  ASSERT_TRUE(lake->write(random.batch(2000, &expected)));
  for (int i = 0; i < 60; ++i) {
    SCOPED_TRACE(i);
    const LakeQuery query = random_query(random.rng);
    const auto wanted = recount(query, expected);
    auto found = lake->query_events(query);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->position, random.next_seq - 1);
    ASSERT_EQ(found->rows.size(), wanted.size());
    for (std::size_t r = 0; r < wanted.size(); ++r) {
      EXPECT_EQ(found->rows[r].bucket_us, wanted[r].bucket_us) << r;
      EXPECT_EQ(found->rows[r].dims, wanted[r].dims) << r;
      EXPECT_EQ(found->rows[r].values, wanted[r].values) << r;
      EXPECT_EQ(found->rows[r].reach, wanted[r].reach) << r;
    }
  }
}

TEST_F(EventQueryTest, SplitsTheHourThatIsLivedTwice) {
  RandomEvents random(2);
  random.time_from_us = 1'792'886'400'000'000;  // 2026-10-25T00:00:00Z, clocks go back at 01:00Z
  random.time_span_us = 3 * kHourUs;
  std::vector<ExpectedRow> expected;
  auto lake = open();
  ASSERT_TRUE(lake->write(random.batch(300, &expected)));
  LakeQuery query;
  query.tenant = "1";
  query.from_us = random.time_from_us;
  query.to_us = random.time_from_us + random.time_span_us;
  query.timezone = "Europe/Berlin";
  query.measures = {{Counter64::events, kGrossSlices}};
  for (const TimeUnit unit : {TimeUnit::hour, TimeUnit::day, TimeUnit::hour_of_day}) {
    query.unit = unit;
    auto found = lake->query_events(query);
    ASSERT_TRUE(found);
    const auto wanted = recount(query, expected);
    ASSERT_EQ(found->rows.size(), wanted.size());
    for (std::size_t r = 0; r < wanted.size(); ++r) {
      EXPECT_EQ(found->rows[r].bucket_us, wanted[r].bucket_us);
      EXPECT_EQ(found->rows[r].values, wanted[r].values);
    }
  }
}

TEST_F(EventQueryTest, IncludesWhatIsAcknowledgedUpToAPosition) {
  RandomEvents random(3);
  options_.query_cut_interval_us = kDayUs;
  auto lake = open();
  LakeQuery query;
  query.tenant = "1";
  query.to_us = INT64_MAX / 4;
  query.measures = {{Counter64::events, SliceMask{0x1fff}}};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(lake->write(random.batch(50, nullptr)));
    query.after = random.next_seq - 1;
    auto found = lake->query_events(query);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_GE(found->position, query.after);
  }
}

TEST_F(EventQueryTest, RefusesWhatItDoesNotKnow) {
  auto lake = open();
  LakeQuery query;
  query.tenant = "1";
  query.to_us = kHourUs;
  query.measures = {{Counter64::events, kNetSlices}};
  ASSERT_TRUE(lake->query_events(query));
  for (const char* column : {"nope", "metadata.", "seq", "value_micros", "tenant_id)--", ""}) {
    LakeQuery bad = query;
    bad.columns = {column};
    EXPECT_EQ(lake->query_events(bad).error().code, ErrorCode::invalid_argument) << column;
  }
  LakeQuery bad = query;
  bad.timezone = "Mars/Olympus";
  EXPECT_EQ(lake->query_events(bad).error().code, ErrorCode::invalid_argument);
  bad = query;
  bad.from_us = bad.to_us + 1;
  EXPECT_EQ(lake->query_events(bad).error().code, ErrorCode::invalid_argument);
}

TEST_F(EventQueryTest, StopsAtTheRowLimit) {
  RandomEvents random(4);
  auto lake = open();
  ASSERT_TRUE(lake->write(random.batch(200, nullptr)));
  LakeQuery query;
  query.tenant = "1";
  query.to_us = INT64_MAX / 4;
  query.columns = {"event_id"};
  query.measures = {{Counter64::events, SliceMask{0x1fff}}};
  query.rows_max = 10;
  auto found = lake->query_events(query);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(found.error().message.find("too_many_rows"), std::string::npos);
}

TEST_F(EventQueryTest, EndsWhenItsTimeIsOver) {
  auto session = open_duckdb_session({folder_, 1, 1ULL << 30U, 50});
  ASSERT_TRUE(session) << session.error().message;
  const auto found = (*session)->query(
      "SELECT sum(a.range * b.range)::BIGINT AS n "
      "FROM range(1000000) a, range(1000000) b",
      {}, {DuckdbKind::number}, 10);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(found.error().message.starts_with("query_timeout: "));
  // The next one has its own time.
  EXPECT_TRUE((*session)->query("SELECT 1::BIGINT", {}, {DuckdbKind::number}, 10));
}

TEST_F(EventQueryTest, MetadataKeysMayHoldAnyCharacter) {
  auto lake = open();
  Event event;
  event.tenant = "1";
  event.event_id = "e";
  event.metadata = R"({"a/b":"slash","t~0":"tilde","q'\"":"quote","n":12,"deep":{"x":1}})";
  auto log = std::make_shared<LogBatch>();
  encode_event(event, log->buffer);
  LakeBatch batch;
  batch.to = 1;
  batch.events.push_back({1, 0, log->buffer, Disposition::counted, TrafficClass::valid});
  batch.log = log;
  ASSERT_TRUE(lake->write(batch));
  LakeQuery query;
  query.tenant = "1";
  query.from_us = -kHourUs;
  query.to_us = kHourUs;
  query.columns = {"metadata.a/b", "metadata.t~0",    "metadata.q'\"",
                   "metadata.n",   "metadata.deep.x", "metadata.no"};
  query.measures = {{Counter64::events, kNetSlices}};
  auto found = lake->query_events(query);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->rows.size(), 1U);
  EXPECT_EQ(found->rows[0].dims,
            (std::vector<std::string>{"slash", "tilde", "quote", "12", "", ""}));
}

}  // namespace
}  // namespace adbacus
