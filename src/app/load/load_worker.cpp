#include "app/load/load_worker.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

namespace adbacus {
namespace {

constexpr TimeUs kHouseUs = 20 * kMillisecondUs;   // how often time limits are looked at
constexpr TimeUs kAgainUs = 100 * kMillisecondUs;  // pause before connecting or sending again
constexpr TimeUs kNapMinUs = 50;  // waking more often would only take time from the server
constexpr std::size_t kRoomBytes = 256 * 1024;

TimeUs to_us(double seconds) {
  return static_cast<TimeUs>(seconds * 1e6);
}

double thread_cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int wait_for_events(int epoll_fd, std::span<epoll_event> events, TimeUs nap_us) {
  timespec nap{};
  nap.tv_sec = nap_us / kSecondUs;
  nap.tv_nsec = nap_us % kSecondUs * 1'000;
  const auto room = static_cast<int>(events.size());
  const int count = ::epoll_pwait2(epoll_fd, events.data(), room, &nap, nullptr);
  if (count >= 0 || errno != ENOSYS) return count;
  return ::epoll_wait(epoll_fd, events.data(), room, static_cast<int>((nap_us + 999) / 1'000));
}

}  // namespace

LoadWorker::LoadWorker(const LoadOptions& options, const LoadTarget& target, const LoadShare& share,
                       Clock& clock, LoadLedger* ledger)
    : options_(options),
      target_(target),
      share_(share),
      clock_(clock),
      ledger_(ledger),
      schedule_(share.first_us, share.interval_us, share.end_us, share.events_max),
      writer_(options, target.authority, share.seed, share.part),
      connections_(share.connections),
      epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)),
      drain_end_us_(share.end_us + to_us(options.drain_s)),
      room_(kRoomBytes) {
  if (options.verify) tally_.campaigns.resize(options.campaigns);
}

LoadWorker::~LoadWorker() {
  if (epoll_fd_ >= 0) ::close(epoll_fd_);
}

void LoadWorker::run() {
  if (epoll_fd_ < 0) {
    tally_.failure = "no epoll set: too many open files";
    return;
  }
  TimeUs now = clock_.mono_us();
  while (!is_finished(now)) {
    if (now >= house_due_us_) keep_house(now);
    start_due(now);
    wait(now);
    now = clock_.mono_us();
  }
  finish();
}

bool LoadWorker::is_finished(TimeUs now) const {
  if (!tally_.failure.empty() || now >= drain_end_us_) return true;
  return open_requests_ == 0 && schedule_.is_over(now);
}

void LoadWorker::wait(TimeUs now) {
  TimeUs until = house_due_us_;
  if (!idle_.empty() && !schedule_.is_over(now)) until = std::min(until, schedule_.next_us(now));
  const bool has_due_work = until <= now;
  std::array<epoll_event, 256> events;
  const TimeUs nap_us = has_due_work ? 0 : std::max(kNapMinUs, until - now);
  const int count = wait_for_events(epoll_fd_, events, nap_us);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    handle(connections_[event.data.u32], event.data.u32, (event.events & EPOLLOUT) != 0);
  }
}

// Time limits, connections to be opened, requests to be sent again.
void LoadWorker::keep_house(TimeUs now) {
  house_due_us_ = now + kHouseUs;
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    Connection& c = connections_[i];
    switch (c.state) {
      case Connection::State::closed:
        if (now < c.again_us || (!c.has_request && schedule_.is_over(now))) break;
        c.state = Connection::State::connecting;
        c.deadline_us = now + to_us(options_.timeout_s);
        if (!c.socket.connect(target_, epoll_fd_, i)) lose(c);
        break;
      case Connection::State::connecting:
      case Connection::State::sending:
      case Connection::State::waiting:
        if (now >= c.deadline_us) lose(c);
        break;
      case Connection::State::resting:
        if (now >= c.again_us) send(c);
        break;
      case Connection::State::idle:
        break;
    }
  }
}

void LoadWorker::handle(Connection& c, std::uint32_t number, bool is_writable) {
  switch (c.state) {
    case Connection::State::connecting:
      if (!c.socket.is_connected()) return lose(c);
      c.socket.watch_writable(false);
      if (c.has_request) return send(c);
      c.state = Connection::State::idle;
      idle_.push_back(number);
      return;
    case Connection::State::sending:
      if (is_writable) return send(c);
      return read(c);  // an answer before the end of the request: a refusal
    case Connection::State::waiting:
      return read(c);
    case Connection::State::idle:
    case Connection::State::resting:
      return lose(c);  // nothing was asked: the server closed it, or talks out of turn
    case Connection::State::closed:
      return;
  }
}

