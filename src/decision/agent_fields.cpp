#include "decision/agent_fields.hpp"

#include <algorithm>
#include <array>

#include "enrich/agent/agent_cache.hpp"

namespace adbacus {
namespace {

enum AgentField : std::size_t { device, os, os_version, browser, browser_version };
constexpr std::array<std::string_view, 5> kNames{"device", "os", "os_version", "browser",
                                                 "browser_version"};

}  // namespace

void complete_agent_fields(const SharedAgentParser& agents, const RequestFields& fields,
                           AdRequest& ads) {
  std::array<bool, kNames.size()> wanted{};
  for (std::size_t i = 0; i < kNames.size(); ++i) wanted[i] = fields.find(kNames[i]).has_value();
  if (std::find(wanted.begin(), wanted.end(), true) == wanted.end()) return;
  AgentSigns signs = ads.agent;
  if (const std::string_view* const agent = context_value(ads, "user_agent")) {
    if (*agent != signs.user_agent) signs = {.user_agent = *agent};
    signs.structured = ads.agent.structured;
  }
  if (signs.empty()) return;
  for (std::size_t i = 0; i < kNames.size(); ++i)
    wanted[i] = wanted[i] && context_value(ads, kNames[i]) == nullptr;
  // A version belongs to its name: not to one that the request has said.
  if (context_value(ads, kNames[os]) != nullptr) wanted[os_version] = false;
  if (context_value(ads, kNames[browser]) != nullptr) wanted[browser_version] = false;
  const AgentFacts& facts = thread_agent_cache().find(
      signs, [&agents](const AgentSigns& unknown) { return agents.get().parse(unknown); });
  const std::array<std::string_view, kNames.size()> values{
      device_type_name(facts.device), facts.os.view(), facts.os_version.view(),
      facts.browser.view(), facts.browser_version.view()};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (wanted[i] && !values[i].empty()) ads.context.emplace_back(kNames[i], values[i]);
  }
}

}  // namespace adbacus
