// Which line items a slot may show, found by looking at every one in the order of Elimination over
// plain structs: the model that the engine is compared with. It knows countries as the only
// targeting, and of budgets only what the test says of them. Belongs to one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "decision/ad_request.hpp"
#include "decision/delivery_rates.hpp"
#include "decision/elimination.hpp"
#include "decision/testing/plain_catalog.hpp"

namespace adbacus {

class NaiveDecider {
 public:
  explicit NaiveDecider(const PlainCatalog& catalog) : catalog_(catalog) {}

  // Of line items and campaigns, by id; what is not named is open.
  std::map<std::string, Elimination> budgets = {};    // budget or pacing
  std::map<std::string, std::string> countries = {};  // line items that want one country
  RateTable rates = {};
  bool require_identity = false;

  // Forgets what the page shows; caps go on.
  void begin_page();
  // Counts a decision: for the caps of `user` (empty: nobody), and on the page.
  void show(const std::string& user, const std::string& item, const std::string& creative);

  const Placement* placement_of(const AdSlot& slot) const;
  // Why the line item cannot be shown; `outranked` if it can. The item is bound to the placement.
  Elimination reason(const std::string& item, const AdSlot& slot, const AdRequest& request) const;
  // The creatives that this line item may show.
  std::vector<std::string> creatives(const std::string& item, const AdSlot& slot,
                                     const AdRequest& request) const;
  // Line items that may be shown, those of the first priority only.
  std::vector<std::string> first_tier(const AdSlot& slot, const AdRequest& request) const;
  double value(const std::string& item) const;  // expected micros per 1,000 impressions

 private:
  bool is_in_time(const LineItem& item, TimeUs now_us) const;
  bool has_size(const std::string& creative, const AdSlot& slot, const Placement& placement) const;
  bool is_blocked(const std::string& id, const AdBlocks& blocks) const;
  bool shares_category(const std::string& item) const;
  bool is_capped(const std::string& user, const std::string& scope,
                 const std::vector<FrequencyCap>& caps) const;
  bool is_item_capped(const std::string& user, const std::string& id) const;
  bool is_creative_capped(const std::string& user, const std::string& creative) const;
  const Ad* ad_of(const std::string& creative, std::string& id) const;
  const Advertiser* advertiser_of(const LineItem& item) const;

  const PlainCatalog& catalog_;
  std::map<std::pair<std::string, std::string>, std::int64_t> uses_;  // by user and scope
  std::set<std::string> shown_items_;
  std::set<std::string> shown_categories_;
};

}  // namespace adbacus
