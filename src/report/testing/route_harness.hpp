// Sends requests to the report routes through the real route table, without sockets. Several
// threads may send at a time.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <string_view>

#include "http/router.hpp"
#include "report/report_routes.hpp"
#include "report/testing/naive_store.hpp"
#include "report/testing/owned_clock.hpp"

namespace adbacus {

class RouteHarness {
 public:
  explicit RouteHarness(TimeUs now_us, ReportOptions options = {});
  ~RouteHarness();

  // Bearer "1" reads tenant 1, "operator" stands above, "viewer" reads there but
  // exports nothing, "sender" may not read, "" is nobody.
  std::future<http::Response> send(http::Method method, std::string_view target,
                                   std::string body = {}, std::string credential = "1",
                                   std::string accept = {});
  http::Response get(std::string_view target, std::string credential = "1");

  NaiveStore store;
  OwnedClock clock;
  const LogIdentity log{"0123456789abcdef0123456789abcdef", 7};
  ReportRoutes& routes();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace adbacus
