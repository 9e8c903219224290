#include "catalog/owners.hpp"

#include <algorithm>
#include <string>

#include "catalog/schema/stored.hpp"
#include "catalog/scope_names.hpp"
#include "http/http.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kOwnersLookedAt = 1'000;

}  // namespace

bool is_owner(const User& user) {
  return (role_scopes(user.role) & http::scope_own) != 0 && user.status == SwitchStatus::active &&
         user.advertiser_id.empty() && user.publisher_id.empty();
}

bool is_owner(const ApiKey& key, TimeUs now_us) {
  return (key.scopes & http::scope_own) != 0 && !key.is_operator && key.revoked_us == 0 &&
         (key.expires_us == 0 || key.expires_us > now_us);
}

Result<bool> has_other_owner(EntityTransaction& transaction, TimeUs now_us, std::string_view key_id,
                             std::string_view user_id) {
  const auto keys = transaction.keys();
  if (!keys) return keys.error();
  if (std::any_of(keys->begin(), keys->end(),
                  [&](const ApiKey& key) { return key.id != key_id && is_owner(key, now_us); })) {
    return true;
  }
  const auto users = transaction.with_value(EntityKind::user, "role", "owner", kOwnersLookedAt);
  if (!users) return users.error();
  for (const EntityKey& each : *users) {
    if (each.id == user_id) continue;
    const auto found = transaction.find(each.kind, each.id);
    if (!found) return found.error();
    if (!*found) continue;
    const auto user = read_entity<User>(**found);
    if (!user) return user.error();
    if (is_owner(*user)) return true;
  }
  return false;
}

}  // namespace adbacus
