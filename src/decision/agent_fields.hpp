// Device, system and browser of a request that does not name them itself, out of its user agent and
// client hints. Called before deciding, on the thread that decides.
#pragma once

#include "decision/ad_request.hpp"
#include "decision/attributes.hpp"
#include "enrich/agent/agent_parser.hpp"

namespace adbacus {

// Adds to the request's context which of device, os, os_version, browser and browser_version it
// lacks and `fields` has. A context field user_agent outweighs the header's. The texts are valid
// until the thread's next call.
void complete_agent_fields(const SharedAgentParser& agents, const RequestFields& fields,
                           AdRequest& ads);

}  // namespace adbacus
