// Says who brings a token. The keys come from a file, from a URL or both, and the denied tokens
// from the catalog; threads of the object's own read them again now and then: a file or an answer
// with a mistake changes nothing and is told in the log, once. Thread-safe; a request waits for
// none of them.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "access/jwt.hpp"
#include "access/remote_keys.hpp"
#include "base/file_system.hpp"
#include "base/periodic_thread.hpp"
#include "catalog/tenant_directory.hpp"
#include "http/http.hpp"

namespace adbacus {

struct JwtOptions {
  std::string issuer;
  std::string audience;
  std::string keys_file;     // a JSON Web Key Set; empty: none
  std::string keys_url;      // of a JSON Web Key Set; empty: none
  std::string hs256_secret;  // base64url of 32 bytes or more; empty: none
  std::string tenant_claim = "tenant_id";
  std::string role_claim = "role";
  int leeway_s = 30;
  int reload_interval_ms = 1'000;  // of the file and of denied tokens
  FetchTimes keys_url_times;
  http::ClientOptions client;  // what keys_url is fetched with
  bool has_keys() const { return !keys_file.empty() || !keys_url.empty() || !hs256_secret.empty(); }
};

class JwtAuthenticator final : public http::Authenticator {
 public:
  using ReadDenied = std::function<Result<std::vector<DeniedToken>>()>;  // of all tenants
  // Fails if the file of keys or denied tokens cannot be read now; keys from a URL come a moment
  // later, as there may be nobody to ask. All but the options must outlive the object.
  static Result<std::unique_ptr<JwtAuthenticator>> start(FileSystem& fs,
                                                         const TenantDirectory& tenants,
                                                         Clock& clock, ReadDenied denied,
                                                         const JwtOptions& options);
  ~JwtAuthenticator() override;
  JwtAuthenticator(const JwtAuthenticator&) = delete;
  JwtAuthenticator& operator=(const JwtAuthenticator&) = delete;

  Result<http::Principal> authenticate(std::string_view credential,
                                       std::string_view tenant_header) override;
  Result<void> reload();  // at once instead of in a moment

 private:
  using Keys = std::vector<JwtKey>;
  using Denied = std::unordered_set<std::string>;  // tenant and jti
  struct Snapshot {
    std::shared_ptr<const Keys> keys;
    std::shared_ptr<const Denied> denied;
  };
  JwtAuthenticator(FileSystem& fs, const TenantDirectory& tenants, Clock& clock, ReadDenied denied,
                   const JwtOptions& options);
  Result<http::Principal> principal_of(const Jwt& jwt, const Denied& denied) const;
  Snapshot snapshot() const;
  Result<void> reload_keys();
  Result<Keys> own_keys(const std::string& file_text) const;
  Result<void> reload_denied();
  void keep_fresh();  // starts the thread

  FileSystem& fs_;
  const TenantDirectory& tenants_;
  Clock& clock_;
  const ReadDenied read_denied_;
  const JwtOptions options_;
  const JwtPolicy policy_;

  std::mutex reload_mutex_;
  std::string loaded_;  // the file's text; guarded by reload_mutex_, as the next
  std::shared_ptr<const Keys> loaded_remote_;
  bool is_loaded_ = false;
  mutable std::mutex snapshot_mutex_;  // guards the pointers only; held for a copy
  Snapshot snapshot_;

  std::optional<RemoteKeys> remote_;  // with keys_url
  PeriodicThread thread_;
};

}  // namespace adbacus
