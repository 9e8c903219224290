// POST /v1/decision and POST /api/decision/. Handlers run on I/O threads and are answered there: a
// decision waits for nothing.
#pragma once

#include "base/metrics.hpp"
#include "decision/ad_server.hpp"
#include "decision/decision_answer.hpp"
#include "decision/decision_request.hpp"
#include "decision/delivery_routes.hpp"
#include "http/router.hpp"

namespace adbacus {

class DecisionRoutes {
 public:
  // Borrowed; must outlive the routes.
  explicit DecisionRoutes(AdServer& ads);

  void add_routes(http::Router& router);

 private:
  void handle(const http::Request& request, http::Responder responder, AnswerForm form);
  http::Response decide(const http::Request& request, DecisionRequest& asked, AnswerForm form);
  http::Response answer(const http::Request& request, const TenantView& view,
                        const DecisionRequest& asked, const std::vector<SlotAnswer>& answers,
                        AnswerForm form);

  AdServer& ads_;
  DeliveryRoutes delivery_;
  Counter& refused_;
  Histogram& duration_;
};

}  // namespace adbacus
