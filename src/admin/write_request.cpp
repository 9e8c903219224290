#include "admin/write_request.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/sha256.hpp"
#include "http/text.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kIdempotencyKeyBytesMax = 255;

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

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
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
  write.idempotency_key = request.header("idempotency-key");
  if (write.idempotency_key.size() > kIdempotencyKeyBytesMax ||
      !is_printable(write.idempotency_key)) {
    return http::problem(request, 422, "invalid_idempotency_key",
                         "Idempotency-Key must be 1 to 255 visible ASCII characters.");
  }
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
  Sha256 hash;
  hash.update(request.body);
  write.fingerprint = hash.finish();
  return write;
}

}  // namespace adbacus
