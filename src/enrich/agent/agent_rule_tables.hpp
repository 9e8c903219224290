// uap-core's rules (Apache 2.0, npm package uap-core) as tables; made at build time by
// tools/agent_rule_tables.py. Constants.
#pragma once

#include <span>

namespace adbacus {

// The first rule of a table whose pattern is found says the name: `name`, in which $1 to $4 stand
// for groups of the pattern, or the first group. The version is said the same way by `major` and
// `minor`, or by the second and third group.
struct AgentRule {
  const char* pattern;
  bool ignores_case;
  const char* name;
  const char* major;
  const char* minor;
};

std::span<const AgentRule> browser_rules();
std::span<const AgentRule> os_rules();
std::span<const AgentRule> device_rules();  // without versions

}  // namespace adbacus
