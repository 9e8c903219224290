#include "http/io_thread.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <sys/resource.h>

#include "base/held_wakes.hpp"
#include "base/logging.hpp"
#include "base/rng.hpp"
#include "base/thread_name.hpp"
#include "http/connection.hpp"
#include "http/response_head.hpp"

namespace adbacus::http {
namespace {

constexpr auto kSweepInterval = std::chrono::milliseconds(250);
// Connections a thread holds only to tell them that the server is full: they take descriptors too.
constexpr int kRefusedMax = 128;
constexpr int kRefusedShare = 16;  // and at most one for so many that are served
constexpr int kListenBacklog = 4096;

// Log, store, catalog and lake need files while they work: a log that cannot open its folder fails.
constexpr rlim_t kOwnDescriptors = 44;

int connections_by_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 768;
  const rlim_t usable = std::min<rlim_t>(limit.rlim_cur, 1'000'000);
  const rlim_t left = usable > kOwnDescriptors ? usable - kOwnDescriptors : 1;
  return std::max(1, static_cast<int>(std::min(usable / 4 * 3, left)));
}

PeerAddress peer_of(const Tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  PeerAddress peer;
  if (address.is_v6()) {
    const auto bytes = address.to_v6().to_bytes();
    std::copy(bytes.begin(), bytes.end(), peer.bytes.begin());
  } else {
    const auto bytes = address.to_v4().to_bytes();
    peer.bytes[10] = peer.bytes[11] = 0xff;
    std::copy(bytes.begin(), bytes.end(), peer.bytes.begin() + 12);
  }
  return peer;
}

}  // namespace

ServerMetrics::ServerMetrics()
    : duration(histogram("adbacus_http_request_duration_seconds",
                         "From the end of the header to the start of the answer")),
      connections(gauge("adbacus_http_connections", "Open client connections")) {
  for (std::size_t i = 0; i < by_class.size(); ++i) {
    by_class[i] = &counter("adbacus_http_requests_total", "Answered requests by status class",
                           "code=\"" + std::to_string(i) + "xx\"");
  }
}

ServerState::ServerState(const ServerOptions& o, PeerPolicy p, const Router& r, Authenticator* a,
                         Clock& c)
    : options(o),
      hsts(o.hsts_s > 0 ? "max-age=" + std::to_string(o.hsts_s) : std::string()),
      body_limits{o.body_bytes_max, o.decompressed_bytes_max, o.compression_ratio_max},
      peer_policy(std::move(p)),
      router(&r),
      authenticator(a),
      clock(c),
      body_budget(o.body_memory_bytes_max),
      peers(o.connections_per_ip_max) {
  set_limits(o);
}

void ServerState::set_limits(const ServerOptions& o) {
  limits.header_timeout_s = o.header_timeout_s;
  limits.idle_timeout_s = o.idle_timeout_s;
  limits.connections_max = o.connections_max > 0 ? o.connections_max : connections_by_descriptors();
  peers.set_per_peer_max(o.connections_per_ip_max);
}

IoThread::IoThread(std::shared_ptr<ServerState> state)
    : state_(std::move(state)), id_prefix_(secure_random_u64() >> 32U) {}

IoThread::~IoThread() {
  join();
}

Result<std::uint16_t> IoThread::listen(const std::string& host, std::uint16_t port) {
  boost::system::error_code error;
  const auto address =
      boost::asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) return Error{ErrorCode::invalid_argument, "not an address to listen on: " + host};
  const Tcp::endpoint endpoint(address, port);
  using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor_.set_option(ReusePort(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(kListenBacklog, error);
  if (error) {
    return Error{ErrorCode::unavailable,
                 "cannot listen on " + host + ":" + std::to_string(port) + ": " + error.message()};
  }
  return acceptor_.local_endpoint().port();
}

void IoThread::start() {
  thread_ = std::thread([this] { run(); });
  name_thread(thread_, "http");
}

void IoThread::run() {
  thread_id_ = std::this_thread::get_id();
  sweep();
  accept();
  for (;;) {
    try {
      io_.run();
      break;
    } catch (const std::exception& failure) {  // out of memory inside the event loop
      log_error("I/O thread goes on after", {{"error", failure.what()}});
    }
  }
  const std::lock_guard lock(mail_mutex_);
  mail_is_closed_ = true;
  mail_.clear();
}

void IoThread::accept() {
  acceptor_.async_accept(io_, [this](const boost::system::error_code& error, Socket socket) {
    if (is_stopping_ || error == boost::asio::error::operation_aborted) return;
    if (!error) {
      try {
        on_accept(std::move(socket));
      } catch (const std::exception& failure) {
        log_error("connection not taken", {{"error", failure.what()}});
      }
    } else if (error != boost::asio::error::connection_aborted) {
      accept_is_paused_ = true;  // no descriptors or memory: trying at once would only spin
      return;
    }
    accept();
  });
}

void IoThread::on_accept(Socket socket) {
  boost::system::error_code error;
  const Tcp::endpoint endpoint = socket.remote_endpoint(error);
  if (error) return;  // gone already
  socket.non_blocking(true, error);
  socket.set_option(Tcp::no_delay(true), error);
  const PeerAddress peer = peer_of(endpoint);
  const bool is_trusted = state_->peer_policy.is_trusted(peer);
  const auto admission = count_in(peer, is_trusted) ? Connection::Admission::served
                                                    : Connection::Admission::over_limit;
  const int refused_max = std::min(kRefusedMax, state_->limits.connections_max / kRefusedShare + 1);
  if (admission == Connection::Admission::over_limit && refused_ >= refused_max) return;
  std::shared_ptr<Connection> connection;
  try {
    connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), peer,
                                              is_trusted, admission);
    connection->index = connections_.size();
    connections_.push_back(connection);
  } catch (const std::bad_alloc&) {
    if (admission == Connection::Admission::served) count_out(peer, is_trusted);
    throw;
  }
  if (admission == Connection::Admission::over_limit) ++refused_;
  connection->start();
}

