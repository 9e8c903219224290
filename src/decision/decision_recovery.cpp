#include "decision/decision_recovery.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include "decision/decision_block.hpp"
#include "eventlog/control_entries.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kReadBytes = std::size_t{4} << 20U;

class Recovery {
 public:
  Recovery(const ServingState& state, FrequencyCaps& caps, TimeUs now_us, TimeUs mono_us,
           TimeUs until_us, std::uint32_t reserve_s)
      : state_(state),
        caps_(caps),
        now_us_(now_us),
        mono_us_(mono_us),
        until_us_(until_us),
        reserve_us_(reserve_s * kSecondUs) {}

  Result<void> take_block(const LogControl& control) {
    auto meaning = decode_control(control);
    if (!meaning) return meaning.error();
    ++found_.blocks;
    Result<void> done;
    auto read = read_decision_block(std::get<DecisionsEntry>(*meaning).block,
                                    [&](const LoggedDecision& decision) {
                                      if (done) done = take(decision);
                                    });
    return read ? done : read;
  }
  const RecoveredDecisions& found() const { return found_; }

 private:
  Result<void> take(const LoggedDecision& decision) {
    if (decision.line_item_id.empty() || decision.time_us >= until_us_) return {};
    const TenantState* tenant = state_.tenant(decision.tenant);
    std::size_t number = 0;
    const PlacementPlan* placement =
        tenant == nullptr ? nullptr : tenant->plan->of_item(decision.line_item_id, number);
    if (tenant != nullptr && placement == nullptr) return take_orphan(decision, *tenant->plan);
    if (placement == nullptr) return {};
    const ServingItem& item = placement->items[number];
    if (!is_taken_back(decision)) ++found_.decisions;
    // What was given back of a budget stays reserved for the minute that is left of it.
    if (!is_taken_back(decision) && now_us_ - decision.time_us < reserve_us_) {
      const ItemRates& rates = tenant->of(*placement).rates[number];
      for (const std::size_t budget_number : item.budgets) {
        const ServingBudget& budget = tenant->plan->budgets[budget_number];
        budget.account->restore(expected_use(budget, item, rates),
                                mono_us_ - (now_us_ - decision.time_us));
      }
    }
    if (decision.user == Hash128()) return {};
    if (auto counted = count(decision, item.caps); !counted) return counted;
    for (const ServingCreative& creative : item.creatives) {
      if (creative.id == decision.creative_id) return count(decision, creative.caps);
    }
    return {};
  }

  static bool is_taken_back(const LoggedDecision& decision) {
    return (decision.flags & LoggedDecision::kTakenBack) != 0;
  }

  // Its line item is gone, but its campaign and their advertiser may still be served.
  Result<void> take_orphan(const LoggedDecision& decision, const TenantPlan& plan) {
    if (decision.user == Hash128()) return {};
    const std::string key = plan.id + '\n' + std::string(decision.campaign_id);
    const auto known = campaign_limits_.find(key);
    if (known != campaign_limits_.end()) return count(decision, known->second);
    std::vector<FrequencyLimit> limits;
    for (const auto& placement : plan.placements) {
      for (const ServingItem& item : placement->items) {
        if (item.campaign_id != decision.campaign_id || !limits.empty()) continue;
        const std::uint64_t own = cap_scope(plan.id, EntityKind::line_item, item.id);
        std::copy_if(item.caps.begin(), item.caps.end(), std::back_inserter(limits),
                     [&](const FrequencyLimit& limit) { return limit.scope != own; });
      }
    }
    auto& kept = campaign_limits_[key];
    kept = std::move(limits);
    return count(decision, kept);
  }

  // Once in each scope, for as long as its longest limit looks back.
  Result<void> count(const LoggedDecision& decision, const std::vector<FrequencyLimit>& limits) {
    if (is_taken_back(decision)) return caps_.take_back(decision.user, limits, decision.time_us);
    for (std::size_t i = 0; i < limits.size(); ++i) {
      const auto same_scope = [&](const FrequencyLimit& limit) {
        return limit.scope == limits[i].scope;
      };
      const auto end = limits.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::any_of(limits.begin(), end, same_scope)) continue;
      std::uint32_t keep_s = 0;
      for (const FrequencyLimit& limit : limits) {
        if (same_scope(limit)) keep_s = std::max(keep_s, limit.period_s);
      }
      auto restored =
          caps_.restore(decision.user, limits[i].scope, keep_s, decision.time_us, now_us_);
      if (!restored) return restored;
    }
    return {};
  }

  const ServingState& state_;
  FrequencyCaps& caps_;
  const TimeUs now_us_;
  const TimeUs mono_us_;
  const TimeUs until_us_;
  const TimeUs reserve_us_;
  // Of campaigns of which line items are gone, by tenant and id.
  std::map<std::string, std::vector<FrequencyLimit>> campaign_limits_;
  RecoveredDecisions found_;
};

TimeUs longest_period(const ServingState& state) {
  std::uint32_t longest_s = 0;
  const auto look = [&](const std::vector<FrequencyLimit>& limits) {
    for (const FrequencyLimit& limit : limits) longest_s = std::max(longest_s, limit.period_s);
  };
  state.for_each([&](const TenantState& tenant) {
    for (const auto& placement : tenant.plan->placements) {
      for (const ServingItem& item : placement->items) {
        look(item.caps);
        for (const ServingCreative& creative : item.creatives) look(creative.caps);
      }
    }
  });
  return longest_s * kSecondUs;
}

}  // namespace

Result<RecoveredDecisions> recover_decisions(EventLog& log, const ServingState& state,
                                             FrequencyCaps& caps, TimeUs now_us, TimeUs mono_us,
                                             TimeUs until_us, std::uint32_t reserve_s) {
  Recovery recovery(state, caps, now_us, mono_us, until_us, reserve_s);
  const TimeUs period_us = longest_period(state);
  if (period_us == 0) return recovery.found();
  const Seq end = log.status().synced_seq;
  const auto reader = log.reader();
  LogBatch batch;
  // A minute more: a block is written after what it holds.
  Seq next = log.first_seq_since(now_us - period_us - kMinuteUs);
  while (next <= end) {
    if (auto got = reader->read(next, kReadBytes, 0, batch); !got) return got.error();
    for (const LogControl& control : batch.controls) {
      if (control.kind != static_cast<std::uint8_t>(ControlKind::decisions)) continue;
      if (auto taken = recovery.take_block(control); !taken) return taken.error();
    }
    if (batch.next <= next) break;
    next = batch.next;
  }
  return recovery.found();
}

}  // namespace adbacus
