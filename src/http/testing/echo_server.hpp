// A server on a free loopback port with a few routes that show what a handler was given, and a
// second thread that answers late and out of order. For tests of this module.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "http/server.hpp"

namespace adbacus::http {

// Time that moves when a test says so.
class ManualClock final : public Clock {
 public:
  TimeUs wall_us() override { return kStartUs + now_.load(); }
  TimeUs mono_us() override { return now_.load(); }
  void advance_s(int seconds) { now_ += seconds * kSecondUs; }

 private:
  static constexpr TimeUs kStartUs = 1'790'000'000 * kSecondUs;
  std::atomic<TimeUs> now_{kSecondUs};
};

// POST /echo    the body back; X-Remote-Ip, X-Path and the query's parameters in fields
// GET  /hello   "hello"
// GET  /large   ?bytes=n of text
// POST /later   the body back, from another thread, in an order that `seed` shuffles
// POST /hold    answered "held" when release_held() is called
// POST /throw   the handler throws
// POST /no_memory  the handler throws std::bad_alloc
// POST /forget  the responder is dropped
// POST /secured needs scope_ingest; the keys are "good-key" and, public, of pages of
//               https://a.example, "public-key"
class EchoServer {
 public:
  explicit EchoServer(ServerOptions options = {}, std::uint64_t seed = 1);
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  std::uint16_t port() const { return server_->port(); }
  Server& server() { return *server_; }
  ManualClock& clock() { return clock_; }
  int served() const { return served_.load(); }  // requests that reached a handler
  bool wait_for_held(std::size_t count);         // false after 20 s
  void release_held();

 private:
  struct Pending {
    std::string body;
    Responder responder;
  };
  void add_routes();
  void answer_later(std::uint64_t seed);

  ManualClock clock_;
  Router router_;
  std::unique_ptr<Authenticator> authenticator_;
  std::atomic<int> served_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Pending> pending_;  // guarded by mutex_
  std::vector<Pending> held_;     // guarded by mutex_
  bool is_over_ = false;          // guarded by mutex_
  std::unique_ptr<Server> server_;
  std::thread worker_;
};

}  // namespace adbacus::http
