// Short-lived tokens of this server's own, which a program gets for its key (OAuth 2.0 client
// credentials) and uses in its stead. Each names the key, whose rights it never exceeds: a key that
// ends takes its tokens along. They are signed with secrets of the catalog, a new one every 30
// days; those of the last period still count. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "access/jwt.hpp"
#include "catalog/catalog.hpp"
#include "http/http.hpp"

namespace adbacus {

class OwnTokens final : public http::Authenticator {
 public:
  static constexpr TimeUs kLifetimeUs = 15 * kMinuteUs;
  // Who the holder of a key is now; unauthorized if it has ended. Never blocks.
  using KeyHolder = std::function<Result<http::Principal>(std::string_view key_id,
                                                          std::string_view tenant_header)>;
  // Fails if the catalog cannot be read now. All must outlive the object.
  static Result<std::unique_ptr<OwnTokens>> start(Catalog& catalog, Clock& clock, KeyHolder holder);

  // May block on the catalog. `scopes` are http::Scope bits.
  Result<std::string> issue(const std::string& key_id, std::uint32_t scopes);
  Result<http::Principal> authenticate(std::string_view credential,
                                       std::string_view tenant_header) override;
  // Whether a token says that it is one of ours; it may be lying.
  static bool names_us(std::string_view credential);

 private:
  struct Secrets {
    std::int64_t period = -1;
    std::vector<JwtKey> keys;  // of this period, the one before and the next
    std::string secret;        // of this period
  };
  OwnTokens(Catalog& catalog, Clock& clock, KeyHolder holder)
      : catalog_(catalog), clock_(clock), holder_(std::move(holder)) {}
  Result<std::shared_ptr<const Secrets>> load();

  Catalog& catalog_;
  Clock& clock_;
  const KeyHolder holder_;
  std::mutex mutex_;  // guards the pointer only; held for a copy
  std::shared_ptr<const Secrets> secrets_;
};

}  // namespace adbacus