void LoadWorker::start_due(TimeUs now) {
  while (!idle_.empty() && !schedule_.is_over(now) && schedule_.next_us(now) <= now) {
    Connection& c = connections_[idle_.back()];
    idle_.pop_back();
    // A connection that broke while it was idle stays in the list until now.
    if (c.state == Connection::State::idle) start_request(c, now);
  }
}

void LoadWorker::start_request(Connection& c, TimeUs now) {
  c.intended_us = schedule_.next_us(now);
  const std::uint32_t events = schedule_.take(options_.events_per_request());
  c.request.buffer.swap(buffer_);
  writer_.write(clock_.wall_us() / kMillisecondUs, events, c.request);
  c.has_request = true;
  ++open_requests_;
  if (ledger_ != nullptr) {
    for (const LoadEvent& event : c.request.events) add_sent_line(event, lines_);
    flush_ledger();
  }
  send(c);
}

void LoadWorker::begin_sending(Connection& c) {
  c.sent = 0;
  c.received.clear();
  c.deadline_us = clock_.mono_us() + to_us(options_.timeout_s);
  if (c.request.size_bytes > 0) return;
  c.request.buffer.swap(buffer_);
  writer_.write_again(c.request);
}

void LoadWorker::send(Connection& c) {
  if (c.state != Connection::State::sending) begin_sending(c);
  switch (c.socket.send(c.request.bytes(), c.sent)) {
    case LoadSocket::Io::done:
      if (!c.request.events.empty()) {  // can be written again
        c.request.size_bytes = 0;
        c.request.buffer.swap(buffer_);
      }
      c.state = Connection::State::waiting;
      c.socket.watch_writable(false);
      return;
    case LoadSocket::Io::blocked:
      c.state = Connection::State::sending;
      c.socket.watch_writable(true);
      return;
    case LoadSocket::Io::failed:
      return lose(c);
  }
}

void LoadWorker::read(Connection& c) {
  std::size_t size = 0;
  switch (c.socket.receive(room_, size)) {
    case LoadSocket::Io::blocked:
      return;
    case LoadSocket::Io::failed:
      return lose(c);
    case LoadSocket::Io::done:
      break;
  }
  // An answer mostly comes in one piece and is read where it is.
  std::string_view bytes(room_.data(), size);
  if (!c.received.empty()) bytes = c.received.append(bytes);
  const ParsedResponse answer = parse_response(bytes);
  switch (answer.state) {
    case ParsedResponse::State::incomplete:
      if (c.received.empty()) c.received = bytes;
      if (c.received.size() > kResponseBytesMax) lose(c);
      return;
    case ParsedResponse::State::broken:
      return lose(c);
    case ParsedResponse::State::complete:
      return take_answer(c, answer);
  }
}

void LoadWorker::take_answer(Connection& c, const ParsedResponse& answer) {
  const bool is_success = answer.status >= 200 && answer.status < 300;
  const bool is_early =
      c.state == Connection::State::sending;  // the rest must not be sent any more
  if (is_success) take_success(c, answer.text());
  if (answer.status == 429) ++tally_.counts.status_429;
  if (answer.status == 503) ++tally_.counts.status_503;
  if (!is_success) {
    const bool may_pass = answer.status == 429 || answer.status >= 500;
    if (answer.status != 429 && answer.status != 503) ++tally_.counts.status_other;
    if (may_pass && options_.settles_requests()) {
      rest(c);
    } else {
      refuse(c, answer.status);
    }
  }
  if (!answer.keeps_connection || is_early) {
    c.socket.close();
    c.again_us = clock_.mono_us() + (c.has_request ? kAgainUs : 0);
    c.state = Connection::State::closed;
    house_due_us_ = 0;
  } else if (c.state == Connection::State::waiting) {
    become_idle(c);
  }
}

