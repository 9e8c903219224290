#include "http/testing/echo_server.hpp"

#include <cassert>
#include <chrono>
#include <new>
#include <stdexcept>

#include "base/rng.hpp"

namespace adbacus::http {
namespace {

class OneKey final : public Authenticator {
 public:
  Result<Principal> authenticate(std::string_view credential, std::string_view) override {
    if (credential == "read-key") return Principal{"1", "read", scope_read, false};
    if (credential == "good-key") return Principal{"1", "good", scope_ingest, false};
    if (credential == "public-key") {
      Principal page{"1", "page", scope_ingest, false};
      page.is_public = true;
      page.origins = std::make_shared<const std::vector<std::string>>(
          std::vector<std::string>{"https://a.example"});
      return page;
    }
    return Error{ErrorCode::unauthorized, "unknown key"};
  }
};

Response text_response(std::string body) {
  Response response;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

RouteSpec route(Method method, std::string path) {
  RouteSpec spec;
  spec.method = method;
  spec.path = std::move(path);
  spec.is_open = true;
  return spec;
}

}  // namespace

EchoServer::EchoServer(ServerOptions options, std::uint64_t seed)
    : authenticator_(std::make_unique<OneKey>()) {
  add_routes();
  options.port = 0;
  if (options.threads == 0) options.threads = 2;
  auto server = Server::start(options, router_, authenticator_.get(), clock_);
  assert(server);
  server_ = *std::move(server);
  worker_ = std::thread([this, seed] { answer_later(seed); });
}

EchoServer::~EchoServer() {
  release_held();
  server_->stop(0);
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  worker_.join();
}

void EchoServer::add_routes() {
  const auto echo = [this](const Request& request, Responder responder) {
    ++served_;
    Response response = text_response(std::string(request.body));
    response.headers.emplace_back("X-Remote-Ip", request.remote_ip);
    response.headers.emplace_back("X-Path", request.path);
    for (const QueryParam& p : request.query)
      response.headers.emplace_back("X-Q-" + p.name, p.value);
    responder.send(std::move(response));
  };
  router_.add(route(Method::post, "/echo"), echo);
  RouteSpec secured = route(Method::post, "/secured");
  secured.is_open = false;
  secured.scope = scope_ingest;
  secured.params = {{"key", "query", "string", false, ""}};
  secured.for_browsers = true;
  router_.add(secured, echo);
  router_.add(route(Method::get, "/hello"), [this](const Request&, Responder responder) {
    ++served_;
    responder.send(text_response("hello"));
  });
  router_.add(route(Method::get, "/large"), [](const Request& request, Responder responder) {
    const std::string* bytes = request.param("bytes");
    responder.send(text_response(std::string(bytes == nullptr ? 0 : std::stoul(*bytes), 'x')));
  });
  router_.add(route(Method::post, "/later"), [this](const Request& request, Responder responder) {
    const std::lock_guard lock(mutex_);
    pending_.push_back({std::string(request.body), std::move(responder)});
    changed_.notify_all();
  });
  router_.add(route(Method::post, "/hold"), [this](const Request&, Responder responder) {
    const std::lock_guard lock(mutex_);
    held_.push_back({"held", std::move(responder)});
    changed_.notify_all();
  });
  router_.add(route(Method::post, "/throw"),
              [](const Request&, Responder) { throw std::runtime_error("thrown by a test"); });
  router_.add(route(Method::post, "/no_memory"),
              [](const Request&, Responder) { throw std::bad_alloc(); });
  router_.add(route(Method::post, "/forget"), [](const Request&, Responder) {});
}

void EchoServer::answer_later(std::uint64_t seed) {
  Rng rng(seed);
  for (;;) {
    std::vector<Pending> batch;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return is_over_ || !pending_.empty(); });
      if (is_over_) return;
      batch.swap(pending_);
    }
    while (!batch.empty()) {
      std::swap(batch[rng.below(batch.size())], batch.back());
      batch.back().responder.send(text_response(std::move(batch.back().body)));
      batch.pop_back();
    }
  }
}

bool EchoServer::wait_for_held(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return held_.size() >= count; });
}

void EchoServer::release_held() {
  std::vector<Pending> held;
  {
    const std::lock_guard lock(mutex_);
    held.swap(held_);
  }
  for (Pending& item : held) item.responder.send(text_response(item.body));
}

}  // namespace adbacus::http
