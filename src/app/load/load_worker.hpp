// One sending thread: a share of the connections in one epoll loop. Made and joined by run_load();
// run() is called once, in its own thread, and only progress() may be called from another.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "app/load/ledger.hpp"
#include "app/load/load_request.hpp"
#include "app/load/load_schedule.hpp"
#include "app/load/load_socket.hpp"
#include "app/load/load_tally.hpp"
#include "app/load/response_parser.hpp"

namespace adbacus {

struct LoadShare {  // of one worker
  std::uint32_t part = 0;
  std::uint32_t connections = 1;
  std::uint64_t seed = 0;
  TimeUs first_us = 0;  // of the schedule, see LoadSchedule
  double interval_us = 0;
  TimeUs end_us = 0;
  std::uint64_t events_max = 0;
};

class LoadWorker {
 public:
  // All must outlive the worker; `ledger` may be null.
  LoadWorker(const LoadOptions& options, const LoadTarget& target, const LoadShare& share,
             Clock& clock, LoadLedger* ledger);
  ~LoadWorker();
  LoadWorker(const LoadWorker&) = delete;
  LoadWorker& operator=(const LoadWorker&) = delete;

  void run();
  std::uint64_t progress() const { return events_done_.load(std::memory_order_relaxed); }
  const LoadTally& tally() const { return tally_; }  // after run()

 private:
  struct Connection {
    enum class State : std::uint8_t { closed, connecting, idle, sending, waiting, resting };
    LoadSocket socket;
    State state = State::closed;
    bool has_request = false;
    LoadRequest request;
    std::size_t sent = 0;
    std::string received;
    TimeUs intended_us = 0;
    TimeUs deadline_us = 0;  // of connecting or of the answer
    TimeUs again_us = 0;     // closed: when to connect; resting: when to send again
    std::string position;
  };

  bool is_finished(TimeUs now) const;
  void wait(TimeUs now);
  void keep_house(TimeUs now);
  void handle(Connection& c, std::uint32_t number, bool is_writable);
  void start_due(TimeUs now);
  void start_request(Connection& c, TimeUs now);
  void send(Connection& c);
  void begin_sending(Connection& c);
  void read(Connection& c);
  void take_answer(Connection& c, const ParsedResponse& answer);
  void take_success(Connection& c, std::string_view body);
  void note_accepted(const LoadRequest& request);  // but for is_rejected_
  void mark_rejected(const EventsAnswer& answer, const LoadRequest& request);
  void refuse(Connection& c, int status);
  void rest(Connection& c);
  void become_idle(Connection& c);
  void lose(Connection& c);  // the connection is of no use any more
  void flush_ledger();
  void finish();

  const LoadOptions& options_;
  const LoadTarget& target_;
  const LoadShare share_;
  Clock& clock_;
  LoadLedger* const ledger_;
  LoadSchedule schedule_;
  LoadRequestWriter writer_;
  std::vector<Connection> connections_;
  std::vector<std::uint32_t> idle_;
  int epoll_fd_ = -1;
  std::uint32_t open_requests_ = 0;
  TimeUs drain_end_us_ = 0;
  TimeUs house_due_us_ = 0;
  // Requests are written here and mostly sent at once: one buffer that stays in the cache instead
  // of one of each connection.
  std::vector<char> buffer_;
  std::vector<char> room_;
  std::vector<bool> is_rejected_;  // by index in the request at hand
  std::string lines_;              // of the ledger, not yet written
  LoadTally tally_;
  std::atomic<std::uint64_t> events_done_{0};
};

}  // namespace adbacus
