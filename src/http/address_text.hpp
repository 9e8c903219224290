// IP addresses in texts that may be kept only without them. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/peers.hpp"

namespace adbacus::http {

// `text` is one address or a comma-separated list of texts, some of them addresses; blanks around
// them, ports and brackets are dropped. The list with `written(address)` in place of each address;
// nullopt: there is none.
std::optional<std::string> replace_addresses(std::string_view text,
                                             std::string (*written)(const PeerAddress&));

}  // namespace adbacus::http
