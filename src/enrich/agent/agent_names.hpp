// One vocabulary for operating systems and browsers, whoever named them: uap-core tells "Chrome
// Mobile" from "Chrome", client hints say "Google Chrome"; the device is a dimension of its own, so
// both are "Chrome" here. Pure functions, thread-safe.
#pragma once

#include <string_view>

#include "enrich/agent/agent_facts.hpp"

namespace adbacus {

// A name that no row knows stays as it is; "Other" becomes "".
std::string_view browser_name(std::string_view name);
std::string_view os_name(std::string_view name);

// The device of a user agent that does not say it is a bot. `os` is os_name()'s answer.
DeviceType device_type_of(std::string_view user_agent, std::string_view os);

}  // namespace adbacus
