#include "access/session_authenticator.hpp"

#include <chrono>
#include <map>
#include <utility>

#include "base/logging.hpp"
#include "base/sha256.hpp"
#include "catalog/entity_store.hpp"
#include "catalog/schema/stored.hpp"
#include "catalog/scope_names.hpp"
#include "catalog/sign_in_store.hpp"

namespace adbacus {
namespace {

Error unauthorized(std::string why) {
  return {ErrorCode::unauthorized, std::move(why)};
}

http::Principal principal_of(const StoredSession& session, const User& user,
                             std::shared_ptr<const std::vector<std::string>> origins) {
  http::Principal principal;
  principal.tenant = session.tenant_id;
  principal.key_id = "user:" + session.user_id;
  principal.user_id = session.user_id;
  principal.scopes = role_scopes(user.role);
  principal.advertiser_id = user.advertiser_id;
  principal.publisher_id = user.publisher_id;
  principal.origins = std::move(origins);
  return principal;
}

}  // namespace

std::string session_id_of(std::string_view secret) {
  Sha256 hash;
  hash.update("session ");
  hash.update(secret);
  return hash.finish();
}

SessionAuthenticator::SessionAuthenticator(Catalog& catalog, const TenantDirectory& tenants,
                                           Clock& clock, const SessionOptions& options)
    : catalog_(catalog),
      tenants_(tenants),
      clock_(clock),
      options_(options),
      origins_(std::make_shared<const std::vector<std::string>>(options.origins)),
      snapshot_(std::make_shared<const Snapshot>()) {}

Result<std::unique_ptr<SessionAuthenticator>> SessionAuthenticator::start(
    Catalog& catalog, const TenantDirectory& tenants, Clock& clock, const SessionOptions& options) {
  std::unique_ptr<SessionAuthenticator> made(
      new SessionAuthenticator(catalog, tenants, clock, options));
  if (auto ok = made->reload(); !ok) return ok.error();
  made->keep_fresh();
  return made;
}

SessionAuthenticator::~SessionAuthenticator() {
  thread_.stop();
}

Result<http::Principal> SessionAuthenticator::authenticate(std::string_view credential,
                                                           std::string_view tenant_header) {
  std::shared_ptr<const Snapshot> current;
  {
    const std::lock_guard lock(snapshot_mutex_);
    current = snapshot_;
  }
  // What is looked up is a hash: how long it takes tells nothing of any secret.
  const auto found = current->sessions.find(session_id_of(credential));
  if (found == current->sessions.end() || clock_.wall_us() >= found->second.first) {
    return unauthorized("the session has ended: sign in");
  }
  const http::Principal& principal = found->second.second;
  if (!tenants_.find(principal.tenant)) return unauthorized("the tenant was deleted");
  if (!tenant_header.empty() && tenant_header != principal.tenant) {
    return Error{ErrorCode::forbidden, "X-Adbacus-Tenant is not the tenant of this session"};
  }
  return principal;
}

Result<void> SessionAuthenticator::reload() {
  const std::lock_guard lock(reload_mutex_);
  const auto change = catalog_.entities().last_change();
  if (!change) return change.error();
  auto sessions = catalog_.sign_ins().sessions(clock_.wall_us());
  if (!sessions) return sessions.error();
  if (*change == seen_change_ && *sessions == seen_sessions_) return {};
  auto next = std::make_shared<Snapshot>();
  std::map<std::pair<std::string, std::string>, std::optional<User>> users;
  for (const StoredSession& session : *sessions) {
    const auto [user, is_new] = users.try_emplace({session.tenant_id, session.user_id});
    if (is_new) {
      const auto entity =
          catalog_.entities().find(session.tenant_id, EntityKind::user, session.user_id);
      if (!entity) return entity.error();
      if (*entity) {
        auto read = read_entity<User>(**entity);
        if (!read) return read.error();
        if (read->status == SwitchStatus::active) user->second = *std::move(read);
      }
    }
    if (!user->second) continue;  // removed or paused
    next->sessions.emplace(
        session.id, std::pair(session.expires_us, principal_of(session, *user->second, origins_)));
  }
  seen_change_ = *change;
  seen_sessions_ = *std::move(sessions);
  const std::lock_guard pointer_lock(snapshot_mutex_);
  snapshot_ = std::move(next);
  return {};
}

void SessionAuthenticator::keep_fresh() {
  // `told`: a catalog that stays away is worth one line.
  const auto work = [this, told = false]() mutable {
    const auto outcome = reload();
    if (!outcome && !told) {
      log_warn("sessions not read again, going on with the last",
               {{"error", outcome.error().message}});
    }
    told = !outcome;
  };
  thread_.start("sessions", std::chrono::milliseconds(options_.reload_interval_ms), work);
}

}  // namespace adbacus
