#include "decision/serving_keeper.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/logging.hpp"
#include "decision/pacing.hpp"

namespace adbacus {
namespace {

// The share of a period that comes within the next second may be used now: the first decision of a
// day need not wait for its second one.
constexpr TimeUs kAheadUs = kSecondUs;

PacingBounds bounds_of(const ServingBudget& budget, const LearnedCurve& traffic, TimeUs now_us) {
  const double share = elapsed_share(budget, traffic.curve, now_us + kAheadUs);
  PacingBounds bounds{};
  for (std::size_t mode = 0; mode < bounds.size(); ++mode) {
    bounds[mode] = static_cast<std::int64_t>(pacing_bound(static_cast<PacingMode>(mode), share) *
                                             static_cast<double>(budget.amount));
  }
  return bounds;
}

}  // namespace

ServingKeeper::ServingKeeper(Catalog catalog, ReportReader* reader, Clock& clock,
                             const ServingKeeperOptions& options)
    : source_(std::move(catalog)),
      reader_(reader),
      clock_(clock),
      options_(options),
      state_(std::make_shared<const ServingState>()),
      age_gauge_("adbacus_decision_state_age_seconds",
                 "Age of what decisions are made from: budgets, schedules, statistics", "", [this] {
                   return static_cast<double>(clock_.wall_us() - state()->made_us) / kSecondUs;
                 }) {
  if (reader != nullptr) statistics_.emplace(*reader);
  settle();
}

ServingKeeper::~ServingKeeper() {
  stop();
}

std::shared_ptr<const ServingState> ServingKeeper::state() const {
  const std::lock_guard lock(state_mutex_);
  return state_;
}

void ServingKeeper::refresh() {
  const std::lock_guard lock(pass_mutex_);
  make_plans();
  // A budget that is new may be one of a campaign that has spent.
  for (auto& [id, known] : tenants_) {
    const auto& budgets = known.plan->budgets;
    const bool has_new = std::any_of(budgets.begin(), budgets.end(), [&](const auto& budget) {
      return !known_accounts_.contains(budget.account.get());
    });
    if (has_new) read_delivered(known);
  }
  publish();
}

void ServingKeeper::settle() {
  const std::lock_guard lock(pass_mutex_);
  make_plans();
  read_statistics();
  publish();
}

void ServingKeeper::make_plans() {
  auto now = source_();
  if (catalog_ == now) return;
  std::map<std::string, Known> tenants;
  now->for_each_tenant([&](const std::string& id, const TenantObjects& objects) {
    Known& known = tenants[id];
    if (const auto before = tenants_.find(id); before != tenants_.end()) {
      known = std::move(before->second);
    }
    if (known.objects == &objects) return;
    known.objects = &objects;
    // Accounts keep what they were settled with until the statistics are read.
    known.delivered.clear();
    known.curves.clear();
    known.plan = build_plan(id, objects, accounts_);
  });
  tenants_ = std::move(tenants);
  catalog_ = std::move(now);  // keeps the objects that the plans were made of
}

void ServingKeeper::read_statistics() {
  if (!statistics_) return;
  const TimeUs now_us = clock_.wall_us();
  const TimeUs mono_us = clock_.mono_us();
  for (auto& [id, known] : tenants_) {
    read_delivered(known);
    const bool is_old =
        known.rates_read_us == INT64_MIN ||
        mono_us - known.rates_read_us >= options_.rates_interval_ms * kMillisecondUs;
    if (!is_old || known.plan->placements.empty()) continue;
    auto rates = statistics_->rates(id, now_us);
    if (!rates) continue;
    known.rates = *std::move(rates);
    known.rates_read_us = mono_us;
  }
}

void ServingKeeper::read_delivered(Known& known) {
  if (!statistics_ || known.plan->budgets.empty()) return;
  if (reader_->visible() < options_.known_from) return;
  auto delivered = statistics_->delivered(*known.plan, clock_.wall_us());
  if (!delivered) return;
  known.delivered = *std::move(delivered);
  for (const ServingBudget& budget : known.plan->budgets) {
    known_accounts_.insert(budget.account.get());
  }
}

void ServingKeeper::learn(const TrafficHistory& before) {
  const std::lock_guard lock(pass_mutex_);
  traffic_.add(before);
  for (auto& [id, known] : tenants_) known.curves.clear();
  publish();
}

void ServingKeeper::count_requests(const TenantPlan& plan, std::int64_t hour) {
  for (const auto& placement : plan.placements) {
    if (placement->requests->load(std::memory_order_relaxed) == 0) continue;
    traffic_.add(plan.id, placement->id, hour, placement->requests->exchange(0));
  }
}

// The hour that is not over yet teaches nothing.
void ServingKeeper::make_curves(Known& known, std::int64_t hour) const {
  const TenantPlan& plan = *known.plan;
  if (known.curves.size() == plan.budgets.size() && known.curves_hour == hour) return;
  known.curves.clear();
  known.curves_hour = hour;
  // Most line items share their placement and zone with others.
  std::map<std::pair<std::string, std::vector<std::size_t>>, std::shared_ptr<const LearnedCurve>>
      made;
  for (const ServingBudget& budget : plan.budgets) {
    auto& curve = made[{budget.timezone, budget.placements}];
    if (!curve) {
      std::vector<std::string_view> ids;
      for (const std::size_t number : budget.placements) ids.push_back(plan.placements[number]->id);
      curve = std::make_shared<const LearnedCurve>(
          learn_curve(traffic_.sum(plan.id, ids, hour), budget.timezone));
    }
    known.curves.push_back(curve);
  }
}

void ServingKeeper::publish() {
  const TimeUs now_us = clock_.wall_us();
  const std::int64_t hour = floor_to(now_us, kHourUs) / kHourUs;
  if (hour != forgot_hour_) traffic_.forget_before(forgot_hour_ = hour);
  auto next = std::make_shared<ServingState>();
  next->made_us = now_us;
  for (auto& [id, known] : tenants_) {
    count_requests(*known.plan, hour);
    make_curves(known, hour);
    for (std::size_t i = 0; i < known.plan->budgets.size(); ++i) {
      const ServingBudget& budget = known.plan->budgets[i];
      const std::int64_t delivered =
          i < known.delivered.size() ? known.delivered[i] : budget.account->delivered();
      const bool is_known = !statistics_ || known_accounts_.contains(budget.account.get());
      const PacingBounds bounds =
          is_known ? bounds_of(budget, *known.curves[i], now_us) : PacingBounds{};
      budget.account->settle(budget.amount, bounds, delivered, clock_.mono_us(),
                             options_.reserve_s);
    }
    next->put(id, make_state(known.plan, known.curves, known.rates, now_us));
  }
  const std::lock_guard lock(state_mutex_);
  state_ = std::move(next);
}

void ServingKeeper::start(std::function<void()> after_pass) {
  const std::chrono::milliseconds interval(options_.interval_ms);
  thread_.start("serving", interval, [this, interval, after = std::move(after_pass)] {
    const TimeUs begin_us = clock_.mono_us();
    settle();
    after();
    const auto took_us = static_cast<double>(clock_.mono_us() - begin_us);
    const std::chrono::microseconds rest(
        static_cast<TimeUs>(took_us / options_.load_max - took_us));
    if (rest > interval) thread_.rest_once(rest);
  });
}

void ServingKeeper::stop() {
  thread_.stop();
}

}  // namespace adbacus
