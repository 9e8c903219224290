// The part of a connection that answers: from handlers on any thread, or with a refusal of its own.
#include <new>

#include "http/connection.hpp"
#include "http/content_coding.hpp"
#include "http/response_head.hpp"
#include "http/text.hpp"

namespace adbacus::http {
namespace {

constexpr std::size_t kCopiedBodyBytesMax =
    16 * 1024;  // larger bodies are sent from where they are
constexpr std::size_t kCompressedFromBytes = 1024;
constexpr std::size_t kCompressedToBytes = 32U << 20U;  // beyond, the thread's time is worth more

bool has_field(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (equals_ignoring_case(key, name)) return true;
  }
  return false;
}

}  // namespace

void Connection::send(Response response) {
  response_ = std::move(response);
  try {
    compress_response();
  } catch (const std::bad_alloc&) {  // then it goes out as it is
  }
  if (in_dispatch_on_this_thread()) {
    is_answered_ = true;  // dispatch() goes on with it
    return;
  }
  thread_->deliver(shared_from_this());
}

// in_dispatch_ belongs to the I/O thread, so the thread is asked first.
bool Connection::in_dispatch_on_this_thread() const {
  return thread_->is_current_thread() && in_dispatch_;
}

void Connection::resume_with_answer() {
  if (phase_ != Phase::handling) {
    body_.release();  // closed meanwhile; nobody uses the body any more
    return;
  }
  phase_ = Phase::answering;
  advance();
}

// On the thread that answers: usually a worker, which spares the I/O thread.
void Connection::compress_response() {
  if (response_.body.size() < kCompressedFromBytes || response_.body.size() > kCompressedToBytes ||
      !is_compressible(response_.content_type) || has_field(response_, "content-encoding")) {
    return;
  }
  response_.headers.emplace_back("Vary", "Accept-Encoding");
  const Coding coding = choose_coding(facts_.accept_encoding);
  auto compressed = compress(coding, response_.body);
  if (!compressed || compressed->size() >= response_.body.size()) return;
  response_.body = *std::move(compressed);
  response_.headers.emplace_back("Content-Encoding", coding_name(coding));
}

// Refused while reading: nothing more of this connection is believed, what follows is not served.
bool Connection::refuse(const Refusal& refusal) {
  if (!head_is_parsed_) begin_unknown_request();
  response_ = problem(request_, refusal.status, refusal.code, refusal.detail);
  drain_after_ = true;
  prepare_answer(false);
  return true;
}

// Answered by the route table. If all of the request is here it is stepped over and the connection
// lives on; else waiting for a body nobody wants would only help whoever sends it.
bool Connection::refuse_early(Response response) {
  response_ = std::move(response);
  const bool is_complete =
      facts_.framing == Framing::none ||
      (facts_.framing == Framing::length && facts_.content_length <= input_.size() - head_bytes_);
  if (is_complete) {
    const bool has_body = facts_.framing == Framing::length;
    request_bytes_ = head_bytes_ + (has_body ? facts_.content_length : 0);
  }
  drain_after_ = !is_complete;
  prepare_answer(is_complete && facts_.keep_alive && !thread_->is_stopping());
  return true;
}

// response_ becomes bytes to send.
void Connection::prepare_answer(bool keep_alive) {
  keep_alive_ = keep_alive;
  if (head_is_parsed_ && router_ != nullptr) router_->tell_answer(route_, request_, response_);
  ServerMetrics& metrics = thread_->state().metrics;
  metrics.requests(response_.status).add();
  metrics.duration.record_us(
      static_cast<std::uint64_t>(std::max<TimeUs>(0, thread_->now_us() - started_us_)));
  if (!request_.principal.origin.empty()) {
    append_cors_fields(response_, request_.principal.origin);
    response_.headers.emplace_back("Vary", "Origin");
  }
  for (auto& field : request_.answer_fields) response_.headers.push_back(std::move(field));
  request_.answer_fields.clear();
  const bool has_body = status_has_body(response_.status);
  ResponseFrame frame;
  frame.request_id = request_.request_id;
  frame.date = thread_->date();
  frame.body_bytes = response_.body.size();
  if (tls_) frame.hsts = thread_->state().hsts;
  frame.keep_alive = keep_alive;
  frame.http_1_0 = facts_.http_1_0;
  out_.clear();
  out_body_.clear();
  append_response_head(out_, response_, frame);
  if (has_body && request_.method != Method::head) {
    if (response_.body.size() <= kCopiedBodyBytesMax) {
      out_ += response_.body;
    } else {
      out_body_ = std::move(response_.body);
    }
  }
  out_sent_ = 0;
  phase_ = Phase::writing;
  deadline_us_ = 0;
}

bool Connection::step_write() {
  const std::size_t total = out_.size() + out_body_.size();
  while (out_sent_ < total) {
    const std::size_t head_sent = std::min(out_sent_, out_.size());
    const std::size_t body_sent = out_sent_ - head_sent;
    bool failed = false;
    const std::size_t sent = write_now(std::string_view(out_).substr(head_sent),
                                       std::string_view(out_body_).substr(body_sent), failed);
    if (failed) {
      close();
      return false;
    }
    if (sent == 0) {
      set_deadline(thread_->state().options.write_timeout_s);  // anew after each progress
      wait_writable();
      return false;
    }
    out_sent_ += sent;
  }
  return finish_response();
}

// Sent completely: on to the next request, or to the end of the connection.
bool Connection::finish_response() {
  body_.release();
  deadline_us_ = 0;
  if (!keep_alive_) {
    // Unread input would turn the close into a reset, which can destroy the answer on its way.
    if (!drain_after_ && input_.size() == request_bytes_) {
      close();
      return false;
    }
    begin_drain();
    return true;
  }
  input_.consume(request_bytes_);
  scanner_.reset();
  head_bytes_ = 0;
  head_is_parsed_ = false;
  phase_ = Phase::reading_head;
  return true;
}

}  // namespace adbacus::http
