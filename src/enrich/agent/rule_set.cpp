#include "enrich/agent/rule_set.hpp"

#include <array>
#include <cassert>
#include <cstring>

namespace adbacus {
namespace {

constexpr int kGroupsMax = 5;  // the whole match and $1 to $4
constexpr int kAtomBytesMin = 3;
constexpr std::int64_t kAtomMemoryBytes = 16 << 20;  // of the automaton, filled as texts need it

using Groups = std::array<re2::StringPiece, kGroupsMax>;

std::string group_text(const Groups& groups, std::size_t number) {
  if (number >= groups.size() || groups[number].data() == nullptr) return {};
  return {groups[number].data(), groups[number].size()};
}

// `text` with its $1 to $4 filled in, without blanks at its ends.
std::string filled(const char* text, const Groups& groups) {
  std::string out;
  for (; *text != '\0'; ++text) {
    if (text[0] == '$' && text[1] >= '1' && text[1] <= '4') {
      out += group_text(groups, static_cast<std::size_t>(*++text - '0'));
    } else {
      out += *text;
    }
  }
  out.erase(0, std::min(out.find_first_not_of(' '), out.size()));
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

std::string said(const char* replacement, const Groups& groups, std::size_t group) {
  return *replacement == '\0' ? group_text(groups, group) : filled(replacement, groups);
}

}  // namespace

RuleSet::RuleSet(std::span<const AgentRule> rules)
    : rules_(rules), patterns_(kAtomBytesMin), atoms_(re2::RE2::Quiet, re2::RE2::UNANCHORED) {
  for (std::uint32_t number = 0; number < rules.size(); ++number) {
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_encoding(re2::RE2::Options::EncodingLatin1);  // any bytes; half the program
    options.set_case_sensitive(!rules[number].ignores_case);
    int index = 0;
    const auto code = patterns_.Add(rules[number].pattern, options, &index);
    assert(code == re2::RE2::NoError && "a rule that RE2 cannot read");
    if (code != re2::RE2::NoError) continue;
    number_of_.push_back(number);
  }
  std::vector<std::string> atoms;
  patterns_.Compile(&atoms);
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_literal(true);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_max_mem(kAtomMemoryBytes);
  atoms_ = re2::RE2::Set(options, re2::RE2::UNANCHORED);
  for (const std::string& atom : atoms) atoms_.Add(atom, nullptr);
  const bool compiled = atoms_.Compile();
  assert(compiled && "too many rules for the filter's memory");
  static_cast<void>(compiled);
}

std::optional<RuleMatch> RuleSet::first_match(std::string_view text, std::string_view lower) const {
  std::vector<int> found;
  re2::RE2::Set::ErrorInfo problem{};
  const bool any = atoms_.Match({lower.data(), lower.size()}, &found, &problem);
  std::vector<int> candidates;
  if (any || problem.kind == re2::RE2::Set::kNoError) {
    patterns_.AllPotentials(found, &candidates);
  } else {  // out of memory: all of them
    for (int i = 0; i < patterns_.NumRegexps(); ++i) candidates.push_back(i);
  }
  for (const int candidate : candidates) {
    const re2::RE2& pattern = patterns_.GetRE2(candidate);
    Groups groups;
    const int wanted = std::min(kGroupsMax, pattern.NumberOfCapturingGroups() + 1);
    const re2::StringPiece piece(text.data(), text.size());
    if (!pattern.Match(piece, 0, text.size(), re2::RE2::UNANCHORED, groups.data(), wanted))
      continue;
    const AgentRule& rule = rules_[number_of_[static_cast<std::size_t>(candidate)]];
    return RuleMatch{said(rule.name, groups, 1), said(rule.major, groups, 2),
                     said(rule.minor, groups, 3)};
  }
  return std::nullopt;
}

}  // namespace adbacus
