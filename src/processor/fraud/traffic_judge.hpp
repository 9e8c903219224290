// Judges whether events are valid traffic. How the fold calls it:
//
//   TrafficFacts facts = reader.read(packed_event, disposition);  // traffic_reader.hpp
//   FraudVerdict verdict = judge.judge(facts);
//
// once for every event of the log, in the order of the log, before attribution, also while the
// store is ahead and nothing is counted. Live and in a replay it must be shown the same events:
// - those of import runs too that are dropped by now: they were shown when they came;
// - not those that became dead letters: an event that may still fail must not have been shown. One
//   that is restored is shown at the place of its control entry.
// The verdict holds for good: slice_of(verdict.is_repeat ? Disposition::repeat : disposition,
// traffic_class) counts the event where its disposition is counted or repeat (others keep theirs),
// and the rule set's hash() names what judged it. An event of class machine, givt or sivt is no
// touch for attribution. To overlap memory accesses read the facts of a record's events first and
// call prefetch() some events before judge().
//
// The state is saved with the log position behind which it stands and loaded before the entries
// behind that position are shown (docs/decisions/0016). Owned by one thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "processor/fraud/fraud_history.hpp"

namespace adbacus {

class TrafficJudge {
 public:
  // `known_from_us`: 0 if the first event it is shown is the log's first one; else a time than
  // which no earlier entry's event is later (the log's time there and what clocks may be ahead).
  TrafficJudge(FraudRuleSet rules, TimeUs known_from_us);
  // For rules that are in force from an entry of the log on: goes on from what `before`, which must
  // not be used any more, remembers, as far as these rules ask for the same.
  TrafficJudge(FraudRuleSet rules, TrafficJudge&& before);
  TrafficJudge(const TrafficJudge&) = delete;  // the history refers to the rules
  TrafficJudge& operator=(const TrafficJudge&) = delete;

  const FraudRuleSet& rules() const { return rules_; }
  // Starts the memory accesses of judge(), some events ahead.
  void prefetch(const TrafficFacts& facts) const { history_.prefetch(facts); }
  // Duplicates and transitions are in no class: they are valid, and not remembered.
  FraudVerdict judge(const TrafficFacts& facts);

  std::size_t memory_bytes() const { return history_.memory_bytes(); }
  // docs/formats/fraud_state.md. `position` is the log's, of the last event that was judged.
  std::string save(std::uint64_t position) const;
  // The position. conflict: the bytes are of other rules; corrupt: they are damaged. After an error
  // the judge must not be used.
  Result<std::uint64_t> load(std::string_view bytes);

 private:
  const FraudRuleSet rules_;
  const std::uint64_t rules_hash_;
  FraudHistory history_;
};

}  // namespace adbacus
