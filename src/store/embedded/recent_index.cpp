#include "store/embedded/recent_index.hpp"

#include <algorithm>

namespace adbacus {
namespace {

constexpr Period kNever = std::numeric_limits<Period>::max();

RecentIndex::BlockPtr block_of(std::vector<RowRunPtr> runs) {
  auto block = std::make_shared<RecentIndex::Block>();
  for (const RowRunPtr& run : runs) {
    block->rows += run->rows();
    block->bytes += run->bytes();
  }
  block->runs = std::move(runs);
  return block;
}

// Each run stays at least twice as large as the next, so a block has few runs and a row is copied a
// logarithmic number of times.
RecentIndex::BlockPtr with_run(const RecentIndex::BlockPtr& block, RowRunPtr run) {
  std::vector<RowRunPtr> runs;
  if (block) runs = block->runs;
  while (!runs.empty() && runs.back()->rows() < 2 * run->rows()) {
    run = merge_runs(runs.back(), run);
    runs.pop_back();
  }
  runs.push_back(std::move(run));
  return block_of(std::move(runs));
}

}  // namespace

RecentIndex::RecentIndex(RecentIndexOptions options) : options_(options) {
  of(RowKind::traffic_minute).horizon = options.minute_hours;
  of(RowKind::traffic_hour).horizon = options.hour_hours;
  of(RowKind::breakdown_hour).horizon = options.hour_hours;
  for (Kind& kind : kinds_) {
    if (kind.horizon > 0) continue;
    kind.kept_from = kNever;
    kind.covered_from = kNever;
  }
}

void RecentIndex::stored_until(RowKind kind, Period end) {
  of(kind).covered_from = std::max(of(kind).covered_from.load(), end);
}

void RecentIndex::start_at(Period now_hour) {
  {
    const std::lock_guard change(change_mutex_);
    now_hour_ = now_hour;
  }
  evict();
}

RecentIndex::Table* RecentIndex::find(TableNumber table) const {
  const std::shared_lock lock(tables_mutex_);
  return table < tables_.size() ? tables_[table].get() : nullptr;
}

RecentIndex::Table& RecentIndex::make(TableNumber table) {
  if (Table* found = find(table); found != nullptr) return *found;
  const std::unique_lock lock(tables_mutex_);
  if (table >= tables_.size()) tables_.resize(table + 1);
  tables_[table] = std::make_unique<Table>();
  return *tables_[table];
}

void RecentIndex::replace(Kind& kind, const BlockPtr& old, const BlockPtr& with) {
  if (with) {
    kind.rows += with->rows;
    kind.bytes += with->bytes;
  }
  if (old) {
    kind.rows -= old->rows;
    kind.bytes -= old->bytes;
  }
}

void RecentIndex::install(std::span<const BlockRun> runs) {
  Table& table = make(runs.front().key.table);
  // Only this thread changes the table (change_mutex_), so it may read it unlocked.
  std::vector<BlockPtr> blocks;
  for (const BlockRun& run : runs) {
    if (run.key.hour < of(run.key.kind).kept_from) {
      blocks.push_back(nullptr);
      continue;
    }
    const Hours& hours = table.hours[static_cast<std::size_t>(run.key.kind)];
    const auto found = hours.find(run.key.hour);
    blocks.push_back(with_run(found == hours.end() ? nullptr : found->second, run.run));
  }
  const std::lock_guard lock(table.mutex);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (!blocks[i]) continue;
    BlockPtr& slot = table.hours[static_cast<std::size_t>(runs[i].key.kind)][runs[i].key.hour];
    replace(of(runs[i].key.kind), slot, blocks[i]);
    slot.swap(blocks[i]);  // the old block is freed after the lock
  }
}

void RecentIndex::add(const FactRuns& runs, Period now_hour) {
  const std::lock_guard change(change_mutex_);
  for (std::size_t i = 0; i < runs.size();) {
    std::size_t end = i + 1;
    while (end < runs.size() && runs[end].key.table == runs[i].key.table) ++end;
    install(std::span(runs).subspan(i, end - i));
    i = end;
  }
  if (now_hour > now_hour_) {
    if (now_hour_ != std::numeric_limits<Period>::min()) settle_hours(now_hour_ - 1, now_hour);
    now_hour_ = now_hour;
  }
}

