#include "report/testing/route_harness.hpp"

#include "catalog/testing/fixed_tenants.hpp"
#include "http/url.hpp"

namespace adbacus {
namespace {

class Keys : public http::Authenticator {
 public:
  Result<http::Principal> authenticate(std::string_view credential, std::string_view) override {
    http::Principal principal;
    principal.scopes = http::scope_read | http::scope_export;
    if (credential == "operator") {
      principal.is_operator = true;
    } else if (credential == "viewer") {
      principal.tenant = "1";
      principal.scopes = http::scope_read;
    } else if (credential == "sender") {
      principal.tenant = "1";
      principal.scopes = http::scope_ingest;
    } else if (!credential.empty()) {
      principal.tenant = credential;
    } else {
      return Error{ErrorCode::unauthorized, "no credential"};
    }
    return principal;
  }
};

// Owns the request until it is answered, as the server's connection does.
struct Exchange : http::Responder::Sink {
  std::string target;
  std::string body;
  std::string authorization;
  std::string accept;
  http::Request request;
  std::promise<http::Response> promise;
  void send(http::Response response) override { promise.set_value(std::move(response)); }
};

}  // namespace

struct RouteHarness::Parts {
  FixedTenants tenants{{"1"}};
  Keys keys;
  http::Router router;
  ReportRoutes routes;
  Parts(RouteHarness& harness, const ReportOptions& options)
      : routes(harness.store, &harness.store, harness.log, tenants, harness.clock, options) {
    routes.add_routes(router);
  }
};

RouteHarness::RouteHarness(TimeUs now_us, ReportOptions options)
    : clock(now_us), parts_(std::make_unique<Parts>(*this, options)) {
  store.data_as_of_us = now_us;
}

RouteHarness::~RouteHarness() = default;

ReportRoutes& RouteHarness::routes() {
  return parts_->routes;
}

std::future<http::Response> RouteHarness::send(http::Method method, std::string_view target,
                                               std::string body, std::string credential,
                                               std::string accept) {
  auto exchange = std::make_shared<Exchange>();
  exchange->target = target;
  exchange->body = std::move(body);
  exchange->accept = std::move(accept);
  exchange->authorization = "Bearer " + credential;
  http::Request& request = exchange->request;
  request.method = method;
  request.target = exchange->target;
  const http::TargetParts split = http::split_target(exchange->target);
  request.path = split.path;
  std::string_view rest = split.query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    request.query.push_back({std::string(pair.substr(0, equals)),
                             std::string(pair.substr(std::min(pair.size(), equals + 1)))});
  }
  request.body = exchange->body;
  request.request_id = "r1";
  if (!credential.empty()) request.headers.emplace_back("Authorization", exchange->authorization);
  if (!exchange->accept.empty()) request.headers.emplace_back("Accept", exchange->accept);
  auto future = exchange->promise.get_future();
  parts_->router.dispatch(request, http::Responder(exchange), &parts_->keys);
  return future;
}

http::Response RouteHarness::get(std::string_view target, std::string credential) {
  return send(http::Method::get, target, {}, std::move(credential)).get();
}

}  // namespace adbacus
