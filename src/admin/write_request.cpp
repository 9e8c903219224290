#include "admin/write_request.hpp"

#include <charconv>
#include <utility>

#include "http/text.hpp"

namespace adbacus {
namespace {

bool is_json_type(std::string_view content_type) {
  const std::string_view type = http::trim_blanks(content_type.substr(0, content_type.find(';')));
  return type.empty() || http::equals_ignoring_case(type, "application/json") ||
         http::equals_ignoring_case(type, "application/merge-patch+json");
}

// The version of a strong tag of ours; 0 for anything else, which then matches nothing.
std::int64_t version_of(std::string_view tag) {
  tag = http::trim_blanks(tag);
  if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') return 0;
  tag = tag.substr(1, tag.size() - 2);
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), version);
  return error == std::errc() && end == tag.data() + tag.size() ? version : 0;
}

}  // namespace

std::variant<WriteRequest, http::Response> read_write_request(const http::Request& request,
                                                              bool has_body, bool changes) {
  WriteRequest write;
  write.is_strict = request.header("x-strict-mode") == "1";
  if (changes) {
    const std::string_view tag = http::trim_blanks(request.header("if-match"));
    if (!tag.empty() && tag != "*") write.expected_version = version_of(tag);
    if (tag.empty() && write.is_strict) {
      return http::problem(request, 428, "precondition_required",
                           "In strict mode a change names the version it is about in If-Match.");
    }
  }
  if (!read_request_name(request, write.name)) return bad_request_name(request);
  if (!has_body) return write;
  if (!is_json_type(request.header("content-type"))) {
    return http::problem(request, 415, "unsupported_media_type",
                         "The body must be application/json or application/merge-patch+json.");
  }
  auto body = parse_json(request.body);
  if (!body) {
    return http::problem(request, 400, "invalid_json", body.error().message + ".");
  }
  write.body = *std::move(body);
  return write;
}

}  // namespace adbacus
