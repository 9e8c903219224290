// Key sets (JWKS) that an issuer of tokens publishes at a URL. See FetchedValue for when they are
// fetched.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/fetched_value.hpp"
#include "access/jwk.hpp"
#include "base/metrics.hpp"
#include "catalog/schema/json_node.hpp"
#include "http/client.hpp"

namespace adbacus {

// The public keys at `url`, now. Shared secrets in a set that anybody can read are left out.
// unavailable, forbidden: as the client says, or any status but 200; invalid_argument: the answer
// is no set of keys. May block.
Result<std::vector<JwtKey>> fetch_keys(const std::string& url, const http::ClientOptions& client);

// A JSON object at `url`, with the same errors.
Result<JsonNode> fetch_object(const std::string& url, const http::ClientOptions& client);

// Of a client for such documents: at most 256 KiB within 10 s.
http::ClientOptions document_client(const http::OutboundRules& rules, const std::string& ca_file);

class RemoteKeys {
 public:
  // `clock` must outlive the object. adbacus_jwt_keys_age_seconds tells how old the keys are.
  RemoteKeys(std::string url, http::ClientOptions client, Clock& clock, const FetchTimes& times);
  std::shared_ptr<const std::vector<JwtKey>> keys() const { return value_.value(); }  // may be null
  // After a token named a key that there is not: fetches soon, at most once in early_min_us.
  void miss() { value_.ask_early(); }

 private:
  FetchedValue<std::vector<JwtKey>> value_;
  GaugeFn age_;
};

}  // namespace adbacus
