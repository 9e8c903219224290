#include "decision/serving_keeper.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/logging.hpp"

namespace adbacus {
namespace {

// The share of a period that comes within the next second may be used now: the first decision of a
// day need not wait for its second one.
constexpr TimeUs kAheadUs = kSecondUs;

std::int64_t bound_of(const ServingBudget& budget, TimeUs now_us) {
  const double share = elapsed_share(budget, DayCurve(), now_us + kAheadUs);
  return static_cast<std::int64_t>(pacing_bound(budget.pacing, share) *
                                   static_cast<double>(budget.amount));
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

void ServingKeeper::publish() {
  const TimeUs now_us = clock_.wall_us();
  auto next = std::make_shared<ServingState>();
  next->made_us = now_us;
  for (const auto& [id, known] : tenants_) {
    for (std::size_t i = 0; i < known.plan->budgets.size(); ++i) {
      const ServingBudget& budget = known.plan->budgets[i];
      const std::int64_t delivered =
          i < known.delivered.size() ? known.delivered[i] : budget.account->delivered();
      const bool is_known = !statistics_ || known_accounts_.contains(budget.account.get());
      const std::int64_t bound = is_known ? bound_of(budget, now_us) : 0;
      budget.account->settle(budget.amount, bound, delivered, now_us, options_.reserve_s);
    }
    next->put(id, make_state(known.plan, known.rates, now_us));
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
