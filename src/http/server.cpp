#include "http/server.hpp"

#include <algorithm>
#include <thread>

#include "http/io_thread.hpp"

namespace adbacus::http {
namespace {

class RunningServer final : public Server {
 public:
  explicit RunningServer(std::shared_ptr<ServerState> state) : state_(std::move(state)) {}
  ~RunningServer() override { RunningServer::stop(0); }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  Result<void> listen(int threads) {
    port_ = state_->options.port;
    for (int i = 0; i < threads; ++i) {
      auto thread = std::make_shared<IoThread>(state_);
      auto port = thread->listen(state_->options.host, port_);
      if (!port) return port.error();
      port_ = *port;
      threads_.push_back(std::move(thread));
    }
    for (const auto& thread : threads_) thread->start();
    is_running_ = true;
    return {};
  }

  std::uint16_t port() const override { return port_; }
  void set_router(const Router& router) override { state_->router = &router; }
  void set_limits(const ServerOptions& options) override { state_->set_limits(options); }
  Result<void> reload_certificate() override {
    const ServerOptions& options = state_->options;
    if (!state_->tls) return {};
    return state_->tls->load(options.tls_certificate_file, options.tls_key_file);
  }

  void stop(int grace_s) override {
    if (!is_running_) return;
    is_running_ = false;
    for (const auto& thread : threads_) thread->begin_stop(grace_s);
    for (const auto& thread : threads_) thread->join();
  }

 private:
  const std::shared_ptr<ServerState> state_;
  // A responder that is still open somewhere may keep a thread object alive, without its thread.
  std::vector<std::shared_ptr<IoThread>> threads_;
  std::uint16_t port_ = 0;
  bool is_running_ = false;
};

}  // namespace

// Two servers could share a port through SO_REUSEPORT and each get half of the connections. A
// socket without it tells whether the port is taken.
Result<void> Server::probe(const ServerOptions& options) {
  boost::asio::io_context io(1);
  boost::system::error_code error;
  const std::string host = options.host == "localhost" ? "127.0.0.1" : options.host;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error) return Error{ErrorCode::invalid_argument, "not an address to listen on: " + host};
  Acceptor acceptor(io);
  const Tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) return {};
  return Error{ErrorCode::unavailable, "cannot listen on " + host + ":" +
                                           std::to_string(options.port) + ": " + error.message()};
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, const Router& router,
                                              Authenticator* authenticator, Clock& clock) {
  ServerOptions settled = options;
  int threads = settled.threads;
  if (threads <= 0) threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  auto policy = PeerPolicy::make(settled.trusted_proxies);
  if (!policy) return policy.error();
  if (settled.port != 0) {
    if (auto is_free = probe(settled); !is_free) return is_free.error();
  }
  auto state =
      std::make_shared<ServerState>(settled, *std::move(policy), router, authenticator, clock);
  if (!settled.tls_certificate_file.empty()) {
    state->tls = std::make_unique<TlsIdentity>();
    auto loaded = state->tls->load(settled.tls_certificate_file, settled.tls_key_file);
    if (!loaded) return loaded.error();
  }
  auto server = std::make_unique<RunningServer>(std::move(state));
  if (auto listening = server->listen(threads); !listening) return listening.error();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace adbacus::http
