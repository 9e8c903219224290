#include "base/id_window.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/id_spread.hpp"
#include "base/id_window_segment.hpp"
#include "base/parallel.hpp"

namespace adbacus {
namespace {

// The same for ids out of piles, whose lines are mostly near.
constexpr std::size_t kPileAhead = 8;
// How many keys ahead their lines are asked for: as many as a core can have on the way at once.
constexpr std::size_t kAhead = 20;
// 2^26 segments of 2 MiB are more than any machine has. Only keys that are not hashes get there.
constexpr unsigned kDepthMax = 26;
constexpr unsigned kReserveDepthMax = 12;  // 8 GiB; what is more grows as it comes

// How deep the segment at `place` (0 to 1) must lie so that its share of the keys fits into it.
unsigned depth_for(double keys, double segment_keys, double place) {
  unsigned depth = 0;
  for (; depth < kReserveDepthMax; ++depth) {
    const double width = std::ldexp(1.0, -static_cast<int>(depth));
    const double from = std::floor(place / width) * width;
    const double share = id_share_below(from + width) - id_share_below(from);
    if (share * keys <= segment_keys) break;
  }
  return depth;
}

}  // namespace

struct IdWindow::Table {
  struct LeftOver {
    PackedId id;
    std::uint32_t period;
  };
  std::uint32_t window_periods;
  unsigned bucket_bits;
  unsigned depth = 0;  // the directory has 2^depth entries
  std::uint32_t now = 0;
  std::size_t size = 0;
  std::size_t next_to_forget_in = 0;
  std::vector<std::unique_ptr<IdWindowSegment>> segments = {};
  std::vector<IdWindowSegment*> directory = {};

  std::size_t index_of(const Hash128& key) const {
    return depth == 0 ? 0 : static_cast<std::size_t>(id_spread(key.high) >> (64 - depth));
  }
  [[gnu::always_inline]] void prefetch(std::span<const Hash128> keys) const {
    for (const Hash128& key : keys) directory[index_of(key)]->prefetch(key);
  }
  void advance(std::uint32_t period) {
    assert(period >= now);
    now = period;
  }
  bool put(const Hash128& key, std::uint32_t seen);
  std::size_t size_of_pile(unsigned bits, std::size_t pile) const;
  std::size_t restore_pile(std::span<const IdPiles* const> piles, std::size_t pile,
                           std::vector<LeftOver>& left_over);
  void forget_in_one();
  void make_room(const Hash128& key);
  void split(const Hash128& key);
};

// Returns whether the key was known.
bool IdWindow::Table::put(const Hash128& key, std::uint32_t seen) {
  for (;;) {
    IdWindowSegment& segment = *directory[index_of(key)];
    if (!segment.ready_for(now)) size -= segment.forget_expired(now);
    const std::size_t before = segment.size();
    const IdWindowSegment::Put put = segment.put(key, seen, now);
    size += segment.size() - before;
    if (put != IdWindowSegment::Put::full) return put == IdWindowSegment::Put::known;
    make_room(key);
  }
}

// One segment a batch: otherwise all of them would be due in the same moment.
void IdWindow::Table::forget_in_one() {
  next_to_forget_in = (next_to_forget_in + 1) % segments.size();
  IdWindowSegment& segment = *segments[next_to_forget_in];
  if (segment.is_forgetting_due(now)) size -= segment.forget_expired(now);
}

// Sweeping frees something or the segment is split, so put() ends.
void IdWindow::Table::make_room(const Hash128& key) {
  IdWindowSegment& segment = *directory[index_of(key)];
  const std::size_t freed = segment.sweep(now);
  size -= freed;
  // A sweep must pay for at least a quarter of the segment's next inserts.
  const bool is_roomy = segment.size() < segment.size_max() / 4 * 3;
  if (freed == 0 || !is_roomy) split(key);
}

void IdWindow::Table::split(const Hash128& key) {
  IdWindowSegment* segment = directory[index_of(key)];
  if (segment->depth() == depth) {
    assert(depth < kDepthMax);
    std::vector<IdWindowSegment*> doubled(directory.size() * 2);
    for (std::size_t i = 0; i < doubled.size(); ++i) doubled[i] = directory[i / 2];
    directory = std::move(doubled);
    ++depth;
  }
  const std::size_t entries = std::size_t{1} << (depth - segment->depth());
  const std::size_t first = index_of(key) & ~(entries - 1);
  segments.push_back(
      std::make_unique<IdWindowSegment>(bucket_bits, window_periods, now, segment->depth()));
  segment->split_into(*segments.back(), now);
  std::fill_n(directory.begin() + static_cast<std::ptrdiff_t>(first + entries / 2), entries / 2,
              segments.back().get());
}

IdWindow::IdWindow(std::uint32_t window_periods, unsigned bucket_bits)
    : table_(std::make_unique<Table>(
          Table{.window_periods = window_periods, .bucket_bits = bucket_bits})) {
  assert(window_periods >= 1 && window_periods <= 250);
  table_->segments.push_back(std::make_unique<IdWindowSegment>(bucket_bits, window_periods, 0, 0U));
  table_->directory.push_back(table_->segments.front().get());
}

IdWindow::~IdWindow() = default;
IdWindow::IdWindow(IdWindow&&) noexcept = default;
IdWindow& IdWindow::operator=(IdWindow&&) noexcept = default;

void IdWindow::check_and_insert(std::span<const Hash128> keys, std::uint32_t period,
                                std::span<std::uint8_t> known) {
  assert(known.size() >= keys.size());
  Table& table = *table_;
  table.advance(period);
  table.forget_in_one();
  table.prefetch(keys.first(std::min(kAhead, keys.size())));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i + kAhead < keys.size()) table.prefetch(keys.subspan(i + kAhead, 1));
    known[i] = static_cast<std::uint8_t>(table.put(keys[i], period));
  }
}

