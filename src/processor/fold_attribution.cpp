// The fold's part that ascribes conversions to touches.
#include <algorithm>
#include <utility>

#include "processor/attribution/attributed_rows.hpp"
#include "processor/fold.hpp"

namespace adbacus {
namespace {

const std::string& dim_of(const Series& series, SeriesDim dim) {
  return series.dims[static_cast<std::size_t>(dim)];
}

}  // namespace

void Fold::set_rules(RuleHistory rules) {
  rules_ = std::move(rules);
  attributor_.set_bounds(rules_.longest_window_us(), rules_.has_last_touch());
}

void Fold::restore_touches(std::vector<std::shared_ptr<TouchSegment>> segments) {
  attributor_.restore(std::move(segments), taken_);
  attributed_ = std::min(attributor_.touches().last_seq(), taken_);
  position_ = std::min(position_, attributed_);
}

const AttributionRule& Fold::rule_for(SeriesId touched, const Touch& conversion) const {
  const Series& touch = table_.get(touched);
  return rules_.rule_for(dim_of(touch, SeriesDim::tenant), dim_of(touch, SeriesDim::campaign),
                         dim_of(touch, SeriesDim::line_item),
                         dim_of(table_.get(conversion.series), SeriesDim::conversion_type),
                         conversion.seq);
}

// Repeats and duplicates earn nothing, and another status of a known conversion is none of its own.
void Fold::prepare_attribution(Scanned& s) {
  s.touch_kind.reset();
  if (s.seq <= attributed_ || s.disposition != Disposition::counted) return;
  s.touch_kind = touch_kind(s.event.type);
  if (!s.touch_kind) return;
  s.attribution = attribution_keys_.keys_of(s.event);
  const AttributionKeys& keys = s.attribution;
  const bool has_key = keys.user || keys.click || keys.decision;
  // A conversion that nobody can find has no touches either.
  if (!has_key) s.touch_kind.reset();
  attributor_.prefetch(keys);
}

void Fold::attribute(const Scanned& s) {
  const bool is_new = s.seq > taken_;
  AttributionEntry entry{
      .touch = {.kind = *s.touch_kind,
                .time_us = s.event.time_us,
                .seq = s.seq,
                .series =
                    is_new ? s.place.breakdown : series_.known_breakdown(s.event, s.log_time_us),
                .text = {}},
      .keys = s.attribution,
      .log_time_us = s.log_time_us};
  std::string text;
  if (s.event.type == EventType::conversion) {
    arena_.clear();
    const std::string_view type = unpack_text(s.event.packed[text_field::conversion_type], arena_);
    text = ConversionWorth::of(s.event, type).packed();
    entry.touch.text = text;
  }
  attributor_.take(entry, [&](const AttributionChange& change) {
    if (is_new && change.conversion.seq > attributed_from_) count_attributed(change, s.log_time_us);
  });
}

void Fold::count_attributed(const AttributionChange& change, TimeUs log_time_us) {
  const Touch& conversion = change.conversion;
  const auto minute = static_cast<Period>(floor_to(conversion.time_us, kMinuteUs) / kMinuteUs);
  const auto hour = static_cast<Period>(floor_to(conversion.time_us, kHourUs) / kHourUs);
  for_each_attributed(change, [&](SeriesId touched, const Counters& counters) {
    const SeriesCache::Place at = series_.place_attributed(touched, conversion.series, log_time_us);
    traffic_rows_.row(at.traffic, at.traffic_slot, minute, Slice::attributed).add(counters);
    breakdown_rows_.row(at.breakdown, at.breakdown_slot, hour, Slice::attributed).add(counters);
  });
}

}  // namespace adbacus
