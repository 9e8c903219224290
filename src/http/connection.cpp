#include "http/connection.hpp"

#include <algorithm>
#include <exception>

#include "base/logging.hpp"

namespace adbacus::http {
namespace {

constexpr std::size_t kInputBytes = 64 * 1024;  // a batch of 200 events arrives in one read
constexpr int kDrainTimeoutS = 5;

constexpr Refusal kMalformed{400, "malformed_request", "This is not an HTTP/1.1 request."};
constexpr Refusal kHeadTooLarge{431, "header_too_large", "The header is larger than accepted."};
constexpr Refusal kTooSlow{408, "request_timeout", "The request arrived too slowly."};
constexpr Refusal kOverLimit{503, "too_many_connections", "Too many connections; retry later."};

}  // namespace

Connection::Connection(std::shared_ptr<IoThread> thread, Socket socket, const PeerAddress& peer,
                       bool peer_is_trusted, Admission admission)
    : thread_(std::move(thread)),
      socket_(std::move(socket)),
      peer_(peer),
      peer_is_trusted_(peer_is_trusted),
      admission_(admission),
      input_(std::max(kInputBytes, 2 * thread_->state().options.header_bytes_max)),
      body_(thread_->state().body_limits, thread_->state().body_budget) {
  if (thread_->state().tls) tls_ = thread_->state().tls->accept(socket_.native_handle());
}

void Connection::start() {
  advance();
}

// Runs the steps until one has to wait. Memory running out ends this connection, not the server.
void Connection::advance() {
  const auto self = shared_from_this();
  try {
    bool goes_on = true;
    while (goes_on) {
      switch (phase_) {
        case Phase::reading_head:
          goes_on = step_head();
          break;
        case Phase::reading_body:
          goes_on = step_body();
          break;
        case Phase::answering:
          prepare_answer(facts_.keep_alive && !thread_->is_stopping());
          break;
        case Phase::writing:
          goes_on = step_write();
          break;
        case Phase::draining:
          goes_on = step_drain();
          break;
        case Phase::handling:
        case Phase::closed:
          goes_on = false;
          break;
      }
    }
  } catch (const std::exception& failure) {
    log_error("connection given up", {{"error", failure.what()}});
    close();
  }
}

bool Connection::step_head() {
  const ServerOptions& options = thread_->state().options;
  const ServerLimits& limits = thread_->state().limits;
  if (admission_ == Admission::over_limit) return refuse(kOverLimit);
  if (input_.empty()) {
    if (thread_->is_stopping()) {
      close();
      return false;
    }
    const bool is_greeting = tls_ && !tls_->is_established();
    set_deadline(is_greeting ? limits.header_timeout_s : limits.idle_timeout_s);
    read_more();
    return false;
  }
  const HeadScanner::State state = scanner_.scan(input_.view());
  if (state == HeadScanner::State::bad) return refuse(kMalformed);
  if (state == HeadScanner::State::complete) {
    head_bytes_ = scanner_.end();
    if (head_bytes_ > options.header_bytes_max) return refuse(kHeadTooLarge);
    return begin_request();
  }
  if (input_.size() >= options.header_bytes_max) return refuse(kHeadTooLarge);
  if (!head_has_begun_) {
    head_has_begun_ = input_.size() > scanner_.begin();  // empty lines are none of it
    set_deadline(head_has_begun_ ? limits.header_timeout_s : limits.idle_timeout_s);
  }
  if (input_.capacity_from_begin() < options.header_bytes_max) input_.compact();
  read_more();
  return false;
}

bool Connection::step_body() {
  if (body_in_place_) {
    const auto length = static_cast<std::size_t>(facts_.content_length);
    if (input_.size() - head_bytes_ < length) {
      read_more();
      return false;
    }
    request_.body = input_.view().substr(head_bytes_, length);
    request_bytes_ = head_bytes_ + length;
    return dispatch();
  }
  const BodyReader::Step step = body_.feed(input_.view().substr(head_bytes_));
  switch (step.state) {
    case BodyReader::State::refused:
      return refuse(body_.refusal());
    case BodyReader::State::more:
      input_.truncate(head_bytes_);
      read_more();
      return false;
    case BodyReader::State::done:
      input_.erase(head_bytes_, step.used);
      request_.body = body_.body();
      request_bytes_ = head_bytes_;
      return dispatch();
  }
  return false;
}

// What still comes in is dropped, so that the sender, busy sending, gets to read the answer; a
// close with unread bytes would make its kernel throw the answer away.
bool Connection::step_drain() {
  if (drained_bytes_ > thread_->state().options.drain_bytes_max) {
    close();
    return false;
  }
  read_more();
  return false;
}

void Connection::begin_drain() {
  boost::system::error_code ignored;
  if (tls_) tls_->say_goodbye();
  socket_.shutdown(Socket::shutdown_send, ignored);
  phase_ = Phase::draining;
  drained_bytes_ = 0;
  input_.consume(input_.size());
  set_deadline(kDrainTimeoutS);
}

void Connection::on_read(bool failed, std::size_t bytes) {
  if (phase_ == Phase::closed) return;
  if (failed || bytes == 0) {
    close();
    return;
  }
  rate_bytes_ += bytes;
  if (phase_ == Phase::draining) {
    drained_bytes_ += bytes;
  } else if (reading_direct_) {
    body_.direct_commit(bytes);
  } else {
    input_.commit(bytes);
  }
  advance();
}

void Connection::set_deadline(int seconds) {
  deadline_us_ = thread_->now_us() + seconds * kSecondUs;
}

void Connection::check_deadline(TimeUs now_us) {
  const ServerOptions& options = thread_->state().options;
  if (deadline_us_ == 0 || now_us < deadline_us_) return;
  switch (phase_) {
    case Phase::reading_head:
      if (!head_has_begun_) {
        close();
      } else {
        time_out();
      }
      return;
    case Phase::reading_body: {
      // Judged window by window, so that a fast start does not pay for a stall.
      const auto window_us = static_cast<std::uint64_t>(now_us - rate_from_us_);
      if (rate_bytes_ * kSecondUs < options.body_rate_min * window_us) {
        time_out();
        return;
      }
      begin_rate_window();
      return;
    }
    case Phase::writing:
    case Phase::draining:
      close();
      return;
    case Phase::handling:
    case Phase::answering:
    case Phase::closed:
      return;
  }
}

void Connection::begin_rate_window() {
  rate_from_us_ = thread_->now_us();
  rate_bytes_ = 0;
  set_deadline(thread_->state().options.body_grace_s);
}

// A read is under way, so the answer is written without waiting for the peer, who is slow anyway.
void Connection::time_out() {
  if (phase_ == Phase::reading_head) begin_unknown_request();
  response_ = problem(request_, kTooSlow.status, kTooSlow.code, kTooSlow.detail);
  prepare_answer(false);
  bool failed = false;
  write_now(out_, {}, failed);
  close();
}

void Connection::begin_stop() {
  if (phase_ == Phase::draining || (phase_ == Phase::reading_head && input_.empty())) close();
}

void Connection::close() {
  if (phase_ == Phase::closed) return;
  const bool body_is_in_use = phase_ == Phase::handling;
  phase_ = Phase::closed;
  boost::system::error_code ignored;
  if (tls_) tls_->say_goodbye();
  socket_.close(ignored);  // cancels what is under way, before its buffers go
  if (!body_is_in_use) body_.release();
  thread_->remove(*this);
}

}  // namespace adbacus::http
