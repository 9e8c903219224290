// Raw IP addresses in texts that are stored as they were sent: members of the metadata at any
// depth, parameters of URLs. Where the name says address and the value is one, its prefix is stored
// instead. Called by the event rules. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace adbacus {

// "ip", "clientIp", "X-Forwarded-For", "remote_addr", "user_ips": by how it ends, whatever its case
// and separators. "zip" is one too: it is the value that decides.
bool is_address_name(std::string_view name);

// A look of some nanoseconds: false if no name in the text can be one of these.
bool may_name_address(std::string_view text);

// The text with addresses cut to their prefix; nullopt if nothing had to change. `json` is valid
// JSON. Of lists and comma-separated texts each element is looked at; ports are dropped.
std::optional<std::string> hide_addresses_in_json(std::string_view json);
std::optional<std::string> hide_addresses_in_url(std::string_view url);

}  // namespace adbacus
