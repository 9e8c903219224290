// A simulation from the opened parts of a data folder: the period as it was and with the changes,
// side by side. One thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/simulate/catalog_changes.hpp"
#include "app/simulate/replay_check.hpp"
#include "app/simulate/simulation.hpp"

namespace adbacus {

struct SimulationOrder {
  LoggedPeriod period = {};
  std::vector<CatalogChange> changes = {};
  std::optional<Ranking> ranking = {};  // of the changed run
  DeciderOptions decider = {};          // as the server decides
  std::uint32_t reserve_s = 60;
  std::uint64_t seed = 1;
};

struct SimulationResult {
  LoggedPeriod period = {};
  LoggedSummary logged = {};
  std::uint64_t slots = 0;
  std::uint64_t differing = 0;  // of the replay without changes
  ReplayBound bound = {};
  SimulationTally baseline = {};
  SimulationTally changed = {};
  // Both states, for names and budgets.
  std::shared_ptr<const TenantPlan> baseline_plan = {};
  std::shared_ptr<const TenantPlan> changed_plan = {};
};

// Called with a phase and how far it is.
using SimulationProgress = std::function<void(const char* phase, Seq done, Seq end)>;

// invalid_argument: changes that cannot be made. not_found: nothing was decided for the tenant in
// the period.
Result<SimulationResult> run_simulation(EventLog& log, EntityStore& catalog, ReportReader& store,
                                        const SimulationOrder& order,
                                        const SimulationProgress& progress);

}  // namespace adbacus