bool IdWindow::contains(const Hash128& key, std::uint32_t period) const {
  return table_->directory[table_->index_of(key)]->contains(key, period);
}

void IdWindow::find(std::span<const Hash128> keys, std::uint32_t period,
                    std::span<std::uint8_t> found) const {
  const Table& table = *table_;
  table.prefetch(keys.first(std::min(kAhead, keys.size())));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i + kAhead < keys.size()) table.prefetch(keys.subspan(i + kAhead, 1));
    if (contains(keys[i], period)) found[i] = 1;
  }
}

// Segments lie in the directory by the top bits of their keys.
Result<void> IdWindow::visit_sorted(
    std::uint32_t period,
    const std::function<Result<void>(std::span<const ArchivedId>)>& visit) const {
  assert(table_->bucket_bits >= 15);
  const IdWindowSegment* last = nullptr;
  std::vector<ArchivedId> ids;
  for (const IdWindowSegment* segment : table_->directory) {
    if (segment == last) continue;
    last = segment;
    ids.clear();
    segment->collect(period, ids);
    std::sort(ids.begin(), ids.end());
    if (auto visited = visit(ids); !visited) return visited;
  }
  return {};
}

void IdWindow::restore(std::span<const Hash128> keys, std::uint32_t seen_period,
                       std::uint32_t now_period) {
  Table& table = *table_;
  table.now = std::max(table.now, now_period);
  if (std::int64_t{seen_period} + table.window_periods < table.now) return;
  const std::uint32_t seen = std::min(seen_period, table.now);
  table.prefetch(keys.first(std::min(kAhead, keys.size())));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i + kAhead < keys.size()) table.prefetch(keys.subspan(i + kAhead, 1));
    table.put(keys[i], seen);
  }
}

// The keys in those entries of the directory that the pile's keys lead to.
std::size_t IdWindow::Table::size_of_pile(unsigned bits, std::size_t pile) const {
  const std::size_t entries = std::size_t{1} << (depth - bits);
  std::size_t sum = 0;
  for (std::size_t i = pile * entries; i < (pile + 1) * entries; ++i) {
    if (i == pile * entries || directory[i] != directory[i - 1]) sum += directory[i]->size();
  }
  return sum;
}

