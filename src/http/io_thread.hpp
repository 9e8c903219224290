// One I/O thread of the server: its event loop, its acceptor, its connections, and the mailbox
// through which other threads hand it finished answers. Everything but deliver(), begin_stop() and
// join() runs on that thread.
#pragma once

#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "http/body_reader.hpp"
#include "http/peers.hpp"
#include "http/server.hpp"
#include "http/tls.hpp"

namespace adbacus::http {

// Concrete executors: any_io_executor costs an indirect call and a reference count per operation.
using Executor = boost::asio::io_context::executor_type;
using Tcp = boost::asio::ip::tcp;
using Socket = boost::asio::basic_stream_socket<Tcp, Executor>;
using Acceptor = boost::asio::basic_socket_acceptor<Tcp, Executor>;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

class Connection;

struct ServerMetrics {
  ServerMetrics();
  Counter& requests(int status) { return *by_class[static_cast<std::size_t>(status / 100 % 6)]; }
  std::array<Counter*, 6> by_class;
  Histogram& duration;
  Gauge& connections;
};

// Limits that may change while the server runs. Each is read by itself, whenever it is needed.
struct ServerLimits {
  std::atomic<int> header_timeout_s{0};
  std::atomic<int> idle_timeout_s{0};
  std::atomic<int> connections_max{0};
};

// What the I/O threads of one server share. Lives as long as any connection of it.
struct ServerState {
  ServerState(const ServerOptions& o, PeerPolicy p, const Router& r, Authenticator* a, Clock& c);
  void set_limits(const ServerOptions& o);
  const ServerOptions options;  // as the server was started; for what may change see `limits`
  ServerLimits limits;
  const std::string hsts;  // see ResponseFrame
  const BodyLimits body_limits;
  const PeerPolicy peer_policy;
  std::atomic<const Router*> router;  // a request keeps the one that admitted it
  Authenticator* const authenticator;
  Clock& clock;
  ByteBudget body_budget;
  PeerTable peers;
  ServerMetrics metrics;
  std::atomic<int> connections{0};
  std::unique_ptr<TlsIdentity> tls;  // null: none; set before the first connection
};

class IoThread : public std::enable_shared_from_this<IoThread> {
 public:
  explicit IoThread(std::shared_ptr<ServerState> state);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
  void start();

  // Any thread. `connection` has an answer; many deliveries cost one wake-up.
  void deliver(std::shared_ptr<Connection> connection);
  void begin_stop(int grace_s);
  void join();

  ServerState& state() { return *state_; }
  TimeUs now_us() { return state_->clock.mono_us(); }
  const std::string& date() const { return date_; }
  bool is_stopping() const { return is_stopping_; }
  bool is_current_thread() const { return std::this_thread::get_id() == thread_id_; }
  void make_request_id(std::string& out);
  void remove(const Connection& connection);

 private:
  void run();
  void accept();
  void on_accept(Socket socket);
  bool count_in(const PeerAddress& peer, bool is_trusted);
  void count_out(const PeerAddress& peer, bool is_trusted);
  void sweep();
  void schedule_sweep();
  void call_for_mail();  // any thread
  void take_mail();
  void stop_here(int grace_s);

  const std::shared_ptr<ServerState> state_;
  boost::asio::io_context io_{1};  // one thread runs it: no internal locking between runners
  Acceptor acceptor_{io_};
  Timer sweep_timer_{io_};
  std::vector<std::shared_ptr<Connection>> connections_;  // a connection knows its index
  int refused_ = 0;                                       // of these, above the limits
  std::string date_;
  std::uint64_t id_prefix_;
  std::uint64_t id_next_ = 0;
  bool is_stopping_ = false;
  bool accept_is_paused_ = false;  // out of descriptors; the sweep tries again
  TimeUs stop_deadline_us_ = 0;
  std::thread thread_;
  std::atomic<std::thread::id> thread_id_{};

  std::mutex mail_mutex_;
  std::vector<std::shared_ptr<Connection>> mail_;  // guarded by mail_mutex_
  bool mail_is_closed_ = false;                    // guarded by mail_mutex_
};

}  // namespace adbacus::http
