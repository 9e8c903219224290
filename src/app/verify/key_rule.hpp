// The bound of keys once more, for the recount and without any code of the fold: of the keys that a
// tenant first sends to a cube on one UTC day of log time, the first so many get rows of their own;
// the rest, as long as no later day gives them a place, is counted in the row `other`.
// Memory grows with the number of keys. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "eventlog/event_log.hpp"
#include "store/rollup.hpp"

namespace adbacus {

class KeyRule {
 public:
  using Bounds = std::map<Seq, std::uint64_t>;  // control entry -> keys from there on

  // `bounds` must outlive the object. Without the log's beginning nobody knows what was new when:
  // then every key has a row of its own here, and settle_other() compares what can be compared.
  KeyRule(const Bounds& bounds, bool whole_log) : bounds_(bounds), whole_log_(whole_log) {}

  // Whether the key of the entry at `seq`, whose first dimension is the tenant, has its own row.
  // Asked about every entry that counts, in log order.
  bool has_row(Seq seq, TimeUs log_time_us, Cube cube, std::span<const std::string_view> dims);

 private:
  bool takes_place(Seq seq, std::int64_t day, Cube cube, std::string_view tenant);

  const Bounds& bounds_;
  const bool whole_log_;
  std::int64_t day_ = INT64_MIN;
  std::map<std::pair<Cube, std::string>, std::uint64_t> new_today_;  // by tenant
  std::unordered_set<std::string> known_;
  std::string key_;
};

}  // namespace adbacus
