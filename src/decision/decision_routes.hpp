// POST /v1/decision and POST /api/decision/. Handlers run on I/O threads and are answered there: a
// decision waits for nothing. What was decided is handed to a sink before it is answered.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/signing_keys.hpp"
#include "decision/decider.hpp"
#include "decision/decision_answer.hpp"
#include "decision/decision_log.hpp"
#include "decision/delivery_routes.hpp"
#include "decision/delivery_watch.hpp"
#include "http/router.hpp"

namespace adbacus {

struct DecisionRouteOptions {
  DeciderOptions decider = {};
  // How the server is reached: "https://ads.example.com"; empty: as the request's Host says.
  std::string public_url = {};
  std::string scheme = "http";  // with the Host
  // How long an impression may come after its decision.
  std::uint32_t display_life_s = 60;
  std::uint32_t native_life_s = 600;
  std::uint32_t video_life_s = 1'800;  // and audio
};

class DecisionRoutes {
 public:
  using State = std::function<std::shared_ptr<const ServingState>()>;
  // Everything is borrowed and must outlive the routes; `log` may be null.
  DecisionRoutes(State state, FrequencyCaps& caps, const SigningKeys& keys, DecisionLog* log,
                 Clock& clock, const DecisionRouteOptions& options);
  // Looks at what was sampled since the last call; for one thread, about once a second.
  void look_at_delivery() { watch_.look(*state_(), decider_); }

  void add_routes(http::Router& router);

 private:
  void handle(const http::Request& request, http::Responder responder, AnswerForm form);
  http::Response decide(const http::Request& request, DecisionRequest& asked, AnswerForm form);
  http::Response answer(const http::Request& request, const TenantState& state,
                        const DecisionRequest& asked, const std::vector<SlotAnswer>& answers,
                        AnswerForm form);
  SignedDecision sign(const TenantState& state, const AdRequest& ads,
                      const Decision& decision) const;
  std::uint32_t life_of(const ServingCreative& creative) const;
  DecisionUrls urls_of(const http::Request& request) const;

  const State state_;
  const SigningKeys& keys_;
  DecisionLog* const log_;
  Clock& clock_;
  const DecisionRouteOptions options_;
  const Decider decider_;
  DeliveryWatch watch_;
  DeliveryRoutes delivery_;
  Counter& served_;
  Counter& unserved_;
  Counter& refused_;
  Histogram& duration_;
};

}  // namespace adbacus
