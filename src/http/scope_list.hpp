// The scopes of keys by name, for messages and documents. Pure, thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/http.hpp"

namespace adbacus::http {

struct NamedScope {
  Scope scope;
  std::string_view name;
};
inline constexpr std::array<NamedScope, 6> kNamedScopes{{{scope_ingest, "ingest"},
                                                         {scope_import, "import"},
                                                         {scope_read, "read"},
                                                         {scope_decide, "decide"},
                                                         {scope_admin, "admin"},
                                                         {scope_own, "own"}}};

// "ingest or import" of the bits of both.
inline std::string scope_list(std::uint32_t scopes, std::string_view between) {
  std::string list;
  for (const NamedScope& row : kNamedScopes) {
    if ((scopes & row.scope) != 0) list.append(list.empty() ? "" : between).append(row.name);
  }
  return list;
}

}  // namespace adbacus::http
