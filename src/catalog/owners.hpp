// Who of a tenant may do everything there. Somebody must stay: with the last owner gone nobody
// could give rights again. Used by whatever takes an owner's rights, within its transaction.
#pragma once

#include <string_view>

#include "catalog/catalog.hpp"
#include "catalog/entity_store.hpp"
#include "model/user.hpp"

namespace adbacus {

bool is_owner(const User& user);  // may sign in, and is limited to nothing
bool is_owner(const ApiKey& key, TimeUs now_us);

// Whether the tenant has an owner beside this key and this user, whose ids may be empty.
Result<bool> has_other_owner(EntityTransaction& transaction, TimeUs now_us, std::string_view key_id,
                             std::string_view user_id);

}  // namespace adbacus
