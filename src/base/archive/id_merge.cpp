#include "base/archive/id_merge.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace adbacus {
namespace {

constexpr std::size_t kBatch = 4096;

// The ids of some generations in one rising order, each key once.
class MergedIds {
 public:
  MergedIds(std::span<const IdGenerationPtr> from, std::uint32_t oldest_period)
      : oldest_period_(oldest_period) {
    for (const IdGenerationPtr& generation : from) inputs_.emplace_back(generation);
  }

  // Replaces `out` by the next ids; empty at the end.
  Result<void> next(std::vector<ArchivedId>& out) {
    out.clear();
    while (out.size() < kBatch) {
      Input* least = nullptr;
      for (Input& input : inputs_) {
        if (auto there = input.refill(); !there) return there;
        if (input.at < input.ids.size() && (least == nullptr || input.head() < least->head())) {
          least = &input;
        }
      }
      if (least == nullptr) break;
      take(*least, out);
    }
    if (out.empty() && held_) out.push_back(*std::exchange(held_, std::nullopt));
    return {};
  }

 private:
  struct Input {
    explicit Input(IdGenerationPtr generation) : cursor(std::move(generation)) {}
    IdGeneration::Cursor cursor;
    std::vector<ArchivedId> ids = {};
    std::size_t at = 0;
    bool ended = false;

    const ArchivedId& head() const { return ids[at]; }
    Result<void> refill() {
      if (at < ids.size() || ended) return {};
      at = 0;
      auto read = cursor.next(ids);
      ended = ids.empty();
      return read;
    }
  };

  // An id is held back until the next one shows that it is another.
  void take(Input& input, std::vector<ArchivedId>& out) {
    const ArchivedId& id = input.ids[input.at++];
    if (id.period < oldest_period_) return;
    if (held_ && held_->same_key(id)) {
      held_->period = std::min(held_->period, id.period);
      return;
    }
    if (held_) out.push_back(*held_);
    held_ = id;
  }

  std::optional<ArchivedId> held_;
  std::uint32_t oldest_period_;
  std::vector<Input> inputs_;
};

}  // namespace

std::optional<IdMergePlan> plan_id_merge(std::span<const IdGenerationSize> generations,
                                         std::uint32_t period, std::uint32_t window_periods,
                                         std::size_t growing_max) {
  const std::uint32_t quarter = std::max(window_periods / 4, 1U);
  const auto quarter_of = [&](std::size_t i) { return generations[i].last_period / quarter; };
  for (std::size_t begin = 0, end = 0; begin < generations.size(); begin = end) {
    // Half of its filter and of its file would be waste.
    const IdGenerationSize& first = generations[begin];
    if (first.alive > 0 && first.alive * 2 < first.ids) return IdMergePlan{begin, begin + 1};
    for (end = begin + 1; end < generations.size() && quarter_of(end) == quarter_of(begin);) ++end;
    const bool is_over = quarter_of(begin) < period / quarter;
    if (end - begin <= (is_over ? 1 : growing_max)) continue;
    if (is_over) return IdMergePlan{begin, end};
    // From the youngest on, as long as the next one is not much larger than all that were taken.
    std::size_t from = end - 2;
    std::uint64_t taken = generations[end - 1].ids + generations[end - 2].ids;
    while (from > begin && generations[from - 1].ids <= 2 * taken) {
      taken += generations[--from].ids;
    }
    return IdMergePlan{from, end};
  }
  return std::nullopt;
}

Result<IdGenerationInfo> merge_id_generations(FileSystem& fs, const std::string& path,
                                              std::span<const IdGenerationPtr> from,
                                              const std::string& label, std::uint32_t period,
                                              std::uint32_t window_periods,
                                              const std::function<bool()>& go_on) {
  assert(!from.empty());
  const std::uint32_t oldest = period - std::min(period, window_periods);
  IdGenerationInfo info;
  info.first_period = from.front()->info().first_period;
  std::uint64_t ids_max = 0;
  for (const IdGenerationPtr& generation : from) {
    info.first_period = std::min(info.first_period, generation->info().first_period);
    info.last_period = std::max(info.last_period, generation->info().last_period);
    ids_max += generation->info().alive(period, window_periods);
  }
  info.first_period = std::min(std::max(info.first_period, oldest), info.last_period);
  info.label = label;
  auto writer = IdGenerationWriter::create(fs, path, info, ids_max);
  if (!writer) return writer.error();
  MergedIds merged(from, std::max(oldest, info.first_period));
  std::vector<ArchivedId> ids;
  do {
    if (!go_on()) return Error{ErrorCode::unavailable, "a merge of ids was given up"};
    auto read = merged.next(ids);
    if (read) read = writer->add(ids);
    if (!read) return read.error();
  } while (!ids.empty());
  return writer->finish();
}

}  // namespace adbacus
