// Adds the rows of in-memory runs to a report's sums. One object serves one query on one thread.
#pragma once

#include <optional>
#include <vector>

#include "store/embedded/hour_plan.hpp"
#include "store/embedded/row_run.hpp"
#include "store/group_sums.hpp"

namespace adbacus {

class RunScan {
 public:
  // `campaigns`: only these, ascending; none: all. All references must outlive the object.
  RunScan(const RollupQuery& query, const HourPlan& plan,
          std::optional<std::vector<CampaignNumber>> campaigns, GroupSums& sums);

  // A run of the plan's hour at `index`, of that hour's kind and the query's tenant and cube.
  // False: the report has too many rows, finish() of the sums says so.
  bool add(const RowRun& run, std::size_t index);

 private:
  bool add_group(const RowRun& run, std::size_t group, const HourPlan::Hour& hour);

  const RollupQuery& query_;
  const HourPlan& plan_;
  const std::optional<std::vector<CampaignNumber>> campaigns_;
  GroupSums& sums_;
  std::uint16_t counters_ = 0;  // any measure reads these
  SliceMask slices_ = 0;
};

}  // namespace adbacus
