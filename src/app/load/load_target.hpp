// Where the load goes: a plain http URL taken apart and resolved once. Immutable afterwards.
#pragma once

#include <string>
#include <sys/socket.h>

#include "base/result.hpp"

namespace adbacus {

struct LoadTarget {
  std::string authority;  // for the Host field
  sockaddr_storage address{};
  socklen_t address_bytes = 0;

  static Result<LoadTarget> resolve(const std::string& url);
};

}  // namespace adbacus
