// The memory of files being built is counted back exactly, whatever finishing a file does to it.
#include "store/lake/open_hours.hpp"

#include <gtest/gtest.h>

#include "store/lake/testing/random_events.hpp"
#include "store/lake/testing/rows.hpp"

namespace adbacus {
namespace {

TEST(OpenHours, CountsNoMemoryOnceAllIsCut) {
  const std::uint64_t seed = testing_lake::test_seed();
  SCOPED_TRACE(seed);
  testing_lake::RandomEvents random(seed);
  random.time_span_us = 4 * kHourUs;
  const LakeOptions options;
  OpenHours open(options, 7);
  PackedEvent packed;
  for (const std::size_t events : {1U, 2U, 12U, 1U, 60'000U, 3U, 1U, 40U, 1U}) {
    const LakeBatch batch = random.batch(events, nullptr);
    for (const LakeEvent& event : batch.events) {
      ASSERT_TRUE(scan_event(event.bytes, packed));
      ASSERT_TRUE(open.append(event, packed));
    }
    EXPECT_GT(open.memory_bytes(), 0U);
    EXPECT_FALSE(open.any_due());
    for (const TimeUs hour_us : open.hours()) {
      ASSERT_TRUE(open.file(hour_us).finish());
      open.close(hour_us);
    }
    EXPECT_EQ(open.memory_bytes(), 0U) << "after " << events << " events";
    EXPECT_FALSE(open.any_due());
  }
}

}  // namespace
}  // namespace adbacus
