// A stand-in for the server, for tests of the load generator: takes events over loopback, counts
// them as the real one promises, reports them, and misbehaves on request. One thread of its own;
// everything public may be called from the test's thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace adbacus {

struct ServerFaults {  // each hits every n-th request to the events path; 0: never
  unsigned drop_after_taking_every = 0;
  unsigned drop_before_taking_every = 0;
  unsigned busy_every = 0;          // 503
  unsigned refuse_every = 0;        // 422
  unsigned reject_first_every = 0;  // the first event of the request
  unsigned close_every = 0;         // answers with Connection: close
  unsigned forget_every = 0;        // acknowledges without counting: what --verify must find
  bool never_answers = false;
};

class CountingServer {
 public:
  explicit CountingServer(ServerFaults faults = {});
  ~CountingServer();
  CountingServer(const CountingServer&) = delete;
  CountingServer& operator=(const CountingServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void refuse_everything() { refuses_all_ = true; }  // 422 from now on
  std::uint64_t requests() const { return requests_; }
  std::set<std::string> ids() const;  // taken
  std::string last_head() const;

 private:
  struct Peer {
    int fd;
    std::string received;
  };
  void serve();
  bool serve_peer(Peer& peer);  // false: close it
  bool answer(int fd, std::string_view head, std::string_view body);
  bool take_events(int fd, std::string_view body);
  void count(std::string_view body, bool skips_first, std::uint64_t& duplicates);
  std::string report() const;
  bool hits(unsigned every) const { return every != 0 && event_requests_ % every == 0; }

  std::atomic<bool> refuses_all_{false};
  const ServerFaults faults_;
  int listener_ = -1;
  int wake_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> requests_{0};
  std::uint64_t event_requests_ = 0;
  mutable std::mutex mutex_;  // guards the next three
  std::set<std::string> ids_;
  std::map<std::string, std::array<std::int64_t, 5>> campaigns_;
  std::string last_head_;
  std::thread thread_;
};

}  // namespace adbacus
