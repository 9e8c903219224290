#include "http/http.hpp"

#include <set>
#include <tuple>

#include "base/hash.hpp"
#include "base/logging.hpp"
#include "http/json_writer.hpp"
#include "http/status.hpp"
#include "http/text.hpp"
#include "http/url.hpp"

namespace adbacus::http {
namespace {

struct Mapped {
  int status;
  std::string_view code;
};

Mapped map_error(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return {422, "invalid_argument"};
    case ErrorCode::not_found:
      return {404, "not_found"};
    case ErrorCode::unauthorized:
      return {401, "unauthorized"};
    case ErrorCode::forbidden:
      return {403, "forbidden"};
    case ErrorCode::conflict:
      return {409, "conflict"};
    case ErrorCode::storage_full:
      return {503, "storage_full"};
    case ErrorCode::unavailable:
      return {503, "unavailable"};
    case ErrorCode::corrupt:
    case ErrorCode::io:
    case ErrorCode::internal:
      return {500, "internal"};
  }
  return {500, "internal"};
}

// Spread over 1 to 8 seconds, so that the refused do not all come back in the same one.
std::string retry_after_s(const Request& request) {
  return std::to_string(1 + hash64(request.request_id, 0) % 8);
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return {};
}

const std::string* Request::param(std::string_view name) const {
  for (const QueryParam& p : query) {
    if (p.name == name) return &p.value;
  }
  return nullptr;
}

Responder::~Responder() {
  if (!sink_) return;
  Response response;
  response.status = 500;
  response.content_type = "application/problem+json";
  response.body =
      R"({"type":"urn:adbacus:problem:internal","title":"Internal Server Error","status":500,)"
      R"("detail":"The request was given up without an answer.","code":"internal"})";
  std::exchange(sink_, nullptr)->send(std::move(response));
}

void Responder::send(Response response) {
  assert(sink_);  // answered twice
  std::exchange(sink_, nullptr)->send(std::move(response));
}

Response problem(const Request& request, int status, std::string_view code, std::string_view detail,
                 std::vector<ProblemItem> errors) {
  JsonWriter json(256 + detail.size());
  json.begin_object();
  json.member("type", "urn:adbacus:problem:" + std::string(code));
  json.member("title", reason_phrase(status)).member("status", status).member("detail", detail);
  // Without the query, which may carry a key.
  json.member("instance", request.target.empty() ? std::string_view(request.path)
                                                 : split_target(request.target).path);
  json.member("code", code).member("request_id", request.request_id);
  if (!errors.empty()) {
    std::set<std::tuple<std::string_view, std::string_view, std::string_view>> told;
    json.key("errors").begin_array();
    for (const ProblemItem& item : errors) {
      if (!told.insert({item.pointer, item.code, item.detail}).second) continue;
      json.begin_object().member("pointer", item.pointer).member("code", item.code);
      json.member("detail", item.detail).end_object();
    }
    json.end_array();
  }
  json.end_object();
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = std::move(json).take();
  response.code = code;
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 503) response.headers.emplace_back("Retry-After", retry_after_s(request));
  return response;
}

Response problem(const Request& request, const Error& error) {
  const Mapped mapped = map_error(error.code);
  if (mapped.status != 500) return problem(request, mapped.status, mapped.code, error.message);
  // What broke inside is for the operator, not for the caller.
  log_error("request failed", {{"request_id", request.request_id}, {"error", error.message}});
  return problem(request, 500, mapped.code, "The server failed; the log has the cause.");
}

}  // namespace adbacus::http
