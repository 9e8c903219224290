#include "app/simulate/simulation_run.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "decision/traffic_recovery.hpp"
#include "model/event_time.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kBatch = 10'000;
// A tenant's mean weighs as much as so many decisions.
constexpr double kPriorDecisions = 100;

Result<std::vector<Entity>> all_entities(EntityStore& store) {
  std::vector<Entity> all;
  for (std::int64_t after = 0;;) {
    auto some = store.changes(after, kBatch);
    if (!some) return some.error();
    if (some->empty()) return all;
    after = some->back().change;
    all.insert(all.end(), std::make_move_iterator(some->begin()),
               std::make_move_iterator(some->end()));
  }
}

bool is_changed_since(const std::vector<Entity>& entities, const std::string& tenant,
                      TimeUs since_us) {
  return std::any_of(entities.begin(), entities.end(), [&](const Entity& entity) {
    return entity.tenant_id == tenant && std::max(entity.updated_us, entity.deleted_us) > since_us;
  });
}

Result<ObservedRates> observe(ReportReader& store, const LoggedPeriod& period,
                              const LoggedSummary& logged) {
  RollupQuery query;
  query.tenant = period.tenant;
  query.cube = Cube::breakdown;
  query.from_us = floor_to(period.from_us, kHourUs);
  query.to_us = floor_to(period.to_us + kHourUs - 1, kHourUs);
  query.measures = {{Counter64::impressions, kNetSlices},
                    {Counter64::clicks, kNetSlices},
                    {Counter64::conversions, kNetSlices}};
  query.dimensions = {SeriesDim::line_item, SeriesDim::creative};
  auto result = store.query(query);
  if (!result) return result.error();
  ObservedRates observed;
  std::map<std::string, double> impressions;
  double decided_impressions = 0;
  for (const auto& row : result->rows) {
    observed.rates.add(
        row.dims[0], row.dims[1],
        {.impressions = row.values[0], .clicks = row.values[1], .conversions = row.values[2]});
    if (!logged.items.contains(row.dims[0])) continue;
    impressions[row.dims[0]] += static_cast<double>(row.values[0]);
    decided_impressions += static_cast<double>(row.values[0]);
  }
  // Without any impression nothing is known of what is shown: every decision counts as one.
  if (decided_impressions <= 0) return observed;
  observed.mean_shown = std::min(1.0, decided_impressions / static_cast<double>(logged.decisions));
  for (const auto& [item, decisions] : logged.items) {
    const double shown = (impressions[item] + kPriorDecisions * observed.mean_shown) /
                         (static_cast<double>(decisions) + kPriorDecisions);
    observed.shown[item] = std::min(1.0, shown);
  }
  return observed;
}

SimulationOptions options_of(const SimulationOrder& order) {
  SimulationOptions options;
  options.period = order.period;
  options.decider = order.decider;
  options.keeper.reserve_s = order.reserve_s;
  options.keeper.rates_interval_ms = static_cast<int>(kHourUs / kMillisecondUs);
  options.seed = order.seed;
  return options;
}

struct Catalogs {
  std::vector<Entity> entities = {};
  std::shared_ptr<const CatalogSnapshot> as_is = {};
  std::shared_ptr<const CatalogSnapshot> changed = {};
};

Result<Catalogs> read_catalogs(EntityStore& catalog, const SimulationOrder& order) {
  auto entities = all_entities(catalog);
  if (!entities) return entities.error();
  const std::string& tenant = order.period.tenant;
  auto changed_entities = *entities;
  auto as_is = CatalogSnapshot().with(*entities);
  if (!as_is) return as_is.error();
  if ((*as_is)->tenant(tenant) == nullptr) {
    return Error{ErrorCode::not_found, "there is no tenant " + tenant};
  }
  if (auto made = apply_changes(order.changes, tenant, changed_entities); !made) {
    return made.error();
  }
  if (order.ranking) {  // the tenant's own goes before the server's
    auto change = parse_change(fmt::format("tenant.*.ranking={}", ranking_name(*order.ranking)));
    if (!change) return change.error();
    if (auto made = apply_changes({*change}, tenant, changed_entities); !made) return made.error();
  }
  auto changed = CatalogSnapshot().with(changed_entities);
  if (!changed) return changed.error();
  return Catalogs{*std::move(entities), *std::move(as_is), *std::move(changed)};
}

Result<LoggedSummary> summarise(EventLog& log, const LoggedPeriod& period,
                                const SimulationProgress& progress) {
  LoggedSummary logged;
  const auto summed = visit_pages(
      log, period,
      [&](const LoggedPage& page) {
        logged.add(page);
        return Result<void>();
      },
      [&](Seq done, Seq end) { progress("reading the log", done, end); });
  if (!summed) return summed.error();
  if (logged.pages > 0) return logged;
  return Error{ErrorCode::not_found,
               fmt::format("no decision of tenant {} from {} to {} is in the log", period.tenant,
                           utc_text(period.from_us), utc_text(period.to_us))};
}

}  // namespace

Result<SimulationResult> run_simulation(EventLog& log, EntityStore& catalog, ReportReader& store,
                                        const SimulationOrder& order,
                                        const SimulationProgress& progress) {
  const auto catalogs = read_catalogs(catalog, order);
  if (!catalogs) return catalogs.error();
  auto logged = summarise(log, order.period, progress);
  if (!logged) return logged.error();
  SimulationResult result{.period = order.period, .logged = *std::move(logged)};
  const auto rates = observe(store, order.period, result.logged);
  if (!rates) return rates.error();
  const auto traffic =
      recover_traffic(log, log.status().synced_seq, order.period.from_us, {}, [] { return false; });
  if (!traffic) return traffic.error();
  SimulationOptions options = options_of(order);
  Simulation baseline(catalogs->as_is, store, *rates, options);
  options.decider.ranking = order.ranking.value_or(order.decider.ranking);
  Simulation changed(catalogs->changed, store, *rates, options);
  for (Simulation* one : {&baseline, &changed}) {
    if (auto begun = one->begin(log, *traffic); !begun) return begun.error();
  }
  result.bound = replay_bound(
      result.logged, baseline.state(), order.decider, order.period,
      is_changed_since(catalogs->entities, order.period.tenant, result.logged.first_us));
  const auto replayed = visit_pages(
      log, order.period,
      [&](const LoggedPage& page) -> Result<void> {
        if (page.is_loss) {
          for (Simulation* one : {&baseline, &changed}) one->take_back(page);
          return {};
        }
        const auto answers = baseline.decide(page);
        if (!answers) return answers.error();
        result.differing += differing_slots(page, *answers);
        const auto others = changed.decide(page);
        return others ? Result<void>() : others.error();
      },
      [&](Seq done, Seq end) { progress("deciding again", done, end); });
  if (!replayed) return replayed.error();
  result.slots = baseline.tally().slots;
  result.baseline = baseline.tally();
  result.changed = changed.tally();
  result.baseline_plan = baseline.state().plan;
  result.changed_plan = changed.state().plan;
  return result;
}

}  // namespace adbacus
