#include "admin/named_request.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/sha256.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kKeyBytesMax = 255;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::string owner_of(const http::Request& request) {
  return request.principal.key_id + "/" + request.principal.tenant;
}

// A path with a slash behind it is the same route.
std::string route_of(const http::Request& request) {
  std::string_view path = request.path;
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return fmt::format("{} {}", request.method_text, path);
}

http::Response replay(const KeptAnswer& kept) {
  http::Response answer;
  answer.status = kept.status;
  answer.headers = {{"Idempotent-Replayed", "true"}, {"Cache-Control", "private, no-cache"}};
  if (!kept.etag.empty()) answer.headers.emplace_back("ETag", kept.etag);
  if (!kept.location.empty()) answer.headers.emplace_back("Location", kept.location);
  answer.body = kept.body;
  return answer;
}

std::string header_of(const http::Response& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

http::ParamSpec idempotency_key_param() {
  return {"Idempotency-Key", "header", "string", false,
          "the same key and body within 24 h get the same answer, and make nothing"};
}

bool read_request_name(const http::Request& request, RequestName& name) {
  name.idempotency_key = request.header("idempotency-key");
  Sha256 hash;
  hash.update(request.body);
  name.fingerprint = hash.finish();
  return name.idempotency_key.size() <= kKeyBytesMax && is_printable(name.idempotency_key);
}

http::Response bad_request_name(const http::Request& request) {
  return http::problem(request, 422, "invalid_idempotency_key",
                       "Idempotency-Key must be 1 to 255 visible ASCII characters.");
}

Result<std::optional<http::Response>> earlier_answer(EntityTransaction& transaction,
                                                     const http::Request& request,
                                                     const RequestName& name, TimeUs now_us) {
  if (name.idempotency_key.empty()) return {std::nullopt};
  const auto earlier =
      transaction.kept_answer(owner_of(request), route_of(request), name.idempotency_key);
  if (!earlier) return earlier.error();
  if (!*earlier || (*earlier)->created_us < now_us - kAnswersKeptUs) return {std::nullopt};
  if ((*earlier)->fingerprint == name.fingerprint) return {replay(**earlier)};
  return {http::problem(request, 422, "idempotency_key_reused",
                        "Another request had this Idempotency-Key.")};
}

Result<void> keep_answer(EntityTransaction& transaction, const http::Request& request,
                         const RequestName& name, const http::Response& answer, TimeUs now_us) {
  if (name.idempotency_key.empty()) return {};
  return transaction.keep_answer({.owner = owner_of(request),
                                  .route = route_of(request),
                                  .idempotency_key = name.idempotency_key,
                                  .fingerprint = name.fingerprint,
                                  .status = answer.status,
                                  .location = header_of(answer, "Location"),
                                  .etag = header_of(answer, "ETag"),
                                  .body = answer.body,
                                  .created_us = now_us},
                                 now_us - kAnswersKeptUs);
}

}  // namespace adbacus
