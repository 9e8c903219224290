// Lists of networks as text: one network or address a line, '!' before an exception, '#' or ';'
// before a remark. What data-centre, proxy and block lists are published as. Pure, thread-safe.
#pragma once

#include <string_view>

#include "base/network/network_table.hpp"
#include "base/result.hpp"

namespace adbacus {

// Adds all of the text or, where a line is wrong, nothing: invalid_argument names the line. `list`
// is one bit.
Result<void> read_network_list(std::string_view text, NetworkLists list, NetworkTableBuilder& into);

}  // namespace adbacus
