// One of uap-core's ordered tables of patterns, and which of them matches a text first. A filter of
// the fixed texts that the patterns need leaves a few of several hundred to be tried.
// Immutable once built; thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <re2/filtered_re2.h>
#include <re2/set.h>
#include <string>
#include <string_view>
#include <vector>

#include "enrich/agent/agent_rule_tables.hpp"

namespace adbacus {

struct RuleMatch {
  std::string name;
  std::string major;  // empty: not said
  std::string minor;
};

class RuleSet {
 public:
  explicit RuleSet(std::span<const AgentRule> rules);
  // `lower` is `text` in lower case. nullopt: no rule matches.
  std::optional<RuleMatch> first_match(std::string_view text, std::string_view lower) const;

 private:
  std::span<const AgentRule> rules_;
  std::vector<std::uint32_t> number_of_;  // of the rule, by index in patterns_
  re2::FilteredRE2 patterns_;
  re2::RE2::Set atoms_;
};

}  // namespace adbacus
