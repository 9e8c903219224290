// Chooses ads: eligible -> cap -> pace -> rank -> creative, over one ServingState. A decision takes
// about a microsecond and no lock but that of the user's shard of the frequency caps.
//
// Thread-safe; each thread works in scratch space of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "counters/counters.hpp"
#include "decision/ad_request.hpp"
#include "decision/elimination.hpp"
#include "decision/serving_state.hpp"

namespace adbacus {

struct DeciderOptions {
  Ranking ranking = Ranking::weighted_bid;
  // Of decisions ranked by value, drawn by bid instead, so that every line item is seen.
  double explore_share = 0.10;
  bool require_identity = false;  // no ad for nobody known, instead of one without caps
};

// One ad, with the state's objects it was made of; valid as long as the state is held.
struct Decision {
  std::uint64_t number = 0;  // random
  const PlacementPlan* placement = nullptr;
  const ServingItem* item = nullptr;
  const ServingCreative* creative = nullptr;
  Hash128 user = {};  // of the caps; zero: nobody known
  bool cap_unenforced = false;
  Ranking ranking = Ranking::weighted_bid;
  bool explored = false;
  std::int64_t expected_cost = 0;  // micros that are reserved for it
};

struct SlotAnswer {
  std::vector<Decision> decisions = {};     // at most as many as were asked for
  Elimination missing = Elimination::none;  // why the slot has fewer, as far as one reason says it
  Hash128 user = {};                        // of the caps; zero: nobody known
};

// One line item as a slot's decision saw it.
struct ItemTrace {
  const ServingItem* item = nullptr;
  Elimination reason = Elimination::none;
  double value = 0;  // expected micros per 1,000 impressions
};

// For a request without a seed of its own.
std::uint64_t random_seed();

// The placement that a slot names; null: the tenant has none of this key or id.
const PlacementPlan* placement_of(const TenantPlan& plan, const AdSlot& slot);

class Decider {
 public:
  // caps must outlive the object.
  Decider(FrequencyCaps& caps, const DeciderOptions& options) : caps_(caps), options_(options) {}

  // An answer for each slot, in order. What one slot got, and the categories of its advertiser, no
  // later slot gets (competitive separation). unavailable: the counters cannot be reached.
  Result<std::vector<SlotAnswer>> decide(const TenantState& state, const AdRequest& request) const;

  // Every line item bound to the slot's placement with the reason why it was not chosen, in the
  // order of Elimination; `chosen` is what decide() answered. Counts and reserves nothing, so what
  // others did since decide() shows.
  Result<std::vector<ItemTrace>> trace(const TenantState& state, const AdRequest& request,
                                       const AdSlot& slot,
                                       const std::vector<Decision>& chosen) const;

  // The counts and reservations of a decision are taken back: it was not handed out.
  void take_back(const TenantState& state, const Decision& decision,
                 const AdRequest& request) const;
  // Only those of the caps. A creative that is gone may be null.
  void uncount(const Decision& decision, TimeUs decided_us) const;

 private:
  FrequencyCaps& caps_;
  const DeciderOptions options_;
};

}  // namespace adbacus
