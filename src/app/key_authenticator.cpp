#include "app/key_authenticator.hpp"

#include <chrono>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/logging.hpp"
#include "base/text_hash.hpp"
#include "catalog/scope_names.hpp"

namespace adbacus {
namespace {

// Storing each use would make one cache line travel between all I/O threads.
constexpr TimeUs kUseGranularityUs = kSecondUs;

template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

Error unauthorized(std::string message) {
  return {ErrorCode::unauthorized, std::move(message)};
}

}  // namespace

// Survives reloads, so that a use is not lost between two writes.
struct KeyAuthenticator::Use {
  std::atomic<TimeUs> last_us{0};
  TimeUs written_us = 0;  // guarded by catalog_mutex_
};

struct KeyAuthenticator::Entry {
  ApiKey key;
  SecretHash hash{};
  std::shared_ptr<Use> use;
  std::shared_ptr<const std::vector<std::string>> origins;     // of a public key
  std::shared_ptr<const std::vector<std::string>> placements;  // null: all
};

struct KeyAuthenticator::Snapshot {
  TextMap<Entry> keys;
  TextMap<Tenant> tenants;
};

KeyAuthenticator::KeyAuthenticator(Catalog& catalog, Clock& clock,
                                   const KeyAuthenticatorOptions& options)
    : catalog_(catalog),
      clock_(clock),
      options_(options),
      snapshot_(std::make_shared<const Snapshot>()) {}

Result<std::unique_ptr<KeyAuthenticator>> KeyAuthenticator::start(
    Catalog& catalog, Clock& clock, const KeyAuthenticatorOptions& options) {
  std::unique_ptr<KeyAuthenticator> made(new KeyAuthenticator(catalog, clock, options));
  if (auto ok = made->reload(); !ok) return ok.error();
  made->keep_fresh();
  return made;
}

KeyAuthenticator::~KeyAuthenticator() {
  thread_.stop();
  if (auto written = write_uses(); !written) {
    log_warn("last use of keys not written", {{"error", written.error().message}});
  }
}

std::shared_ptr<const KeyAuthenticator::Snapshot> KeyAuthenticator::snapshot() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

Result<http::Principal> KeyAuthenticator::authenticate(std::string_view credential,
                                                       std::string_view tenant_header) {
  if (credential.empty()) return unauthorized("this path needs an API key");
  const auto parts = parse_key(credential);
  if (!parts) return unauthorized("unknown API key");
  const auto current = snapshot();
  const auto found = current->keys.find(parts->id);
  // An unknown id takes as long as a wrong secret.
  const SecretHash hash = hash_secret(parts->secret);
  if (found == current->keys.end()) return unauthorized("unknown API key");
  const Entry& entry = found->second;
  if (!same_hash(hash, entry.hash)) return unauthorized("unknown API key");
  return principal_of(entry, *current, tenant_header);
}

Result<http::Principal> KeyAuthenticator::holder_of(std::string_view key_id,
                                                    std::string_view tenant_header) {
  const auto current = snapshot();
  const auto found = current->keys.find(key_id);
  if (found == current->keys.end() || found->second.key.is_public) {
    return unauthorized("unknown API key");
  }
  return principal_of(found->second, *current, tenant_header);
}

Result<http::Principal> KeyAuthenticator::principal_of(const Entry& entry, const Snapshot& current,
                                                       std::string_view tenant_header) {
  const ApiKey& key = entry.key;
  const TimeUs now = clock_.wall_us();
  if (key.revoked_us != 0) return unauthorized("the API key " + key.id + " is revoked");
  if (key.expires_us != 0 && now >= key.expires_us) {
    return unauthorized("the API key " + key.id + " has expired");
  }
  if (!key.is_operator && current.tenants.find(key.tenant_id) == current.tenants.end()) {
    return unauthorized("the tenant of the API key " + key.id + " was deleted");
  }
  if (now - entry.use->last_us.load(std::memory_order_relaxed) >= kUseGranularityUs) {
    entry.use->last_us.store(now, std::memory_order_relaxed);
  }
  http::Principal principal{.tenant = key.tenant_id,
                            .key_id = key.id,
                            .scopes = key_scopes(key.scopes),
                            .is_operator = key.is_operator,
                            .is_public = key.is_public,
                            .origins = entry.origins,
                            .placements = entry.placements,
                            .quota = key.quota,
                            .quota_period_s = key.quota_period_s};
  // The catalog refuses others; a row that was tampered with gains nothing.
  if (key.is_public && key.scopes != http::scope_decide) principal.scopes &= http::scope_ingest;
  if (tenant_header.empty() || tenant_header == principal.tenant) return principal;
  // The same answer for a tenant that exists and one that does not.
  if (!key.is_operator) {
    return Error{ErrorCode::forbidden, "X-Adbacus-Tenant is not the tenant of this key"};
  }
  if (current.tenants.find(tenant_header) == current.tenants.end()) {
    return Error{ErrorCode::forbidden, "X-Adbacus-Tenant names no tenant"};
  }
  principal.tenant = tenant_header;
  return principal;
}

std::optional<Tenant> KeyAuthenticator::find(std::string_view id) const {
  const auto current = snapshot();
  const auto found = current->tenants.find(id);
  if (found == current->tenants.end()) return std::nullopt;
  return found->second;
}

Result<void> KeyAuthenticator::reload() {
  const std::lock_guard lock(catalog_mutex_);
  auto tenants = catalog_.tenants();
  if (!tenants) return tenants.error();
  auto keys = catalog_.keys("");
  if (!keys) return keys.error();
  const auto before = snapshot();
  auto next = std::make_shared<Snapshot>();
  for (Tenant& tenant : *tenants) {
    std::string id = tenant.id;
    next->tenants.emplace(std::move(id), std::move(tenant));
  }
  for (ApiKey& key : *keys) {
    const auto hash = hash_from_hex(key.secret_hash);
    if (!hash) return Error{ErrorCode::corrupt, "catalog: key " + key.id + " has no valid hash"};
    const auto known = before->keys.find(key.id);
    auto use = known != before->keys.end() ? known->second.use : std::make_shared<Use>();
    std::string id = key.id;
    auto origins =
        key.is_public ? std::make_shared<const std::vector<std::string>>(key.origins) : nullptr;
    auto placements = key.placements.empty()
                          ? nullptr
                          : std::make_shared<const std::vector<std::string>>(key.placements);
    next->keys.emplace(std::move(id), Entry{std::move(key), *hash, std::move(use),
                                            std::move(origins), std::move(placements)});
  }
  const std::lock_guard pointer_lock(snapshot_mutex_);
  snapshot_ = std::move(next);
  return {};
}

Result<void> KeyAuthenticator::write_uses() {
  const std::lock_guard lock(catalog_mutex_);
  const auto current = snapshot();
  std::vector<KeyUse> uses;
  for (const auto& [id, entry] : current->keys) {
    const TimeUs last_us = entry.use->last_us.load(std::memory_order_relaxed);
    if (last_us > entry.use->written_us) uses.push_back({id, last_us});
  }
  if (uses.empty()) return {};
  if (auto ok = catalog_.record_key_use(uses); !ok) return ok;
  for (const KeyUse& use : uses) {
    current->keys.find(use.id)->second.use->written_us = use.last_used_us;
  }
  return {};
}

void KeyAuthenticator::keep_fresh() {
  // `told`: a catalog that stays away is worth one line, not one a second.
  const auto work = [this, written_us = clock_.mono_us(), told = false]() mutable {
    const auto report = [&](std::string_view what, const Result<void>& outcome) {
      if (!outcome && !told) log_warn(what, {{"error", outcome.error().message}});
      return static_cast<bool>(outcome);
    };
    bool ok = report("keys not reloaded, going on with the last copy", reload());
    if (clock_.mono_us() - written_us >= options_.use_write_interval_ms * kMillisecondUs) {
      written_us = clock_.mono_us();
      ok = report("last use of keys not written", write_uses()) && ok;
    }
    told = !ok;
  };
  thread_.start("key-copy", std::chrono::milliseconds(options_.reload_interval_ms), work);
}

}  // namespace adbacus
