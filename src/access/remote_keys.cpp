#include "access/remote_keys.hpp"

#include <fmt/format.h>
#include <utility>

namespace adbacus {
namespace {

constexpr std::size_t kDocumentBytesMax = 256 * 1024;
constexpr int kTimeoutS = 10;

Counter& fetches(const char* result) {
  return counter("adbacus_jwt_keys_fetches_total", "Times keys of tokens were fetched from a URL",
                 fmt::format("result=\"{}\"", result));
}

Result<std::string> fetch_text(const std::string& url, const http::ClientOptions& client) {
  auto answer = http::call_url("GET", url, {{"Accept", "application/json"}}, "", client);
  if (!answer) return Error{answer.error().code, url + ": " + answer.error().message};
  // A redirect is no answer either: where it leads was not configured.
  if (answer->status != 200) {
    return Error{ErrorCode::unavailable, fmt::format("{}: status {}", url, answer->status)};
  }
  return std::move(answer->body);
}

}  // namespace

http::ClientOptions document_client(const http::OutboundRules& rules, const std::string& ca_file) {
  http::ClientOptions client;
  client.timeout_s = kTimeoutS;
  client.body_bytes_max = kDocumentBytesMax;
  client.ca_file = ca_file;
  client.rules = rules;
  return client;
}

Result<std::vector<JwtKey>> fetch_keys(const std::string& url, const http::ClientOptions& client) {
  const auto text = fetch_text(url, client);
  if (!text) return text.error();
  auto keys = read_jwks(*text);
  if (!keys) return Error{keys.error().code, url + ": " + keys.error().message};
  std::erase_if(*keys, [](const JwtKey& key) { return key.algorithm() == JwtAlgorithm::hs256; });
  if (keys->empty()) return Error{ErrorCode::invalid_argument, url + ": has no public key"};
  return keys;
}

Result<JsonNode> fetch_object(const std::string& url, const http::ClientOptions& client) {
  const auto text = fetch_text(url, client);
  if (!text) return text.error();
  auto node = parse_json(*text);
  if (!node || node->type != JsonNode::Type::object) {
    return Error{ErrorCode::invalid_argument, url + ": no JSON object"};
  }
  return node;
}

RemoteKeys::RemoteKeys(std::string url, http::ClientOptions client, Clock& clock,
                       const FetchTimes& times)
    : value_("remote-keys", "keys of tokens", clock, times,
             [url = std::move(url), client = std::move(client)] {
               auto keys = fetch_keys(url, client);
               fetches(keys ? "fetched" : "failed").add(1);
               return keys;
             }),
      age_("adbacus_jwt_keys_age_seconds",
           "Since the keys of access.jwt_keys_url were fetched; -1: never", "", [this] {
             const auto age_us = value_.age_us();
             return age_us ? static_cast<double>(*age_us) / static_cast<double>(kSecondUs) : -1.0;
           }) {}

}  // namespace adbacus