void LoadWorker::take_success(Connection& c, std::string_view body) {
  tally_.latency.record(
      static_cast<std::uint64_t>(std::max<TimeUs>(0, clock_.mono_us() - c.intended_us)));
  const std::size_t events = c.request.events.size();
  LoadReport& counts = tally_.counts;
  ++counts.requests;
  counts.events += events;
  events_done_.fetch_add(std::max<std::size_t>(events, 1), std::memory_order_relaxed);
  EventsAnswer answer;
  const bool is_read = options_.mode == LoadMode::single || options_.mode == LoadMode::batch;
  if (is_read && !parse_events_answer(body, answer)) ++counts.errors;
  counts.accepted += answer.accepted;
  counts.duplicates += answer.duplicates;
  if (!answer.position.empty()) c.position = answer.position;
  is_rejected_.assign(events, false);
  if (!answer.rejected.empty()) mark_rejected(answer, c.request);
  if (ledger_ != nullptr || !tally_.campaigns.empty()) note_accepted(c.request);
  c.has_request = false;
  --open_requests_;
}

void LoadWorker::note_accepted(const LoadRequest& request) {
  for (std::size_t i = 0; i < request.events.size(); ++i) {
    if (is_rejected_[i]) continue;
    const LoadEvent& event = request.events[i];
    if (ledger_ != nullptr) add_acknowledged_line(event, lines_);
    if (!tally_.campaigns.empty()) tally_.campaigns[event.campaign - 1].add(event);
  }
}

void LoadWorker::mark_rejected(const EventsAnswer& answer, const LoadRequest& request) {
  constexpr std::string_view kIndex = "\"index\":";
  constexpr std::string_view kCode = "\"code\":\"";
  const std::string_view text = answer.rejected;
  std::size_t marked = 0;
  for (std::size_t at = text.find(kIndex); at != std::string_view::npos;
       at = text.find(kIndex, at + 1)) {
    std::size_t index = request.events.size();
    std::from_chars(text.data() + at + kIndex.size(), text.data() + text.size(), index);
    if (index >= request.events.size() || is_rejected_[index]) continue;
    is_rejected_[index] = true;
    ++marked;
    if (ledger_ == nullptr) continue;
    const std::size_t code = text.find(kCode, at);
    std::string_view rest = text.substr(std::min(code, text.size()));
    rest.remove_prefix(std::min(rest.size(), kCode.size()));
    add_rejected_line(request.events[index], rest.substr(0, rest.find('"')), lines_);
  }
  tally_.counts.rejected += marked;
  const std::uint64_t known = answer.accepted + marked;
  if (known < request.events.size()) tally_.counts.unsettled += request.events.size() - known;
}

// The whole request is refused, or given up.
void LoadWorker::refuse(Connection& c, int status) {
  if (options_.settles_requests()) {
    tally_.counts.rejected += c.request.events.size();
    for (const LoadEvent& event : c.request.events) {
      if (ledger_ != nullptr) add_rejected_line(event, std::to_string(status), lines_);
    }
  }
  c.has_request = false;
  --open_requests_;
}

void LoadWorker::rest(Connection& c) {
  ++tally_.counts.repeats;
  c.state = Connection::State::resting;
  c.again_us = clock_.mono_us() + kAgainUs;
}

void LoadWorker::become_idle(Connection& c) {
  c.state = Connection::State::idle;
  idle_.push_back(static_cast<std::uint32_t>(&c - connections_.data()));
}

void LoadWorker::lose(Connection& c) {
  const bool was_idle = c.state == Connection::State::idle;
  const bool was_sent =
      c.state == Connection::State::sending || c.state == Connection::State::waiting;
  if (was_idle) std::erase(idle_, static_cast<std::uint32_t>(&c - connections_.data()));
  c.socket.close();
  c.state = Connection::State::closed;
  c.again_us = clock_.mono_us() + (was_idle ? 0 : kAgainUs);
  if (!was_idle) ++tally_.counts.errors;
  if (!c.has_request) return;
  if (was_sent) ++tally_.unknown_outcomes;
  if (options_.settles_requests()) {
    if (was_sent) ++tally_.counts.repeats;
    return;  // keep_house() connects and sends it again
  }
  c.has_request = false;
  --open_requests_;
}

void LoadWorker::flush_ledger() {
  if (ledger_ == nullptr || lines_.empty()) return;
  if (auto written = ledger_->append(lines_); !written) {
    tally_.failure = "ledger: " + written.error().message;
  }
  lines_.clear();
}

void LoadWorker::finish() {
  for (Connection& c : connections_) {
    if (!c.position.empty()) tally_.positions.push_back(std::move(c.position));
    if (!c.has_request) continue;
    tally_.counts.unsettled += std::max<std::size_t>(c.request.events.size(), 1);
  }
  tally_.counts.unsent = schedule_.left_over();
  tally_.counts.cpu_s = thread_cpu_s();
  flush_ledger();
}

}  // namespace adbacus
