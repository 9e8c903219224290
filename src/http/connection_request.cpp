// The part of a connection that turns a complete head into a request: who asks, for what, and
// whether it is let in before its body is read.
#include <exception>
#include <new>

#include "base/logging.hpp"
#include "http/connection.hpp"
#include "http/text.hpp"
#include "http/url.hpp"

namespace adbacus::http {
namespace {

constexpr std::size_t kQueryParamsMax = 200;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

constexpr Refusal kBadPath{400, "bad_target", "The path has a malformed escape or a NUL."};
constexpr Refusal kBadQuery{400, "bad_query", "The query has a malformed escape or is too long."};

bool is_sane_id(std::string_view id) {
  if (id.empty() || id.size() > 128) return false;
  for (const char c : id) {
    const char lower = lower_ascii(c);
    const bool is_word = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
    if (!is_word && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}

// All X-Forwarded-For fields as one list: a proxy may append a line of its own.
std::string forwarded_for(const Request& request) {
  std::string list;
  for (const auto& [name, value] : request.headers) {
    if (!equals_ignoring_case(name, "x-forwarded-for")) continue;
    if (!list.empty()) list += ',';
    list += value;
  }
  return list;
}

}  // namespace

// What an answer needs when no request could be read: nothing of the bytes is believed.
void Connection::begin_unknown_request() {
  started_us_ = thread_->now_us();
  facts_ = HeadFacts();
  request_.method = Method::other;
  request_.target = {};
  request_.path.clear();
  request_.principal = Principal();
  request_.answer_fields.clear();
  thread_->make_request_id(request_.request_id);
}

// The scanner has found the end of the head.
bool Connection::begin_request() {
  started_us_ = thread_->now_us();
  deadline_us_ = 0;
  head_has_begun_ = false;
  request_.body = {};
  request_.principal = Principal();
  request_.query.clear();
  request_.path_args.clear();
  request_.answer_fields.clear();
  const auto head = [&] {
    return input_.view().substr(scanner_.begin(), head_bytes_ - scanner_.begin());
  };
  if (auto refusal = parse_head(head(), request_, facts_)) {
    return refuse(*refusal);
  }
  head_is_parsed_ = true;
  body_in_place_ = body_fits_in_place();
  const std::size_t wanted =
      body_in_place_ ? head_bytes_ + facts_.content_length : head_bytes_ + kBodyReadBytes;
  if (facts_.framing != Framing::none && wanted > input_.capacity_from_begin()) {
    input_.compact();
    (void)parse_head(head(), request_, facts_);  // the same bytes at another place
  }
  fill_request();
  if (auto refusal = fill_target()) return refuse(*refusal);
  router_ = thread_->state().router;
  auto answer = router_->admit(request_, thread_->state().authenticator, route_);
  if (answer) return refuse_early(*std::move(answer));
  return begin_body();
}

bool Connection::body_fits_in_place() const {
  if (facts_.framing == Framing::none) return true;
  return facts_.framing == Framing::length && facts_.content_encoding_fields == 0 &&
         facts_.content_length <= input_.capacity() - head_bytes_ &&
         facts_.content_length <= thread_->state().body_limits.sent_bytes_max;
}

void Connection::fill_request() {
  if (const std::string_view id = request_.header("x-request-id"); is_sane_id(id)) {
    request_.request_id = id;
  } else {
    thread_->make_request_id(request_.request_id);
  }
  if (!peer_is_trusted_) {
    if (request_.remote_ip.empty()) request_.remote_ip = peer_.text();
    return;
  }
  const PeerPolicy& policy = thread_->state().peer_policy;
  request_.remote_ip = policy.caller(peer_, forwarded_for(request_)).text();
}

std::optional<Refusal> Connection::fill_target() {
  const TargetParts parts = split_target(request_.target);
  request_.path.clear();
  if (!percent_decode_to(request_.path, parts.path, PlusSign::literal) ||
      request_.path.find('\0') != std::string::npos) {
    return kBadPath;
  }
  if (parts.query.empty()) return std::nullopt;
  if (!parse_query(parts.query, kQueryParamsMax, request_.query)) return kBadQuery;
  return std::nullopt;
}

bool Connection::begin_body() {
  if (!body_in_place_ || facts_.framing != Framing::none) {
    if (!body_in_place_) {
      if (auto refusal = body_.begin(facts_)) return refuse(*refusal);
    }
    if (facts_.expects_continue && input_.size() == head_bytes_ && !send_continue()) return false;
    begin_rate_window();
  }
  phase_ = Phase::reading_body;
  return true;
}

bool Connection::send_continue() {
  // Nothing else is in the send buffer, so this either fits or the connection is dead.
  bool failed = false;
  if (write_now(kContinue, {}, failed) == kContinue.size()) return true;
  close();
  return false;
}

bool Connection::dispatch() {
  phase_ = Phase::handling;
  deadline_us_ = 0;
  is_answered_ = false;
  in_dispatch_ = true;
  try {
    router_->run(route_, request_, Responder(shared_from_this()));
  } catch (const std::bad_alloc&) {
    log_error("no memory for a request", {{"request_id", request_.request_id}});
    // The responder has answered 500 on its way out, but this passes: the sender shall try again.
    if (is_answered_ && response_.status == 500) {
      response_ = problem(request_, 503, "overloaded", "The server is short of memory.");
    }
  } catch (const std::exception& failure) {  // the responder has answered 500 on its way out
    log_error("handler threw", {{"request_id", request_.request_id}, {"error", failure.what()}});
  }
  in_dispatch_ = false;
  if (is_answered_) phase_ = Phase::answering;
  return is_answered_;
}

}  // namespace adbacus::http
