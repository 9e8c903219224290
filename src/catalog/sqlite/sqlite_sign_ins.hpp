// Passwords and sessions in the catalog's SQLite file. Made and owned by the SQLite catalog, whose
// connections it uses.
#pragma once

#include <mutex>

#include "catalog/sign_in_store.hpp"
#include "catalog/sqlite/database.hpp"

namespace adbacus {

class SqliteSignIns final : public SignInStore {
 public:
  // Both must outlive the object.
  SqliteSignIns(GuardedDatabase& writes, GuardedDatabase& reads) : writes_(writes), reads_(reads) {}

  Result<void> put_password(const StoredPassword& password) override;
  Result<std::optional<StoredPassword>> password(const std::string& tenant_id,
                                                 const std::string& user_id) override;
  Result<void> open_session(const StoredSession& session, std::size_t per_user_max) override;
  Result<void> end_session(const std::string& id) override;
  Result<std::vector<StoredSession>> sessions(TimeUs now_us) override;

 private:
  GuardedDatabase& writes_;
  GuardedDatabase& reads_;
};

}  // namespace adbacus
