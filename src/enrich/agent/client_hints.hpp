// User-Agent client hints (WICG UA-CH; RFC 8941 lists in header fields, or OpenRTB's `sua`): the
// program, platform and form that a browser says itself. Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>

#include "enrich/agent/agent_facts.hpp"

namespace adbacus {

// Empty members: not said.
struct ClientHints {
  std::string brand;  // the product, not the engine and none of the made-up ones
  std::string brand_version;
  std::string platform;
  std::string platform_version;
  std::optional<bool> is_mobile;
};

// What is malformed says nothing.
ClientHints read_client_hints(const AgentSigns& signs);

}  // namespace adbacus
