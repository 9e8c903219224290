// Where the next page of a list begins, as a text that callers cannot make or change: it only
// continues the list it came from. Pure; made and read by list_request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace adbacus {

// `list` names tenant, kind and filters. The key is a secret of the catalog.
std::string seal_cursor(std::string_view key, std::string_view list, std::int64_t after_ordinal);
// nullopt: not a cursor of this list.
std::optional<std::int64_t> open_cursor(std::string_view key, std::string_view list,
                                        std::string_view cursor);

}  // namespace adbacus
