#include "access/jwt_authenticator.hpp"

#include <chrono>
#include <utility>

#include "base/base64url.hpp"
#include "base/logging.hpp"
#include "catalog/scope_names.hpp"
#include "model/user.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kFileBytesMax = 256 * 1024;

struct RoleRow {
  std::string_view name;
  Role role;
};
constexpr RoleRow kRoles[] = {{"owner", Role::owner},
                              {"admin", Role::admin},
                              {"analyst", Role::analyst},
                              {"viewer", Role::viewer},
                              {"sender", Role::sender}};

Error refused(std::string why) {
  return {ErrorCode::unauthorized, "the token " + std::move(why)};
}

// Names of scopes separated by blanks (RFC 8693, 4.2); those of others are not ours to judge.
std::uint32_t scopes_of(std::string_view text) {
  std::uint32_t scopes = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (name.find(',') != std::string_view::npos || name == "all") continue;
    if (const auto one = parse_scopes(name)) scopes |= *one;
  }
  return key_scopes(scopes);
}

// A role, or scopes, or both: then what both allow.
Result<std::uint32_t> rights_of(const JsonNode& claims, std::string_view role_claim) {
  const auto scope = text_claim(claims, "scope");
  const JsonNode* named = claims.member(role_claim);
  if (named == nullptr) {
    if (!scope) return refused("names neither role nor scope");
    return scopes_of(*scope);
  }
  for (const RoleRow& row : kRoles) {
    if (named->type != JsonNode::Type::text || named->text != row.name) continue;
    const std::uint32_t scopes = role_scopes(row.role);
    return scope ? scopes & scopes_of(*scope) : scopes;
  }
  return refused("names a role that there is not");
}

// What a limit is named by must be a text: anything else would be no limit.
Result<std::string> limit_of(const JsonNode& claims, std::string_view name) {
  if (claims.member(name) == nullptr) return std::string();
  auto id = text_claim(claims, name);
  if (!id) return refused(std::string("has a bad ").append(name));
  return *std::move(id);
}

// Neither has control characters (check_denied_token), so none can pass for another.
std::string denied_name(std::string_view tenant, std::string_view token_id) {
  return std::string(tenant).append(1, '\n').append(token_id);
}

}  // namespace

JwtAuthenticator::JwtAuthenticator(FileSystem& fs, const TenantDirectory& tenants, Clock& clock,
                                   ReadDenied denied, const JwtOptions& options)
    : fs_(fs),
      tenants_(tenants),
      clock_(clock),
      read_denied_(std::move(denied)),
      options_(options),
      policy_{options.issuer, options.audience, options.leeway_s * kSecondUs},
      snapshot_{std::make_shared<const Keys>(), std::make_shared<const Denied>()} {
  if (!options.keys_url.empty()) {
    remote_.emplace(options.keys_url, options.client, clock, options.keys_url_times);
  }
}

Result<std::unique_ptr<JwtAuthenticator>> JwtAuthenticator::start(FileSystem& fs,
                                                                  const TenantDirectory& tenants,
                                                                  Clock& clock, ReadDenied denied,
                                                                  const JwtOptions& options) {
  std::unique_ptr<JwtAuthenticator> made(
      new JwtAuthenticator(fs, tenants, clock, std::move(denied), options));
  if (auto ok = made->reload(); !ok) return ok.error();
  made->keep_fresh();
  return made;
}

JwtAuthenticator::~JwtAuthenticator() {
  thread_.stop();
}

JwtAuthenticator::Snapshot JwtAuthenticator::snapshot() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

Result<http::Principal> JwtAuthenticator::authenticate(std::string_view credential,
                                                       std::string_view tenant_header) {
  const Snapshot current = snapshot();
  const auto jwt = verify_jwt(credential, *current.keys, policy_, clock_.wall_us());
  if (!jwt) {
    if (remote_ && names_unknown_key(credential, *current.keys)) remote_->miss();
    return jwt.error();
  }
  auto principal = principal_of(*jwt, *current.denied);
  if (!principal) return principal;
  if (!tenant_header.empty() && tenant_header != principal->tenant) {
    return Error{ErrorCode::forbidden, "X-Adbacus-Tenant is not the tenant of this token"};
  }
  return principal;
}

