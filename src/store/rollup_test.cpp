#include "store/rollup.hpp"

#include <gtest/gtest.h>
#include <set>
#include <string>

namespace adbacus {
namespace {

TEST(Rollup, GivesEachDispositionAndClassItsSlice) {
  EXPECT_EQ(slice_of(Disposition::counted, TrafficClass::valid), Slice::counted_valid);
  EXPECT_EQ(slice_of(Disposition::counted, TrafficClass::sivt), Slice::counted_sivt);
  EXPECT_EQ(slice_of(Disposition::repeat, TrafficClass::valid), Slice::repeat_valid);
  EXPECT_EQ(slice_of(Disposition::repeat, TrafficClass::givt), Slice::repeat_givt);
  EXPECT_EQ(slice_of(Disposition::transition, TrafficClass::sivt), Slice::transition);
  EXPECT_EQ(slice_of(Disposition::duplicate_id, TrafficClass::machine), Slice::duplicate_id);
  EXPECT_EQ(slice_of(Disposition::duplicate_differs, TrafficClass::valid),
            Slice::duplicate_differs);
}

TEST(Rollup, CountsEachSliceInTheTotalsThatDesignNames) {
  for (const TrafficClass c : {TrafficClass::valid, TrafficClass::suspect, TrafficClass::machine,
                               TrafficClass::givt, TrafficClass::sivt}) {
    const SliceMask counted = slice_bit(slice_of(Disposition::counted, c));
    const SliceMask repeat = slice_bit(slice_of(Disposition::repeat, c));
    const bool net = c == TrafficClass::valid || c == TrafficClass::suspect;
    EXPECT_EQ((kNetSlices & counted) != 0, net);
    EXPECT_EQ(kNetSlices & repeat, 0);
    EXPECT_NE(kGrossSlices & counted, 0);
    EXPECT_NE(kGrossSlices & repeat, 0);
    EXPECT_NE(kRepeatSlices & repeat, 0);
    EXPECT_EQ(kRepeatSlices & counted, 0);
  }
  EXPECT_EQ(kGrossSlices & slice_bit(Slice::transition), 0);
  EXPECT_EQ(kGrossSlices & kDuplicateSlices, 0);
}

TEST(Rollup, NamesAreUniqueAndNotEmpty) {
  std::set<std::string_view> slices;
  for (std::size_t i = 0; i < kSlices; ++i) slices.insert(slice_name(static_cast<Slice>(i)));
  EXPECT_EQ(slices.size(), kSlices);
  std::set<std::string_view> counters;
  for (std::size_t i = 0; i < kCounters; ++i) {
    counters.insert(counter_name(static_cast<Counter64>(i)));
  }
  EXPECT_EQ(counters.size(), kCounters);
  std::set<std::string_view> dims;
  for (std::size_t i = 0; i < kSeriesDims; ++i) {
    dims.insert(series_dim_name(static_cast<SeriesDim>(i)));
  }
  EXPECT_EQ(dims.size(), kSeriesDims);
  for (const auto& names : {slices, counters, dims}) EXPECT_EQ(names.count(""), 0U);
}

}  // namespace
}  // namespace adbacus
