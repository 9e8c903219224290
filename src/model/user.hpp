// People who sign in. Plain values. Passwords are no part of it.
#pragma once

#include <cstdint>
#include <string>

#include "model/campaign.hpp"

namespace adbacus {

// owner: everything; admin: all but ownership; analyst: read and export; viewer: read; sender: send
// events.
enum class Role : std::uint8_t { owner, admin, analyst, viewer, sender };

struct User {
  std::string email = {};  // lower case, unique in its tenant
  std::string name = {};
  std::string oidc_subject = {};  // `sub` at the provider of sign-in; empty: known by email
  Role role = Role::viewer;
  SwitchStatus status = SwitchStatus::active;
  std::string advertiser_id = {};  // sees this advertiser's data only; empty: all
  std::string publisher_id = {};
  bool operator==(const User&) const = default;
};

}  // namespace adbacus