Result<http::Principal> JwtAuthenticator::principal_of(const Jwt& jwt, const Denied& denied) const {
  const auto tenant = text_claim(jwt.claims, options_.tenant_claim);
  if (!tenant) return refused("names no tenant");
  if (!tenants_.find(*tenant)) return refused("names a tenant that there is not");
  if (!jwt.id.empty() && denied.contains(denied_name(*tenant, jwt.id))) {
    return refused("is not accepted any more");
  }
  const auto scopes = rights_of(jwt.claims, options_.role_claim);
  if (!scopes) return scopes.error();
  auto advertiser = limit_of(jwt.claims, "advertiser_id");
  if (!advertiser) return advertiser.error();
  auto publisher = limit_of(jwt.claims, "publisher_id");
  if (!publisher) return publisher.error();
  http::Principal principal;
  principal.tenant = *tenant;
  principal.key_id = "token:" + jwt.subject;
  principal.user_id = jwt.subject;
  principal.scopes = *scopes;
  principal.advertiser_id = *std::move(advertiser);
  principal.publisher_id = *std::move(publisher);
  return principal;
}

Result<void> JwtAuthenticator::reload() {
  const std::lock_guard lock(reload_mutex_);
  const auto keys = reload_keys();
  const auto denied = reload_denied();  // also where the file is broken
  return keys ? denied : keys;
}

Result<void> JwtAuthenticator::reload_keys() {
  const auto remote = remote_ ? remote_->keys() : nullptr;
  std::string text;
  if (!options_.keys_file.empty()) {
    auto read = read_file(fs_, options_.keys_file);
    if (!read) return read.error();
    if (read->size() > kFileBytesMax) {
      return Error{ErrorCode::invalid_argument, options_.keys_file + ": larger than 256 KiB"};
    }
    text = *std::move(read);
  }
  if (is_loaded_ && text == loaded_ && remote == loaded_remote_) return {};
  auto own = own_keys(text);
  if (!own) return own.error();
  if (remote) own->insert(own->end(), remote->begin(), remote->end());
  auto next = std::make_shared<const Keys>(*std::move(own));
  is_loaded_ = true;
  loaded_ = std::move(text);
  loaded_remote_ = remote;
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_.keys = std::move(next);
  return {};
}

// Those of the file and the shared secret.
Result<JwtAuthenticator::Keys> JwtAuthenticator::own_keys(const std::string& file_text) const {
  Keys keys;
  if (!options_.keys_file.empty()) {
    auto parsed = read_jwks(file_text);
    if (!parsed) {
      return Error{parsed.error().code, options_.keys_file + ": " + parsed.error().message};
    }
    keys = *std::move(parsed);
  }
  if (!options_.hs256_secret.empty()) {
    const auto secret = base64url_decode(options_.hs256_secret);
    if (!secret) return Error{ErrorCode::invalid_argument, "the HS256 secret is not base64url"};
    auto key = JwtKey::shared_secret("", *secret);
    if (!key) return key.error();
    keys.push_back(*std::move(key));
  }
  return keys;
}

Result<void> JwtAuthenticator::reload_denied() {
  const auto tokens = read_denied_();
  if (!tokens) return tokens.error();
  auto next = std::make_shared<Denied>();
  for (const DeniedToken& token : *tokens) {
    if (token.issuer == policy_.issuer) next->insert(denied_name(token.tenant_id, token.token_id));
  }
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_.denied = std::move(next);
  return {};
}

void JwtAuthenticator::keep_fresh() {
  // `told`: a file that stays broken is worth one line.
  const auto work = [this, told = std::string()]() mutable {
    const auto outcome = reload();
    const std::string wrong = outcome ? "" : outcome.error().message;
    if (!wrong.empty() && wrong != told) {
      log_warn("tokens are checked with what was read before", {{"error", wrong}});
    }
    told = wrong;
  };
  thread_.start("token-keys", std::chrono::milliseconds(options_.reload_interval_ms), work);
}

}  // namespace adbacus
