#include "ingest/ingest_answer.hpp"

#include <algorithm>
#include <vector>

#include "http/json_writer.hpp"

namespace adbacus {
namespace {

void write_rejections(const IntakeResult& result, http::JsonWriter& json) {
  json.key("rejected").begin_array();
  for (const Rejection& rejection : result.rejections) {
    json.begin_object().member("index", rejection.index);
    json.member("code", reject_code_name(rejection.code)).member("pointer", rejection.pointer);
    json.member("detail", rejection.detail).end_object();
  }
  json.end_array();
  if (result.rejected > 0) json.member("rejected_total", result.rejected);
}

void write_warnings(const IntakeResult& result, http::JsonWriter& json) {
  json.key("warnings").begin_array();
  for (std::size_t i = 0; i < kWarnings; ++i) {
    const WarningCount& warning = result.warnings[i];
    if (warning.count == 0) continue;
    json.begin_object().member("code", warning_name(static_cast<Warning>(i)));
    json.member("count", warning.count).member("first_index", warning.first_index).end_object();
  }
  json.end_array();
}

}  // namespace

std::string answer_tail(const IntakeResult& result, const http::Request& request) {
  http::JsonWriter json(128 + 96 * result.rejections.size());
  json.begin_object();
  if (!result.single_event_id.empty()) json.member("event_id", result.single_event_id);
  write_rejections(result, json);
  write_warnings(result, json);
  json.member("request_id", request.request_id).end_object();
  std::string text = std::move(json).take();
  text.front() = ',';  // goes on behind the members that come first
  return text;
}

http::Response accepted_answer(std::size_t accepted, std::uint32_t duplicates,
                               std::string_view position, std::string_view tail) {
  http::Response response;
  const bool written = !position.empty();
  response.status = written ? 202 : 200;
  std::string& body = response.body;
  body.reserve(96 + position.size() + tail.size());
  body += written ? R"({"status":"queued","accepted":)" : R"({"status":"valid","accepted":)";
  body += std::to_string(accepted);
  body += R"(,"duplicates":)";
  body += std::to_string(duplicates);
  if (written) {
    body += R"(,"position":)";
    http::append_json_string(body, position);
  }
  body += tail;
  return response;
}

http::Response refused_answer(const IntakeResult& result, const http::Request& request,
                              std::size_t shown_max) {
  if (result.received == 0)
    return http::problem(request, 422, "no_events", "The body holds no event.");
  std::vector<http::ProblemItem> errors;
  for (const Rejection& rejection : result.rejections) {
    if (errors.size() == shown_max) break;
    errors.push_back({rejection.pointer, std::string(reject_code_name(rejection.code)),
                      std::string(rejection.detail)});
  }
  if (result.received == 1 && !result.rejections.empty()) {
    const Rejection& only = result.rejections.front();
    return http::problem(request, 422, reject_code_name(only.code), only.detail, std::move(errors));
  }
  const std::string detail = std::to_string(result.rejected) + " of " +
                             std::to_string(result.received) +
                             " events were refused; nothing was written.";
  return http::problem(request, 422, "invalid_events", detail, std::move(errors));
}

std::string_view append_failed_code(const Error& error) {
  if (error.code == ErrorCode::storage_full) return "storage_full";
  return error.code == ErrorCode::unavailable ? "unavailable" : "log_failed";
}

http::Response append_failed_answer(const Error& error, const http::Request& request) {
  std::string_view detail = "The events may or may not be stored. Repeat with the same event ids.";
  if (error.code == ErrorCode::storage_full)
    detail = "The disk is full; nothing was written. Repeat with the same event ids.";
  if (error.code == ErrorCode::unavailable)
    detail = "The log takes no events now. Repeat with the same event ids.";
  return http::problem(request, 503, append_failed_code(error), detail);
}

}  // namespace adbacus
