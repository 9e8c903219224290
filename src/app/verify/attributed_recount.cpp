#include "app/verify/attributed_recount.hpp"

#include "processor/attribution/attributed_rows.hpp"

namespace adbacus {
namespace {

constexpr std::size_t at(SeriesDim dim) {
  return static_cast<std::size_t>(dim);
}

}  // namespace

AttributedRecount::AttributedRecount(KeyRule& key_rule, const RecountRange& range, Seq from,
                                     AggregateLines& out)
    : key_rule_(key_rule),
      range_(range),
      from_(from),
      out_(out),
      attributor_([this](SeriesId touched, const Touch& conversion) -> const AttributionRule& {
        const Dims& touch = *dims_[touched];
        return rules_.rule_for(touch[at(SeriesDim::tenant)], touch[at(SeriesDim::campaign)],
                               touch[at(SeriesDim::line_item)],
                               (*dims_[conversion.series])[at(SeriesDim::conversion_type)],
                               conversion.seq);
      }) {
  attributor_.set_bounds(rules_.longest_window_us(), rules_.has_last_touch());
}

void AttributedRecount::take_rules(Seq seq, const AttributionRulesEntry& entry) {
  rules_.take(seq, entry);
  attributor_.set_bounds(rules_.longest_window_us(), rules_.has_last_touch());
}

SeriesId AttributedRecount::series_of(std::span<const std::string_view> dims) {
  const auto [known, is_new] =
      ids_.try_emplace(Dims(dims.begin(), dims.end()), static_cast<SeriesId>(dims_.size()));
  if (is_new) dims_.push_back(&known->first);
  return known->second;
}

Result<void> AttributedRecount::take(Seq seq, TimeUs log_time_us, std::string_view bytes,
                                     std::span<const std::string_view> dims) {
  PackedEvent event;
  if (auto scanned = scan_event(bytes, event); !scanned) return scanned;
  const auto kind = touch_kind(event.type);
  if (!kind) return {};
  AttributionEntry entry{.touch = {.kind = *kind,
                                   .time_us = event.time_us,
                                   .seq = seq,
                                   .series = series_of(dims),
                                   .text = {}},
                         .keys = keys_.keys_of(event),
                         .log_time_us = log_time_us};
  if (!entry.keys.user && !entry.keys.click && !entry.keys.decision) return {};
  std::string worth;
  if (event.type == EventType::conversion) {
    arena_.clear();
    worth =
        ConversionWorth::of(event, unpack_text(event.packed[text_field::conversion_type], arena_))
            .packed();
    entry.touch.text = worth;
  }
  attributor_.take(entry, [&](const AttributionChange& change) { add(change, seq, log_time_us); });
  return {};
}

void AttributedRecount::add(const AttributionChange& change, Seq seq, TimeUs log_time_us) {
  if (change.conversion.seq <= from_) return;
  const TimeUs time_us = change.conversion.time_us;
  const bool in_range = time_us >= range_.from_us && time_us < range_.to_us;
  const Dims& conversion = *dims_[change.conversion.series];
  for_each_attributed(change, [&](SeriesId touched, const Counters& counters) {
    for (const Cube cube : {Cube::breakdown, Cube::traffic}) {
      const bool is_traffic = cube == Cube::traffic;
      Dims dims = *dims_[touched];
      dims.resize(is_traffic ? kTrafficDims : kSeriesDims);
      const bool touch_is_other = dims[at(SeriesDim::campaign)] == kOtherKey;
      dims[at(SeriesDim::currency)] = conversion[at(SeriesDim::currency)];
      dims[at(SeriesDim::conversion_type)] = conversion[at(SeriesDim::conversion_type)];
      const std::vector<std::string_view> views(dims.begin(), dims.end());
      const bool has_row = !touch_is_other && key_rule_.has_row(seq, log_time_us, cube, views);
      for (std::size_t i = 0; i < dims.size(); ++i) {
        const bool is_kept = i == at(SeriesDim::tenant) || i == at(SeriesDim::currency);
        if (!has_row && !is_kept) dims[i] = kOtherKey;
      }
      if (!in_range) continue;
      const TimeUs period_us = is_traffic ? kMinuteUs : kHourUs;
      out_[aggregate_key(cube, is_traffic ? Level::minute : Level::hour,
                         floor_to(time_us, period_us), dims, slice_name(Slice::attributed))]
          .add(counters);
    }
  });
}

}  // namespace adbacus