bool IoThread::count_in(const PeerAddress& peer, bool is_trusted) {
  if (state_->connections.fetch_add(1) >= state_->limits.connections_max ||
      (!is_trusted && !state_->peers.enter(peer))) {
    state_->connections.fetch_sub(1);
    return false;
  }
  state_->metrics.connections.add(1);
  return true;
}

void IoThread::count_out(const PeerAddress& peer, bool is_trusted) {
  state_->connections.fetch_sub(1);
  state_->metrics.connections.add(-1);
  if (!is_trusted) state_->peers.leave(peer);
}

void IoThread::remove(const Connection& connection) {
  const std::size_t index = connection.index;
  if (connection.admission() == Connection::Admission::over_limit) {
    --refused_;
  } else {
    count_out(connection.peer(), connection.peer_is_trusted());
  }
  const auto keep = std::move(connections_[index]);  // until the list is in order again
  if (index + 1 != connections_.size()) {
    connections_[index] = std::move(connections_.back());
    connections_[index]->index = index;
  }
  connections_.pop_back();
  if (is_stopping_ && connections_.empty()) sweep_timer_.cancel();
}

void IoThread::make_request_id(std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::uint64_t id = id_prefix_ << 32U | (id_next_++ & 0xffffffffU);
  out.resize(16);
  for (unsigned i = 0; i < 16; ++i) out[i] = kHex[id >> (60 - 4 * i) & 15U];
}

void IoThread::schedule_sweep() {
  if (is_stopping_ && connections_.empty()) return;  // run() ends when nothing is left to wait for
  sweep_timer_.expires_after(kSweepInterval);
  sweep_timer_.async_wait([this](const boost::system::error_code&) { sweep(); });
}

// The one timer of the thread: dates, deadlines, and what had to be put off.
void IoThread::sweep() {
  date_ = http_date(floor_to(state_->clock.wall_us(), kSecondUs) / kSecondUs);
  const TimeUs now = now_us();
  const bool is_over = is_stopping_ && now >= stop_deadline_us_;
  for (std::size_t i = connections_.size();
       i-- > 0;) {  // from the back: close() fills gaps from there
    if (i >= connections_.size()) continue;
    const auto connection = connections_[i];
    if (is_over) {
      connection->close();
    } else {
      connection->check_deadline(now);
    }
  }
  take_mail();
  if (accept_is_paused_ && !is_stopping_) {
    accept_is_paused_ = false;
    accept();
  }
  schedule_sweep();
}

void IoThread::deliver(std::shared_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mail_mutex_);
    if (mail_is_closed_) return;
    mail_.push_back(std::move(connection));
    if (mail_.size() > 1) return;  // the wake-up of the first one serves all
  }
  try {
    wake([self = shared_from_this()] { self->call_for_mail(); });
  } catch (const std::bad_alloc&) {  // then the next sweep finds the mail
  }
}

void IoThread::call_for_mail() {
  try {
    boost::asio::post(io_, [this] { take_mail(); });
  } catch (const std::bad_alloc&) {  // as above
  }
}

void IoThread::take_mail() {
  std::vector<std::shared_ptr<Connection>> mail;
  {
    const std::lock_guard lock(mail_mutex_);
    mail.swap(mail_);
  }
  for (const auto& connection : mail) connection->resume_with_answer();
}

void IoThread::begin_stop(int grace_s) {
  boost::asio::post(io_, [this, grace_s] { stop_here(grace_s); });
}

void IoThread::stop_here(int grace_s) {
  if (is_stopping_) return;
  is_stopping_ = true;
  stop_deadline_us_ = now_us() + grace_s * kSecondUs;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  const auto connections = connections_;
  for (const auto& connection : connections) connection->begin_stop();
  sweep_timer_.cancel();  // sweeps at once, and a last time when nothing is left
}

void IoThread::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace adbacus::http