// Hours in [from, to) are over for most events: one run each is the quickest to read.
void RecentIndex::settle_hours(Period from, Period to) {
  for (std::size_t number = 0; number < tables_.size(); ++number) {
    Table* table = tables_[number].get();
    if (table == nullptr) continue;
    for (std::size_t k = 0; k < kRowKinds; ++k) {
      Hours& hours = table->hours[k];
      for (auto at = hours.lower_bound(from); at != hours.end() && at->first < to; ++at) {
        if (at->second->runs.size() < 2) continue;
        BlockPtr merged = block_of({merge_runs(at->second->runs)});
        const std::lock_guard lock(table->mutex);
        replace(kinds_[k], at->second, merged);
        at->second.swap(merged);
      }
    }
  }
}

void RecentIndex::load(RowKind kind, Period from, const FactRuns& runs) {
  const std::lock_guard change(change_mutex_);
  from = std::max(from, of(kind).kept_from.load());
  for (std::size_t i = 0; i < runs.size();) {
    std::size_t end = i + 1;
    while (end < runs.size() && runs[end].key.table == runs[i].key.table) ++end;
    install(std::span(runs).subspan(i, end - i));
    i = end;
  }
  of(kind).covered_from = std::min(of(kind).covered_from.load(), from);
}

void RecentIndex::evict() {
  const std::lock_guard change(change_mutex_);
  for (std::size_t k = 0; k < kRowKinds; ++k) {
    const Period horizon = kinds_[k].horizon;
    if (horizon == 0 || now_hour_ < std::numeric_limits<Period>::min() + horizon) continue;
    raise(static_cast<RowKind>(k), now_hour_ - horizon);
  }
  while (bytes() > options_.bytes_max) {
    std::size_t most = 0;
    for (std::size_t k = 1; k < kRowKinds; ++k) {
      if (kinds_[k].bytes > kinds_[most].bytes) most = k;
    }
    const Period oldest = oldest_hour(static_cast<RowKind>(most));
    if (oldest == kNever) break;
    raise(static_cast<RowKind>(most), oldest + 1);
  }
}

Period RecentIndex::oldest_hour(RowKind kind) const {
  Period oldest = kNever;
  for (const auto& table : tables_) {
    if (!table) continue;
    const Hours& hours = table->hours[static_cast<std::size_t>(kind)];
    if (!hours.empty()) oldest = std::min(oldest, hours.begin()->first);
  }
  return oldest;
}

// Readers look at covered_from after they have taken their blocks, so raising it first keeps them
// from taking a gap for an empty hour.
void RecentIndex::raise(RowKind kind, Period from) {
  Kind& state = of(kind);
  if (from <= state.kept_from) return;
  state.kept_from = from;
  state.covered_from = std::max(state.covered_from.load(), from);
  for (const auto& table : tables_) {
    if (!table) continue;
    Hours& hours = table->hours[static_cast<std::size_t>(kind)];
    std::vector<BlockPtr> dropped;
    const std::lock_guard lock(table->mutex);
    while (!hours.empty() && hours.begin()->first < from) {
      replace(state, hours.begin()->second, nullptr);
      dropped.push_back(std::move(hours.begin()->second));
      hours.erase(hours.begin());
    }
  }
}

bool RecentIndex::collect(TableNumber number, std::span<const Wanted> wanted,
                          std::vector<BlockPtr>& out) const {
  out.assign(wanted.size(), nullptr);
  if (const Table* table = find(number); table != nullptr) {
    const std::lock_guard lock(table->mutex);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const Hours& hours = table->hours[static_cast<std::size_t>(wanted[i].first)];
      const auto found = hours.find(wanted[i].second);
      if (found != hours.end()) out[i] = found->second;
    }
  }
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const Wanted& want) { return want.second >= covered_from(want.first); });
}

std::size_t RecentIndex::rows() const {
  std::size_t sum = 0;
  for (const Kind& kind : kinds_) sum += kind.rows;
  return sum;
}

std::size_t RecentIndex::bytes() const {
  std::size_t sum = 0;
  for (const Kind& kind : kinds_) sum += kind.bytes;
  return sum;
}

}  // namespace adbacus
