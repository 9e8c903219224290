// Attributed conversions once more, from the log's first entry on and in one go: whatever the
// served ones went through (restarts, restored touches, corrections), the sums must be the same.
// Judges paths as the fold does, whose rules have tests of their own. 40 bytes a touch; one thread.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/verify/key_rule.hpp"
#include "app/verify/recount.hpp"
#include "processor/attribution/attribution_input.hpp"
#include "processor/attribution/rule_history.hpp"

namespace adbacus {

class AttributedRecount {
 public:
  // All must outlive the object; conversions in `range` and behind `from` go to `out`.
  AttributedRecount(KeyRule& key_rule, const RecountRange& range, Seq from, AggregateLines& out);

  void take_rules(Seq seq, const AttributionRulesEntry& entry);
  // A counted event at place `seq`; `dims`: of its row in the cube breakdown.
  Result<void> take(Seq seq, TimeUs log_time_us, std::string_view bytes,
                    std::span<const std::string_view> dims);

 private:
  using Dims = std::vector<std::string>;
  SeriesId series_of(std::span<const std::string_view> dims);
  void add(const AttributionChange& change, Seq seq, TimeUs log_time_us);

  KeyRule& key_rule_;
  const RecountRange& range_;
  const Seq from_;
  AggregateLines& out_;
  RuleHistory rules_;
  AttributionKeyMaker keys_;
  std::map<Dims, SeriesId> ids_;
  std::vector<const Dims*> dims_;  // by id
  Arena arena_;
  Attributor attributor_;
};

}  // namespace adbacus
