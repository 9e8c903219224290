#include "catalog/key_administration.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "catalog/api_key.hpp"
#include "catalog/owners.hpp"
#include "catalog/web_origin.hpp"

namespace adbacus {

namespace {

Error bad_origins(std::string why) {
  return {ErrorCode::invalid_argument, "origins: " + std::move(why)};
}

// As browsers send them. A public key without any would be refused everywhere, and a secret key's
// would be looked at nowhere.
Result<std::vector<std::string>> canonical_origins(const KeyRequest& request) {
  if (request.is_public && request.origins.empty()) {
    return bad_origins("a public key needs the origins of its pages, like https://shop.example");
  }
  if (!request.is_public && !request.origins.empty()) {
    return bad_origins("only a public key has them");
  }
  std::vector<std::string> origins;
  for (const std::string& origin : request.origins) {
    auto canonical = canonical_origin(origin);
    if (!canonical) {
      return bad_origins("not scheme://host or scheme://host:port, like https://shop.example");
    }
    if (std::find(origins.begin(), origins.end(), *canonical) == origins.end()) {
      origins.push_back(*std::move(canonical));
    }
  }
  return origins;
}

}  // namespace

Result<CreatedKey> KeyAdministration::create(const KeyRequest& request) {
  auto origins = canonical_origins(request);
  if (!origins) return origins.error();
  if (auto ok = check_placements(request); !ok) return ok.error();
  const TimeUs now = clock_.wall_us();
  ApiKey key;
  key.tenant_id = request.tenant_id;
  key.name = request.name;
  key.scopes = request.scopes;
  key.is_operator = request.is_operator;
  key.is_public = request.is_public;
  key.origins = *std::move(origins);
  key.placements = request.placements;
  key.created_us = now;
  key.expires_us = request.lifetime_us == 0 ? 0 : now + request.lifetime_us;
  key.quota = request.quota;
  key.quota_period_s = request.quota == 0 ? 0 : request.quota_period_s;
  std::optional<CreatedKey> created;
  const auto done = catalog_.entities().transact(
      key.tenant_id, [&](EntityTransaction& transaction) -> Result<void> {
        auto made = store_new(transaction, key);
        if (!made) return made.error();
        created = *std::move(made);
        return {};
      });
  if (!done) return done.error();
  return *std::move(created);
}

Result<void> KeyAdministration::check_placements(const KeyRequest& request) {
  for (const std::string& id : request.placements) {
    const auto found = catalog_.entities().find(request.tenant_id, EntityKind::placement, id);
    if (!found) return found.error();
    if (!*found) {
      return Error{ErrorCode::invalid_argument, "placements: there is no placement " + id};
    }
  }
  return {};
}

Result<CreatedKey> KeyAdministration::store_new(EntityTransaction& transaction, ApiKey key) {
  // Ids have 40 random bits: a taken one is drawn again, twice in a row does not happen.
  for (int attempt = 0;; ++attempt) {
    NewKey made = generate_key();
    key.id = std::move(made.id);
    key.secret_hash = std::move(made.secret_hash);
    const auto ok = transaction.put_key(key);
    if (!ok && (ok.error().code != ErrorCode::conflict || attempt == 2)) return ok.error();
    if (!ok) continue;
    if (auto noted = note(transaction, "create", key); !noted) return noted.error();
    return CreatedKey{std::move(made.text), std::move(key)};
  }
}

Result<void> KeyAdministration::note(EntityTransaction& transaction, const char* action,
                                     const ApiKey& key) {
  return noted_ ? noted_(transaction, action, key) : Result<void>();
}

Result<ApiKey> KeyAdministration::existing(const std::string& id) {
  auto found = catalog_.key(id);
  if (!found) return found.error();
  if (!*found) return Error{ErrorCode::not_found, "there is no key " + id};
  return **std::move(found);
}

// What became of the key since it was looked up outside: a revocation is final.
Result<ApiKey> KeyAdministration::existing(EntityTransaction& transaction, const std::string& id) {
  auto keys = transaction.keys();
  if (!keys) return keys.error();
  for (ApiKey& key : *keys) {
    if (key.id == id) return std::move(key);
  }
  return Error{ErrorCode::not_found, "there is no key " + id};
}

Result<ApiKey> KeyAdministration::revoke(const std::string& id, OwnerRule rule) {
  const auto known = existing(id);
  if (!known) return known.error();
  ApiKey key;
  const auto done = catalog_.entities().transact(
      known->tenant_id, [&](EntityTransaction& transaction) -> Result<void> {
        auto found = existing(transaction, id);
        if (!found) return found.error();
        key = *std::move(found);
        if (key.revoked_us != 0) return {};
        const TimeUs now = clock_.wall_us();
        if (rule == OwnerRule::one_stays && is_owner(key, now)) {
          const auto other = has_other_owner(transaction, now, id, "");
          if (!other) return other.error();
          if (!*other) return Error{ErrorCode::conflict, "it is the tenant's last owner"};
        }
        key.revoked_us = now;
        if (auto ok = transaction.put_key(key); !ok) return ok;
        return note(transaction, "revoke", key);
      });
  if (!done) return done.error();
  return key;
}

Result<CreatedKey> KeyAdministration::rotate(const std::string& id, TimeUs overlap_us) {
  const auto known = existing(id);
  if (!known) return known.error();
  std::optional<CreatedKey> created;
  const auto done = catalog_.entities().transact(
      known->tenant_id, [&](EntityTransaction& transaction) -> Result<void> {
        auto old = existing(transaction, id);
        if (!old) return old.error();
        const TimeUs now = clock_.wall_us();
        if (old->revoked_us != 0 || (old->expires_us != 0 && old->expires_us <= now)) {
          return Error{ErrorCode::conflict, "key " + id + " is revoked or has expired"};
        }
        ApiKey next = *old;
        next.created_us = now;
        next.last_used_us = 0;
        if (old->expires_us != 0) next.expires_us = now + (old->expires_us - old->created_us);
        if (overlap_us == 0) {
          old->revoked_us = now;
        } else if (old->expires_us == 0 || old->expires_us > now + overlap_us) {
          old->expires_us = now + overlap_us;
        }
        if (auto ok = transaction.put_key(*old); !ok) return ok;
        if (auto ok = note(transaction, "update", *old); !ok) return ok;
        auto made = store_new(transaction, std::move(next));
        if (!made) return made.error();
        created = *std::move(made);
        return {};
      });
  if (!done) return done.error();
  return *std::move(created);
}

}  // namespace adbacus
