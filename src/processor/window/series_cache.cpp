#include "processor/window/series_cache.hpp"

#include <array>
#include <memory>
#include <utility>

#include "base/metrics.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kKeySeed = 0x61646261637573;  // any constant: keys never leave the process
constexpr std::size_t kInitialSlots = 1U << 12U;

// Packed fields that are dimensions, in the record's order. They form three runs, and a run's
// fields are adjacent in the record, so each run is hashed as one piece.
struct Run {
  std::size_t first;
  std::size_t last;
};
constexpr std::array<Run, 3> kRuns{
    Run{text_field::tenant, text_field::tenant},
    Run{text_field::campaign_id, text_field::device},
    Run{text_field::source, text_field::currency},
};
// device is followed by browser and metadata, which are no dimensions; source to currency is
// closed.
static_assert(text_field::device - text_field::campaign_id == 5);
static_assert(text_field::currency - text_field::source == 4);

void append_run(const PackedEvent& event, Run run, std::uint32_t& present, std::string& out) {
  const char* begin = nullptr;
  const char* end = nullptr;
  for (std::size_t i = run.first; i <= run.last; ++i) {
    const std::string_view field = event.packed[i];
    present = (present << 1U) | (field.empty() ? 0U : 1U);
    if (field.empty()) continue;
    if (begin == nullptr) begin = field.data();
    end = field.data() + field.size();
  }
  if (begin != nullptr) out.append(begin, end);
}

constexpr std::array<std::size_t, kSeriesDims> kFieldOfDim{
    text_field::tenant,       text_field::campaign_id,     text_field::placement_id,
    text_field::source,       text_field::conversion_type, text_field::currency,
    text_field::line_item_id, text_field::creative_id,     text_field::ad_id,
    text_field::publisher_id, text_field::country,         text_field::device};

Counter& other_events(Cube cube) {
  return counter("adbacus_processor_other_events_total",
                 "Events whose ids were over the bound of keys: they are counted in the row other",
                 std::string("cube=\"").append(cube_name(cube)).append("\""));
}

}  // namespace

SeriesCache::SeriesCache(SeriesTable& table) : table_(table), bound_(table) {
  resize(kInitialSlots);
}

Hash128 SeriesCache::key_of(const PackedEvent& event, std::string& scratch) {
  scratch.clear();
  std::uint32_t present = 0;
  for (const Run run : kRuns) append_run(event, run, present, scratch);
  // The mask tells which fields the bytes are, so different dimensions never give equal input.
  scratch.append(reinterpret_cast<const char*>(&present), sizeof present);
  return hash128(scratch, kKeySeed);
}

SeriesCache::Place SeriesCache::place(const Hash128& key, const PackedEvent& event,
                                      TimeUs log_time_us) {
  for (std::size_t at = key.low & mask_;; at = (at + 1) & mask_) {
    Slot& slot = slots_[at];
    if (slot.place.breakdown_slot == kFree) break;
    if (slot.key == key) return slot.place;
  }
  return find_place(key, event, log_time_us);
}

// Apart, so that place() stays small.
SeriesCache::Place SeriesCache::find_place(const Hash128& key, const PackedEvent& event,
                                           TimeUs log_time_us) {
  Series breakdown{.cube = Cube::breakdown, .dims = {}};
  Series traffic{.cube = Cube::traffic, .dims = {}};
  arena_.clear();
  for (std::size_t dim = 0; dim < kSeriesDims; ++dim) {
    breakdown.dims[dim] = unpack_text(event.packed[kFieldOfDim[dim]], arena_);
    if (dim < kTrafficDims) traffic.dims[dim] = breakdown.dims[dim];
  }
  const auto day = static_cast<Day>(floor_to(log_time_us, kDayUs) / kDayUs);
  const Row of_breakdown = resolve(breakdown, day);
  const Row of_traffic = resolve(traffic, day);
  const bool own = of_breakdown.own && of_traffic.own;
  Place made;
  made.breakdown = of_breakdown.series;
  made.traffic = of_traffic.series;
  made.breakdown_slot = breakdown_slot(made.breakdown, own);
  made.traffic_slot =
      traffic_slots_.try_emplace(made.traffic, static_cast<std::uint32_t>(traffic_slots_.size()))
          .first->second;
  if (!own) {  // on a later day there may be a place for it
    other_changed_ = other_keys_.add(key.high) || other_changed_;
    return made;
  }
  if (++used_ * 2 > mask_ + 1) resize((mask_ + 1) * 2);
  free_slot(key) = {key, made};
  return made;
}

SeriesCache::Row SeriesCache::resolve(Series& series, Day day) {
  const auto own = table_.intern_if(series, [&](Series& fresh) { return bound_.take(fresh, day); });
  if (own) return {*own, true};
  static std::array<Counter*, 2> events{&other_events(Cube::traffic),
                                        &other_events(Cube::breakdown)};
  events[static_cast<std::size_t>(series.cube)]->add(1);
  std::string name(cube_name(series.cube));
  for (const SeriesDim kept : {SeriesDim::currency, SeriesDim::tenant}) {
    name.append(1, '|').append(series.dims[static_cast<std::size_t>(kept)]);
  }
  const auto [at, added] = others_.try_emplace(std::move(name));
  if (added) at->second = table_.intern(other_series(series));
  return {at->second, false};
}

std::uint32_t SeriesCache::breakdown_slot(SeriesId series, bool cached) {
  if (const auto loose = loose_slots_.find(series); loose != loose_slots_.end()) {
    return loose->second;
  }
  const std::uint32_t slot = breakdown_slots_++;
  if (!cached) loose_slots_.emplace(series, slot);
  return slot;
}

void SeriesCache::show_other() {
  if (!std::exchange(other_changed_, false)) return;
  static Gauge& keys = gauge("adbacus_processor_other_keys",
                             "Combinations of ids over the bound since the start, approximately");
  keys.set(static_cast<std::int64_t>(other_keys_.estimate()));
}

SeriesCache::Slot& SeriesCache::free_slot(const Hash128& key) {
  std::size_t at = key.low & mask_;
  while (slots_[at].place.breakdown_slot != kFree) at = (at + 1) & mask_;
  return slots_[at];
}

void SeriesCache::resize(std::size_t slots) {
  const HugeBlock old_memory = std::move(memory_);
  const Slot* old = slots_;
  const std::size_t old_slots = old == nullptr ? 0 : mask_ + 1;
  memory_ = HugeBlock(slots * sizeof(Slot));
  slots_ = static_cast<Slot*>(memory_.data());
  mask_ = slots - 1;
  Slot free;
  free.place.breakdown_slot = kFree;
  std::uninitialized_fill_n(slots_, slots, free);
  for (std::size_t i = 0; i < old_slots; ++i) {
    if (old[i].place.breakdown_slot != kFree) free_slot(old[i].key) = old[i];
  }
}

}  // namespace adbacus
