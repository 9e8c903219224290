// The engine over the real store, fed with the rollups of random events, must say what a loop over
// the events says: from memory, and from disk after everything was committed.
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <map>

#include "report/testing/owned_clock.hpp"
#include "report/testing/random_reports.hpp"
#include "store/registry.hpp"

namespace adbacus {
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "report-XXXXXX").string()) {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

SeriesId intern(SeriesTable& table, Cube cube, const NaiveEvent& event) {
  Series series;
  series.cube = cube;
  for (std::size_t d = 0; d < kSeriesDims; ++d) {
    const auto dim = static_cast<SeriesDim>(d);
    if (cube == Cube::traffic && dim > SeriesDim::currency) continue;
    series.dims[d] =
        dim == SeriesDim::tenant ? event.tenant : event.field(std::string(series_dim_name(dim)));
  }
  return table.intern(series);
}

FactBatch fold(SeriesTable& table, const std::vector<NaiveEvent>& events) {
  using Key = std::tuple<SeriesId, Period, Slice>;
  std::map<Key, Counters> minutes;
  std::map<Key, Counters> hours;
  for (const NaiveEvent& event : events) {
    const auto period = [&](TimeUs unit) {
      return static_cast<Period>(floor_to(event.time_us, unit) / unit);
    };
    minutes[{intern(table, Cube::traffic, event), period(kMinuteUs), event.slice}].add(
        event.counters);
    hours[{intern(table, Cube::breakdown, event), period(kHourUs), event.slice}].add(
        event.counters);
  }
  FactBatch batch;
  batch.to = events.size();
  batch.log_time_us = kRandomStartUs + kRandomSpanUs;
  for (const auto& [key, counters] : minutes) {
    batch.minute_rows.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), counters});
  }
  for (const auto& [key, counters] : hours) {
    batch.hour_rows.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), counters});
  }
  return batch;
}

void compare(ReportReader& reader, NaiveStore& raw, Rng& random, int count) {
  OwnedClock clock(kRandomStartUs + 10 * kDayUs);
  ReportEngine engine(reader, &raw, clock, {});
  for (int i = 0; i < count; ++i) {
    ReportRequest request = random_request(random);
    request.rows_max = 100'000;
    const auto prepared = engine.prepare(request);
    ASSERT_TRUE(prepared) << prepared.error().message;
    const auto answer = engine.run(*prepared);
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(rows_of(request, *answer), naive_rows(raw.events, request))
        << "request " << i << " from " << answer->freshness.source;
  }
}

TEST(StoreAgreement, MemoryAndDiskSayWhatTheEventsSay) {
  const std::uint64_t seed = secure_random_u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng random(seed);
  NaiveStore raw;
  for (int i = 0; i < 500; ++i) raw.events.push_back(random_event(random));
  for (const int index_hours : {24 * 90, 0}) {
    const TemporaryFolder folder;
    OwnedClock clock(kRandomStartUs + kRandomSpanUs);
    StoreOptions options;
    options.embedded.path = folder.path() + "/store.duckdb";
    options.embedded.log_uuid = std::string(32, 'a');
    options.embedded.index.minute_hours = index_hours;
    options.embedded.index.hour_hours = index_hours;
    auto store = open_store(options, clock);
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE((*store)->write(fold((*store)->series(), raw.events)));
    ASSERT_TRUE((*store)->flush());
    compare(**store, raw, random, index_hours == 0 ? 60 : 300);
    (*store)->close();
  }
}

}  // namespace
}  // namespace adbacus
