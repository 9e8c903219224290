#include "store/embedded/row_run.hpp"

#include <bit>
#include <cassert>
#include <limits>
#include <tuple>

#include "base/breather.hpp"

namespace adbacus {
namespace {

// Walks a run row by row, knowing the campaign it is in.
class Cursor {
 public:
  explicit Cursor(const RowRun& run) : run_(run), words_(run.words(0)) {}

  bool done() const { return row_ == run_.rows(); }
  std::size_t row() const { return row_; }
  CampaignNumber campaign() const { return run_.group(group_).campaign; }
  const RowRun::Head& head() const { return run_.head(row_); }
  const std::uint32_t* words() const { return words_; }
  void next() {
    words_ += RowRun::word_count(head());
    ++row_;
    while (group_ < run_.campaigns() && run_.group(group_ + 1).row <= row_) ++group_;
  }
  auto key() const {
    const RowRun::Head& at = head();
    return std::tuple(campaign(), at.series, at.minute, at.slice);
  }

 private:
  const RowRun& run_;
  std::size_t group_ = 0;
  std::size_t row_ = 0;
  const std::uint32_t* words_;
};

// Merging a block is long work.
void breathe_at(std::size_t row) {
  constexpr std::size_t kBreatheRows = 1024;
  if (row % kBreatheRows == 0) breathe();
}

void copy_row(RowRunBuilder& out, Cursor& from) {
  breathe_at(from.row());
  out.add(from.campaign(), from.head(), from.words());
  from.next();
}

}  // namespace

std::size_t RowRun::find(CampaignNumber campaign) const {
  const auto end = groups_.end() - 1;
  const auto at = std::lower_bound(
      groups_.begin(), end, campaign,
      [](const Group& group, CampaignNumber wanted) { return group.campaign < wanted; });
  if (at == end || at->campaign != campaign) return campaigns();
  return static_cast<std::size_t>(at - groups_.begin());
}

Counters RowRun::counters(const Head& head, const std::uint32_t* words) {
  Counters result;
  const bool wide = (head.mask & kWide) != 0;
  for (unsigned bits = head.mask & ~unsigned{kWide}; bits != 0; bits &= bits - 1) {
    std::uint64_t value = *words++;
    if (wide) value |= static_cast<std::uint64_t>(*words++) << 32U;
    result.v[static_cast<std::size_t>(std::countr_zero(bits))] = static_cast<std::int64_t>(value);
  }
  return result;
}

void RowRunBuilder::reserve(std::size_t rows, std::size_t words) {
  run_->heads_.reserve(rows);
  run_->words_.reserve(words);
}

void RowRunBuilder::begin_campaign(CampaignNumber campaign) {
  auto& groups = run_->groups_;
  if (!groups.empty() && groups.back().campaign == campaign) return;
  assert(groups.empty() || groups.back().campaign < campaign);
  groups.push_back({campaign, static_cast<std::uint32_t>(run_->heads_.size()),
                    static_cast<std::uint32_t>(run_->words_.size())});
}

void RowRunBuilder::add(CampaignNumber campaign, SeriesId series, std::uint8_t minute, Slice slice,
                        const Counters& counters) {
  unsigned mask = 0;
  std::uint64_t all = 0;  // a negative value has high bits too
  for (std::size_t i = 0; i < kCounters; ++i) {
    mask |= static_cast<unsigned>(counters.v[i] != 0) << i;
    all |= static_cast<std::uint64_t>(counters.v[i]);
  }
  if (mask == 0) return;
  begin_campaign(campaign);
  const bool wide = all > std::numeric_limits<std::uint32_t>::max();
  run_->heads_.push_back(
      {series, minute, slice, static_cast<std::uint16_t>(wide ? mask | RowRun::kWide : mask)});
  for (; mask != 0; mask &= mask - 1) {
    const auto value =
        static_cast<std::uint64_t>(counters.v[static_cast<std::size_t>(std::countr_zero(mask))]);
    run_->words_.push_back(static_cast<std::uint32_t>(value));
    if (wide) run_->words_.push_back(static_cast<std::uint32_t>(value >> 32U));
  }
}

void RowRunBuilder::add(CampaignNumber campaign, const RowRun::Head& head,
                        const std::uint32_t* words) {
  begin_campaign(campaign);
  run_->heads_.push_back(head);
  run_->words_.insert(run_->words_.end(), words, words + RowRun::word_count(head));
}

RowRunPtr RowRunBuilder::finish() {
  auto& run = *run_;
  assert(run.words_.size() <= std::numeric_limits<std::uint32_t>::max());
  run.groups_.push_back({std::numeric_limits<CampaignNumber>::max(),
                         static_cast<std::uint32_t>(run.heads_.size()),
                         static_cast<std::uint32_t>(run.words_.size())});
  // Runs live for days: give back what reserving guessed too much.
  if (run.heads_.capacity() > run.heads_.size() + run.heads_.size() / 8) run.heads_.shrink_to_fit();
  if (run.words_.capacity() > run.words_.size() + run.words_.size() / 8) run.words_.shrink_to_fit();
  run.groups_.shrink_to_fit();
  RowRunPtr result = std::move(run_);
  run_ = std::make_shared<RowRun>();
  return result;
}

RowRunPtr merge_runs(const RowRunPtr& a, const RowRunPtr& b) {
  if (!a || a->rows() == 0) return b;
  if (!b || b->rows() == 0) return a;
  RowRunBuilder out;
  out.reserve(a->rows() + b->rows(), a->group(a->campaigns()).word + b->group(b->campaigns()).word);
  Cursor left(*a);
  Cursor right(*b);
  while (!left.done() && !right.done()) {
    const auto left_key = left.key();
    const auto right_key = right.key();
    if (left_key < right_key) {
      copy_row(out, left);
    } else if (right_key < left_key) {
      copy_row(out, right);
    } else {
      breathe_at(left.row());
      Counters sum = RowRun::counters(left.head(), left.words());
      sum.add(RowRun::counters(right.head(), right.words()));
      const RowRun::Head& head = left.head();
      out.add(left.campaign(), head.series, head.minute, head.slice, sum);
      left.next();
      right.next();
    }
  }
  while (!left.done()) copy_row(out, left);
  while (!right.done()) copy_row(out, right);
  return out.finish();
}

RowRunPtr merge_runs(std::vector<RowRunPtr> runs, const std::function<void()>& between) {
  while (runs.size() > 1) {
    std::vector<RowRunPtr> half;
    for (std::size_t i = 0; i + 1 < runs.size(); i += 2) {
      half.push_back(merge_runs(runs[i], runs[i + 1]));
      if (between) between();
    }
    if (runs.size() % 2 == 1) half.push_back(runs.back());
    runs = std::move(half);
  }
  return runs.empty() ? RowRunBuilder().finish() : runs.front();
}

}  // namespace adbacus
