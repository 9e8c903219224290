// GET /v1/line-items/{id}/delivery: why a line item was or was not shown, hour by hour, and where
// its budgets stand. Handlers run on I/O threads and are answered there.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "decision/delivery_history.hpp"
#include "http/router.hpp"

namespace adbacus {

class DeliveryRoutes {
 public:
  using State = std::function<std::shared_ptr<const ServingState>()>;
  // Both are borrowed and must outlive the routes.
  DeliveryRoutes(State state, const DeliveryHistory& history, Clock& clock);
  void add_routes(http::Router& router);

 private:
  http::Response answer(const http::Request& request) const;

  const State state_;
  const DeliveryHistory& history_;
  Clock& clock_;
};

}  // namespace adbacus
