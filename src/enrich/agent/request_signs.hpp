// What the header fields of a request say of the device behind it. Pure functions, thread-safe.
#pragma once

#include <string>

#include "enrich/agent/agent_facts.hpp"
#include "http/http.hpp"

namespace adbacus {

// Header fields may hold any bytes, and what is stored is text: a user agent that is not UTF-8, or
// longer than 8 KiB, is left out.
struct RequestSigns {
  AgentSigns agent;                 // views of the request
  SmallText<3> language;            // ISO 639, of Accept-Language's first element
  bool has_bad_user_agent = false;  // it was left out
};

// Of the device that sent the request: User-Agent, client hints, Accept-Language.
RequestSigns signs_of_device(const http::Request& request);
// Of the device that a server speaks for: X-Device-User-Agent.
RequestSigns signs_of_forwarder(const http::Request& request);

// The same, kept beyond the request.
struct KeptAgentSigns {
  std::string user_agent;
  std::string brands;
  std::string mobile;
  std::string platform;
  std::string platform_version;

  KeptAgentSigns() = default;
  explicit KeptAgentSigns(const AgentSigns& signs)
      : user_agent(signs.user_agent),
        brands(signs.brands),
        mobile(signs.mobile),
        platform(signs.platform),
        platform_version(signs.platform_version) {}
  AgentSigns view() const { return {user_agent, brands, mobile, platform, platform_version, {}}; }
};

// "de" of "de-DE,de;q=0.9"; empty for "*" and what is no language.
SmallText<3> primary_language(std::string_view accept_language);

}  // namespace adbacus
