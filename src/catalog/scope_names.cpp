#include "catalog/scope_names.hpp"

#include <fmt/format.h>

#include "http/scope_list.hpp"

namespace adbacus {

using http::kNamedScopes;
using http::NamedScope;

std::uint32_t role_scopes(Role role) {
  switch (role) {
    case Role::owner:
      return all_scopes() | http::scope_export;
    case Role::admin:
      return role_scopes(Role::owner) & ~http::scope_own;
    case Role::analyst:
      return http::scope_read | http::scope_export;
    case Role::viewer:
      return http::scope_read;
    case Role::sender:
      return http::scope_ingest;
  }
  return 0;
}

std::uint32_t key_scopes(std::uint32_t scopes) {
  return (scopes & http::scope_read) != 0 ? scopes | http::scope_export : scopes;
}

std::uint32_t all_scopes() {
  std::uint32_t scopes = 0;
  for (const NamedScope& row : kNamedScopes) scopes |= row.scope;
  return scopes;
}

std::vector<std::string_view> scope_names(std::uint32_t scopes) {
  std::vector<std::string_view> names;
  for (const NamedScope& row : kNamedScopes) {
    if ((scopes & row.scope) != 0) names.push_back(row.name);
  }
  return names;
}

Result<std::uint32_t> parse_scopes(std::string_view text) {
  if (text == "all") return all_scopes();
  if (text.empty()) {
    return Error{ErrorCode::invalid_argument, fmt::format("name at least one of {} or all",
                                                          http::scope_list(all_scopes(), ", "))};
  }
  std::uint32_t scopes = 0;
  for (;;) {
    const std::size_t comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    std::uint32_t bit = 0;
    for (const NamedScope& row : kNamedScopes) {
      if (row.name == name) bit = row.scope;
    }
    if (bit == 0) {
      return Error{ErrorCode::invalid_argument,
                   fmt::format("unknown scope \"{}\", known: {}, all", name,
                               http::scope_list(all_scopes(), ", "))};
    }
    scopes |= bit;
    if (comma == std::string_view::npos) return scopes;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace adbacus
