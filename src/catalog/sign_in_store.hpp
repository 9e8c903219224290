// What people sign in with: hashes of their passwords, and the sessions that are open. Each backend
// of the catalog has one (Catalog::sign_ins()). Calls may block on the database and are
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace adbacus {

struct StoredPassword {
  std::string tenant_id;
  std::string user_id;
  std::string hash;  // Argon2id in PHC form
  TimeUs changed_us = 0;
  bool operator==(const StoredPassword&) const = default;
};

struct StoredSession {
  std::string id;  // lower-case hex SHA-256 of the session's secret, which is nowhere
  std::string tenant_id;
  std::string user_id;
  TimeUs created_us = 0;
  TimeUs expires_us = 0;
  bool operator==(const StoredSession&) const = default;
};

class SignInStore {
 public:
  virtual ~SignInStore() = default;
  // Replaces the earlier one and ends the user's sessions. not_found: no such tenant.
  virtual Result<void> put_password(const StoredPassword& password) = 0;
  virtual Result<std::optional<StoredPassword>> password(const std::string& tenant_id,
                                                         const std::string& user_id) = 0;
  // Expired ones go meanwhile; of one user's the oldest beyond `per_user_max`.
  virtual Result<void> open_session(const StoredSession& session, std::size_t per_user_max) = 0;
  virtual Result<void> end_session(const std::string& id) = 0;  // none of this id is no error
  virtual Result<std::vector<StoredSession>> sessions(TimeUs now_us) = 0;  // not expired; by id
};

}  // namespace adbacus