// Returns how many keys were inserted. Once a segment is full all further ids are left over, so
// that they can come in the same order later; nothing but the pile's own segments is changed.
std::size_t IdWindow::Table::restore_pile(std::span<const IdPiles* const> piles, std::size_t pile,
                                          std::vector<LeftOver>& left_over) {
  const unsigned bits = piles.front()->bits();
  const std::size_t before = size_of_pile(bits, pile);
  const auto put_run = [&](std::span<const PackedId> ids, std::uint32_t period) {
    if (std::int64_t{period} + window_periods < now) return;
    const std::uint32_t seen = std::min(period, now);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i + kPileAhead < ids.size()) {
        const Hash128 ahead = ids[i + kPileAhead].key();
        directory[index_of(ahead)]->prefetch(ahead);
      }
      const Hash128 key = ids[i].key();
      if (!left_over.empty() ||
          directory[index_of(key)]->put(key, seen, now) == IdWindowSegment::Put::full) {
        left_over.push_back({ids[i], seen});
      }
    }
  };
  for (const IdPiles* stretch : piles) stretch->visit(pile, put_run);
  return size_of_pile(bits, pile) - before;
}

void IdWindow::restore(std::span<const IdPiles* const> piles, std::uint32_t now_period,
                       unsigned threads) {
  if (piles.empty()) return;
  std::size_t keys = 0;
  for (const IdPiles* stretch : piles) keys += stretch->size();
  reserve(keys, now_period);
  Table& table = *table_;
  table.now = std::max(table.now, now_period);
  for (const auto& segment : table.segments) {
    if (!segment->ready_for(table.now)) table.size -= segment->forget_expired(table.now);
  }
  const unsigned bits = piles.front()->bits();
  assert(bits <= pile_bits());
  const std::size_t count = std::size_t{1} << bits;
  std::vector<std::size_t> inserted(count);
  std::vector<std::vector<Table::LeftOver>> left_over(count);
  run_parallel(threads, count, [&](std::size_t pile) {
    inserted[pile] = table.restore_pile(piles, pile, left_over[pile]);
  });
  for (const std::size_t more : inserted) table.size += more;
  for (const auto& ids : left_over) {
    for (const auto& [id, period] : ids) restore(id.key(), period, table.now);
  }
}

unsigned IdWindow::pile_bits() const {
  unsigned least = IdPiles::kBitsMax;
  for (const auto& segment : table_->segments) least = std::min(least, segment->depth());
  return least;
}

void IdWindow::reserve(std::size_t keys, std::uint32_t now_period) {
  Table& table = *table_;
  if (table.size != 0 || table.depth != 0) return;
  table.now = std::max(table.now, now_period);
  // Segments differ by some standard deviations, of a quarter per cent. Room for more would be
  // memory that is cleared before the first event is taken.
  const auto segment_keys = static_cast<double>(table.segments.front()->size_max()) / 64 * 63;
  table.segments.clear();
  std::vector<unsigned> depths;
  for (double place = 0; place < 1; place += std::ldexp(1.0, -static_cast<int>(depths.back()))) {
    depths.push_back(depth_for(static_cast<double>(keys), segment_keys, place));
    table.depth = std::max(table.depth, depths.back());
    table.segments.push_back(std::make_unique<IdWindowSegment>(
        table.bucket_bits, table.window_periods, table.now, depths.back()));
  }
  table.directory.clear();
  for (std::size_t i = 0; i < depths.size(); ++i) {
    table.directory.insert(table.directory.end(), std::size_t{1} << (table.depth - depths[i]),
                           table.segments[i].get());
  }
}

void IdWindow::erase(std::span<const Hash128> keys) {
  for (const Hash128& key : keys) {
    if (table_->directory[table_->index_of(key)]->erase(key)) --table_->size;
  }
}

std::size_t IdWindow::size() const {
  return table_->size;
}

std::size_t IdWindow::memory_bytes() const {
  std::size_t total = table_->directory.capacity() * sizeof(IdWindowSegment*);
  for (const auto& segment : table_->segments) total += segment->memory_bytes();
  return total;
}

}  // namespace adbacus
