// A sorted, immutable run of rollup rows of one tenant, cube, level and UTC hour: what the index is
// made of and what a commit merges. Compact: 8 bytes a row plus 4 (or 8) for each counter that is
// not zero. Immutable once built, so any thread may read it without a lock.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "store/rollup.hpp"

namespace adbacus {

// Number of a campaign among those of its tenant and cube, in the order of their first series.
using CampaignNumber = std::uint32_t;

class RowRun {
 public:
  struct Head {
    SeriesId series = 0;
    std::uint8_t minute = 0;  // in the hour; 0 in runs of the hour level
    Slice slice = Slice::counted_valid;
    std::uint16_t mask = 0;  // counters that follow, by bit; kWide: 8 bytes each instead of 4
  };
  static constexpr std::uint16_t kWide = 0x8000;
  // All rows of one campaign, which are adjacent, sorted by series, minute, slice.
  struct Group {
    CampaignNumber campaign = 0;
    std::uint32_t row = 0;   // of the first head
    std::uint32_t word = 0;  // of its first value
  };

  std::size_t rows() const { return heads_.size(); }
  std::size_t bytes() const {
    return sizeof(*this) + heads_.capacity() * sizeof(Head) + words_.capacity() * 4 +
           groups_.capacity() * sizeof(Group);
  }
  std::size_t campaigns() const { return groups_.size() - 1; }
  // Groups are sorted by campaign; group(campaigns()) is a sentinel behind the last.
  const Group& group(std::size_t index) const { return groups_[index]; }
  // Index of the campaign's group; campaigns() if it has none.
  std::size_t find(CampaignNumber campaign) const;

  const Head& head(std::size_t row) const { return heads_[row]; }
  const std::uint32_t* words(std::size_t word) const { return words_.data() + word; }
  static std::size_t word_count(const Head& head) {
    const auto values = static_cast<std::size_t>(
        std::popcount(static_cast<std::uint16_t>(head.mask & static_cast<std::uint16_t>(~kWide))));
    return (head.mask & kWide) != 0 ? values * 2 : values;
  }
  // The counter's value in a row whose values start at `words`.
  static std::int64_t value(const Head& head, const std::uint32_t* words, Counter64 counter) {
    const auto bit = static_cast<std::uint16_t>(1U << static_cast<unsigned>(counter));
    if ((head.mask & bit) == 0) return 0;
    const auto below =
        static_cast<std::size_t>(std::popcount(static_cast<std::uint16_t>(head.mask & (bit - 1U))));
    if ((head.mask & kWide) == 0) return words[below];
    return static_cast<std::int64_t>(words[below * 2] |
                                     (static_cast<std::uint64_t>(words[below * 2 + 1]) << 32U));
  }
  static Counters counters(const Head& head, const std::uint32_t* words);

 private:
  friend class RowRunBuilder;
  std::vector<Group> groups_;
  std::vector<Head> heads_;
  std::vector<std::uint32_t> words_;
};
using RowRunPtr = std::shared_ptr<const RowRun>;

// Rows must be added in the run's order; equal neighbours must have been added up before.
class RowRunBuilder {
 public:
  void reserve(std::size_t rows, std::size_t words);
  // Rows whose counters are all zero are left out.
  void add(CampaignNumber campaign, SeriesId series, std::uint8_t minute, Slice slice,
           const Counters& counters);
  void add(CampaignNumber campaign, const RowRun::Head& head, const std::uint32_t* words);
  bool empty() const { return run_->heads_.empty(); }
  RowRunPtr finish();  // starts anew

 private:
  void begin_campaign(CampaignNumber campaign);
  std::shared_ptr<RowRun> run_ = std::make_shared<RowRun>();
};

// One run with the sums of both. Null runs count as empty.
RowRunPtr merge_runs(const RowRunPtr& a, const RowRunPtr& b);
// Of any number of runs, in about log2(n) passes.
RowRunPtr merge_runs(std::vector<RowRunPtr> runs, const std::function<void()>& between = {});

// Visits rows in order: Fn(campaign, head, words).
template <class Fn>
void for_each_row(const RowRun& run, Fn&& fn) {
  for (std::size_t g = 0; g < run.campaigns(); ++g) {
    const RowRun::Group& group = run.group(g);
    const std::uint32_t* words = run.words(group.word);
    const std::size_t end = run.group(g + 1).row;
    for (std::size_t row = group.row; row < end; ++row) {
      const RowRun::Head& head = run.head(row);
      fn(group.campaign, head, words);
      words += RowRun::word_count(head);
    }
  }
}

}  // namespace adbacus
