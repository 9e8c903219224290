#include "processor/window/series_cache.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/metrics.hpp"

namespace adbacus {
namespace {

constexpr std::uint64_t kKeySeed = 0x61646261637573;  // any constant: keys never leave the process
constexpr std::uint64_t kAttributedSeed = kKeySeed + 1;
constexpr std::size_t kInitialSlots = 1U << 12U;

Day day_of(TimeUs log_time_us) {
  return static_cast<Day>(floor_to(log_time_us, kDayUs) / kDayUs);
}

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

const SeriesCache::Slot* SeriesCache::find_slot(const Hash128& key) const {
  for (std::size_t at = key.low & mask_;; at = (at + 1) & mask_) {
    const Slot& slot = slots_[at];
    if (slot.place.breakdown_slot == kFree) return nullptr;
    if (slot.key == key) return &slot;
  }
}

SeriesCache::Place SeriesCache::place(const Hash128& key, const PackedEvent& event,
                                      TimeUs log_time_us) {
  if (const Slot* const slot = find_slot(key)) return slot->place;
  return find_place(key, event, log_time_us);
}

// Apart, so that place() stays small.
SeriesCache::Place SeriesCache::find_place(const Hash128& key, const PackedEvent& event,
                                           TimeUs log_time_us) {
  return make_place(key, breakdown_of(event), log_time_us);
}

Series SeriesCache::breakdown_of(const PackedEvent& event) {
  Series breakdown{.cube = Cube::breakdown, .dims = {}};
  arena_.clear();
  for (std::size_t dim = 0; dim < kSeriesDims; ++dim)
    breakdown.dims[dim] = unpack_text(event.packed[kFieldOfDim[dim]], arena_);
  return breakdown;
}

SeriesCache::Place SeriesCache::make_place(const Hash128& key, Series breakdown,
                                           TimeUs log_time_us) {
  Series traffic{.cube = Cube::traffic, .dims = {}};
  std::copy_n(breakdown.dims.begin(), kTrafficDims, traffic.dims.begin());
  const Day day = day_of(log_time_us);
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

SeriesId SeriesCache::known_breakdown(const PackedEvent& event, TimeUs log_time_us) {
  Series breakdown = breakdown_of(event);
  const auto own = table_.intern_if(breakdown, [](Series&) { return false; });
  const auto had_place = [&](SeriesId id) {
    const Day first = table_.get(id).first_day;
    return first == kNoDay || first <= day_of(log_time_us);
  };
  return own && had_place(*own) ? *own : other_of(breakdown);
}

SeriesCache::Place SeriesCache::place_attributed(SeriesId touched, SeriesId conversion,
                                                 TimeUs log_time_us) {
  const Series& from = table_.get(conversion);
  Series series{.cube = Cube::breakdown, .dims = table_.get(touched).dims};
  for (const SeriesDim dim : {SeriesDim::currency, SeriesDim::conversion_type})
    series.dims[static_cast<std::size_t>(dim)] = from.dims[static_cast<std::size_t>(dim)];
  if (is_other(table_.get(touched))) series = other_series(series);
  // By what comes out: touches that differ in their own currency share a place.
  std::string text;
  for (const std::string& dim : series.dims) text.append(dim).append(1, '\0');
  const Hash128 key = hash128(text, kAttributedSeed);
  if (const Slot* const slot = find_slot(key)) return slot->place;
  return make_place(key, std::move(series), log_time_us);
}

SeriesCache::Row SeriesCache::resolve(Series& series, Day day) {
  if (is_other(series)) return {other_of(series), false};
  const auto own = table_.intern_if(series, [&](Series& fresh) { return bound_.take(fresh, day); });
  if (own) return {*own, true};
  static std::array<Counter*, 2> events{&other_events(Cube::traffic),
                                        &other_events(Cube::breakdown)};
  events[static_cast<std::size_t>(series.cube)]->add(1);
  return {other_of(series), false};
}

SeriesId SeriesCache::other_of(const Series& series) {
  std::string name(cube_name(series.cube));
  for (const SeriesDim kept : {SeriesDim::currency, SeriesDim::tenant}) {
    name.append(1, '|').append(series.dims[static_cast<std::size_t>(kept)]);
  }
  const auto [at, added] = others_.try_emplace(std::move(name));
  if (added) at->second = table_.intern(other_series(series));
  return at->second;
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
