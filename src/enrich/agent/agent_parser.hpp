// A user agent and client hints become facts, by uap-core's rules. Parsing takes tens of
// microseconds: callers that meet the same agents again ask through an AgentCache.
#pragma once

#include <future>
#include <memory>

#include "enrich/agent/agent_facts.hpp"
#include "enrich/agent/rule_set.hpp"

namespace adbacus {

// Thread-safe, immutable.
class AgentParser {
 public:
  AgentParser();  // reads the rules: some tenths of a second
  // Hints outweigh the user agent. Only the agent's first 1,024 bytes are looked at.
  AgentFacts parse(const AgentSigns& signs) const;

 private:
  void read_agent(std::string_view agent, AgentFacts& facts) const;

  RuleSet browsers_;
  RuleSet systems_;
  RuleSet devices_;
};

// A parser whose rules are read by a thread of its own, so that starting does not wait for them.
// Thread-safe.
class SharedAgentParser {
 public:
  SharedAgentParser();
  // Waits until the rules are read.
  const AgentParser& get() const { return *parser_.get(); }

 private:
  std::shared_future<std::unique_ptr<const AgentParser>> parser_;
};

}  // namespace adbacus
