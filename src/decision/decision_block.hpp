// Decisions as the event log keeps them: a block of rows that share a table of texts
// (docs/formats/decision_block.md). Written by DecisionLog, read at start and by simulations. An
// object belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"
#include "base/text_hash.hpp"

namespace adbacus {

struct LoggedDecision {
  TimeUs time_us = 0;
  std::uint64_t number = 0;
  std::string_view tenant = {};
  std::string_view placement_id = {};
  // All empty: no ad was found.
  std::string_view campaign_id = {};
  std::string_view line_item_id = {};
  std::string_view creative_id = {};
  std::string_view ad_id = {};
  Hash128 user = {};  // of the caps; zero: nobody known
  std::int64_t expected_cost = 0;
  std::uint8_t flags = 0;
  // "field\x1fvalue\x1e…": what of the request targeting looks at.
  std::string_view context = {};
  // From here on what makes a decision again, if kSeeded says so.
  std::uint64_t seed = 0;       // of the page's choices
  std::string_view shape = {};  // what else was asked for (decision/request_shape.hpp)
  std::uint32_t slot = 0;       // of the page
  std::uint32_t ad = 0;         // of the slot; 0 if it has none
  std::uint8_t missing = 0;     // Elimination, of a slot without an ad

  static constexpr std::uint8_t kByValue = 1;   // ranked by expected value, else by bid
  static constexpr std::uint8_t kExplored = 2;  // ranked by value, drawn by bid
  // An auction of this decision's bid was lost: the row before with these ids and this time counts
  // for no cap.
  static constexpr std::uint8_t kTakenBack = 4;
  // The row has what makes a decision again: all but those taken back and those of version 1.
  static constexpr std::uint8_t kSeeded = 8;
  bool operator==(const LoggedDecision&) const = default;
};

class DecisionBlock {
 public:
  void add(const LoggedDecision& decision);
  bool empty() const { return count_ == 0; }
  std::uint64_t count() const { return count_; }
  std::size_t bytes() const { return texts_.size() + rows_.size(); }
  std::string take();  // the block; this one is empty then

 private:
  std::uint64_t text_number(std::string_view text);

  std::unordered_map<std::string, std::uint64_t, TextHash, std::equal_to<>> numbers_;
  std::string texts_;
  std::string rows_;
  std::string scratch_;
  std::uint64_t count_ = 0;
  TimeUs last_us_ = 0;
};

// Views are valid during the call. corrupt: these are not the bytes of a block.
Result<void> read_decision_block(std::string_view bytes,
                                 const std::function<void(const LoggedDecision&)>& visit);

}  // namespace adbacus
