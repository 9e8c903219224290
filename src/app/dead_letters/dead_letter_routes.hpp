// The endpoints of dead letters (docs/dead_letters.md). Handlers run on I/O threads and hand the
// work to a thread of its own.
#pragma once

#include <functional>

#include "app/dead_letters/dead_letter_desk.hpp"
#include "base/query_pool.hpp"
#include "http/router.hpp"

namespace adbacus {

class DeadLetterRoutes {
 public:
  // The desk must outlive the routes.
  explicit DeadLetterRoutes(DeadLetterDesk& desk, const LogIdentity& log);
  void add_routes(http::Router& router);
  void stop() { pool_.stop(); }  // ends what runs, drops what waits

 private:
  using Answer = std::function<http::Response(const http::Request& request)>;
  void add(http::Router& router, http::RouteSpec spec, Answer answer);
  http::Response list(const http::Request& request) const;
  http::Response find(const http::Request& request) const;
  http::Response settle(const http::Request& request,
                        const std::function<Result<LetterOutcome>(const DeskCaller&, Seq)>& order);

  DeadLetterDesk& desk_;
  const LogIdentity log_;
  QueryPool pool_;
};

}  // namespace adbacus
