#include "store/embedded/run_scan.hpp"

namespace adbacus {

RunScan::RunScan(const RollupQuery& query, const HourPlan& plan,
                 std::optional<std::vector<CampaignNumber>> campaigns, GroupSums& sums)
    : query_(query), plan_(plan), campaigns_(std::move(campaigns)), sums_(sums) {
  for (const Measure& measure : query.measures) {
    counters_ =
        static_cast<std::uint16_t>(counters_ | (1U << static_cast<unsigned>(measure.counter)));
    slices_ = static_cast<SliceMask>(slices_ | measure.slices);
  }
}

bool RunScan::add(const RowRun& run, std::size_t index) {
  const HourPlan::Hour& hour = plan_.hours[index];
  if (!campaigns_) {
    for (std::size_t group = 0; group < run.campaigns(); ++group) {
      if (!add_group(run, group, hour)) return false;
    }
    return true;
  }
  for (const CampaignNumber campaign : *campaigns_) {
    const std::size_t group = run.find(campaign);
    if (group < run.campaigns() && !add_group(run, group, hour)) return false;
  }
  return true;
}

bool RunScan::add_group(const RowRun& run, std::size_t group, const HourPlan::Hour& hour) {
  const bool cut = hour.kind == RowKind::traffic_minute;
  const std::uint32_t* words = run.words(run.group(group).word);
  const std::size_t end = run.group(group + 1).row;
  SeriesId series = 0;
  std::uint32_t number = GroupSums::kFiltered;
  bool known = false;  // `number` is that of `series`
  for (std::size_t row = run.group(group).row; row < end; ++row) {
    const RowRun::Head& head = run.head(row);
    const std::uint32_t* values = words;
    words += RowRun::word_count(head);
    if ((slices_ & slice_bit(head.slice)) == 0 || (counters_ & head.mask) == 0) continue;
    const TimeUs bucket = cut ? plan_.minutes[hour.minutes][head.minute] : hour.bucket_us;
    if (bucket == kNoBucket) continue;
    if (!known || head.series != series) {
      series = head.series;
      number = sums_.group_of(series);
      known = true;
    }
    if (number == GroupSums::kFiltered) continue;
    std::int64_t* sums = sums_.values(bucket, number);
    if (sums == nullptr) return false;
    for (std::size_t m = 0; m < query_.measures.size(); ++m) {
      const Measure& measure = query_.measures[m];
      if ((measure.slices & slice_bit(head.slice)) == 0) continue;
      sums[m] = clamped_sum(sums[m], RowRun::value(head, values, measure.counter));
    }
  }
  return true;
}

}  // namespace adbacus
