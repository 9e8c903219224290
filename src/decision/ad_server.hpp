// What every way to ask for ads shares: decides, signs what was decided, and tells the event log
// and the delivery statistics of it. Thread-safe but for look_at_delivery(); waits for nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/signing_keys.hpp"
#include "decision/decider.hpp"
#include "decision/decision_answer.hpp"
#include "decision/decision_log.hpp"
#include "decision/delivery_watch.hpp"
#include "enrich/agent/agent_parser.hpp"
#include "enrich/geo/geo_tables.hpp"
#include "http/http.hpp"

namespace adbacus {

struct AdServerOptions {
  DeciderOptions decider = {};
  // How the server is reached: "https://ads.example.com"; empty: as the request's Host says.
  std::string public_url = {};
  std::string scheme = "http";  // with the Host
  // How long an impression may come after its decision.
  std::uint32_t display_life_s = 60;
  std::uint32_t native_life_s = 600;
  std::uint32_t video_life_s = 1'800;         // and audio
  ConsentRules consent = {};                  // set at start-up, those of ingest
  std::shared_ptr<const GeoTables> geo = {};  // set at start-up; null: none
  // Set at start-up; null: user agents are not read.
  std::shared_ptr<const SharedAgentParser> agents = {};
};

// One tenant's state, held as long as decisions refer to it.
struct TenantView {
  std::shared_ptr<const ServingState> held = {};
  const TenantState* tenant = nullptr;  // never null; of a tenant without objects an empty one
};

class AdServer {
 public:
  using State = std::function<std::shared_ptr<const ServingState>()>;
  // Everything is borrowed and must outlive the object; `log` may be null.
  AdServer(State state, FrequencyCaps& caps, const SigningKeys& keys, DecisionLog* log,
           Clock& clock, const AdServerOptions& options);

  TenantView view(std::string_view tenant) const;
  // Sets the request's time first and what address and user agent say, and takes out of it what the
  // person's privacy signals forbid.
  Result<std::vector<SlotAnswer>> decide(const TenantView& view, AdRequest& ads) const;
  // What of the request the tenant's line items look at, as the log keeps it; valid until the
  // thread's next call.
  std::string_view context_of(const TenantView& view, const AdRequest& ads) const;
  // The ids of what a slot got, which log and statistics know from now on. An impression counts
  // `grace_s` longer than the creative's kind says.
  std::vector<SignedDecision> hand_out(const TenantView& view, const AdRequest& ads,
                                       const AdSlot& slot, const SlotAnswer& answer,
                                       std::string_view context, std::uint32_t grace_s);
  // What was handed out came to nothing: its use of caps is taken back, also in the log. With
  // `reserved` its share of budgets too: the rates that it was reserved with, null if that is over.
  void withdraw(const TenantView& view, const Decision& decision, const ItemRates* reserved,
                TimeUs decided_us) const;
  SignedDecision sign(const TenantView& view, const AdRequest& ads, const Decision& decision,
                      std::uint32_t grace_s) const;
  std::uint32_t life_of(const ServingCreative& creative) const;
  DecisionUrls urls_of(const http::Request& request) const;

  // Looks at what was sampled since the last call; for one thread, about once a second.
  void look_at_delivery() { watch_.look(*state_(), decider_); }

  const Decider& decider() const { return decider_; }
  const DeliveryHistory& history() const { return watch_.history(); }
  const State& state() const { return state_; }
  const SigningKeys& keys() const { return keys_; }
  Clock& clock() const { return clock_; }

 private:
  const State state_;
  const SigningKeys& keys_;
  DecisionLog* const log_;
  Clock& clock_;
  const AdServerOptions options_;
  const Decider decider_;
  DeliveryWatch watch_;
  Counter& served_;
  Counter& unserved_;
};

}  // namespace adbacus
