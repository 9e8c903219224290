// Whether a replay without changes says what was logged, and how far it may be off. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/simulate/logged_pages.hpp"
#include "decision/decider.hpp"
#include "decision/serving_state.hpp"

namespace adbacus {

// What is known about a period before it is replayed.
struct LoggedSummary {
  std::uint64_t pages = 0;
  TimeUs first_us = 0;                                  // of the first page
  std::map<std::string, std::uint64_t> slots = {};      // by placement
  std::map<std::string, std::uint64_t> items = {};      // decisions by line item
  std::map<std::string, std::uint64_t> campaigns = {};  // likewise
  std::uint64_t decisions = 0;
  // On which placements requests were that cannot be made again exactly, and why; and which were
  // asked for together on a page.
  std::set<std::string> unsure = {};
  std::set<std::string> reasons = {};
  std::set<std::pair<std::string, std::string>> together = {};
  void add(const LoggedPage& page);
};

// Placements on which a replay may differ from what was logged, and why: whatever depends on when
// exactly budgets and rates were looked at, and what shares caps or pages with that. Elsewhere a
// replay is the same, as long as the log lost no decision.
struct ReplayBound {
  std::set<std::string> placements = {};
  std::set<std::string> reasons = {};
  std::uint64_t slots = 0;  // of the period
};
ReplayBound replay_bound(const LoggedSummary& logged, const TenantState& state,
                         const DeciderOptions& decider, const LoggedPeriod& period,
                         bool catalog_changed);

// Slots in which another line item or creative was chosen than logged.
std::uint64_t differing_slots(const LoggedPage& page, const std::vector<SlotAnswer>& answers);

}  // namespace adbacus
