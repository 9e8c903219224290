// What is asked for: one person on one page, and the slots it has to fill. Texts are views into the
// request's body, which must outlive them. Plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "enrich/agent/agent_facts.hpp"
#include "enrich/consent/consent_verdict.hpp"
#include "model/creative.hpp"
#include "model/ranking.hpp"

namespace adbacus {

struct ServingCreative;
struct ServingItem;

// What a slot asks of a creative beside size and type. Holds no view into a request: it is kept for
// a moment after the answer. Thread-safe.
class CreativeRule {
 public:
  virtual ~CreativeRule() = default;
  virtual bool allows(const ServingItem& item, const ServingCreative& creative) const = 0;
};

struct AdSlot {
  std::string_view name = {};
  std::string_view placement_key = {};
  std::string_view placement_id = {};  // if there is no key
  std::size_t count = 1;
  std::vector<AdSize> sizes = {};     // empty: those of the placement
  std::vector<AdType> ad_types = {};  // empty: any
  std::int64_t floor = 0;             // micros per 1,000 impressions, beside the placement's
  std::shared_ptr<const CreativeRule> rule = {};  // null: none
};

// What must not be shown.
struct AdBlocks {
  // Ids, or domains: those below them too.
  std::vector<std::string_view> advertisers = {};
  std::vector<std::string_view> categories = {};  // "IAB25" blocks "IAB25-3" too
  std::vector<std::string_view> campaigns = {};
  std::vector<std::string_view> line_items = {};
  std::vector<std::string_view> creatives = {};
  bool empty() const {
    return advertisers.empty() && categories.empty() && campaigns.empty() && line_items.empty() &&
           creatives.empty();
  }
};

struct AdRequest {
  TimeUs now_us = 0;
  TimeUs mono_us = 0;  // the same by the monotonic clock: budgets are reserved by it
  std::string_view user_id = {};
  std::string_view session_id = {};
  bool is_foreign_id = false;  // user_id is what an exchange or a device calls the person
  // Of the user, for whoever knows no more (a replay); instead of both.
  std::optional<Hash128> user_hash = {};
  bool may_identify = true;     // caps per user; false where consent is missing
  bool may_personalise = true;  // segments
  // Fields that targeting looks at; a field may come more than once (segment).
  std::vector<std::pair<std::string_view, std::string_view>> context = {};
  ConsentSignals consent = {};      // as sent; may_identify and may_personalise follow from it
  std::string_view device_ip = {};  // looked up in place of a context field ip
  bool is_browser = false;          // it asks itself, with a public key
  AgentSigns agent = {};            // says of the device what `context` does not
  std::vector<AdSlot> slots = {};
  AdBlocks blocks = {};
  std::optional<Ranking> ranking = {};  // instead of the tenant's
  bool is_for_page = false;  // whoever looks into the page reads the answer: no prices in it
  std::optional<std::uint64_t> seed = {};  // the same request gets the same choice
};

// The first value of a context field; null if there is none.
inline const std::string_view* context_value(const AdRequest& ads, std::string_view field) {
  for (const auto& [name, value] : ads.context)
    if (name == field) return &value;
  return nullptr;
}

}  // namespace adbacus
