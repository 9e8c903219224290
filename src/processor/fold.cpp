#include "processor/fold.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/failpoint.hpp"
#include "processor/window/counting.hpp"
#include "processor/window/reach_window.hpp"

namespace adbacus {
namespace {

Period period_of(TimeUs time_us, TimeUs length_us) {
  return static_cast<Period>(floor_to(time_us, length_us) / length_us);
}

}  // namespace

Fold::Fold(SeriesTable& series, Seq from, Seq counted)
    : series_(series),
      reach_(std::make_unique<ReachWindow>()),
      taken_(std::max(from, counted)),
      position_(from) {}

Fold::~Fold() = default;

Result<void> Fold::fold(const LogBatch& log, std::vector<LakeEvent>* lake) {
  auto control = log.controls.begin();
  for (const LogRecord& record : log.records) {
    for (; control != log.controls.end() && control->seq < record.first_seq; ++control)
      pass_control(*control);
    if (record.first_seq + record.count - 1 <= position_) continue;
    if (auto done = fold_record(log, record, lake); !done) return done;
  }
  for (; control != log.controls.end(); ++control) pass_control(*control);
  return {};
}

void Fold::pass_control(const LogControl& control) {
  if (control.seq <= position_) return;
  position_ = control.seq;
  log_time_us_ = control.log_time_us;
}

Result<void> Fold::fold_record(const LogBatch& log, const LogRecord& record,
                               std::vector<LakeEvent>* lake) {
  if (auto fault = failpoint("fold.before_record"); !fault) return fault;
  const auto skip = static_cast<std::uint32_t>(
      record.first_seq > position_ ? 0 : position_ + 1 - record.first_seq);
  scanned_.resize(record.count - skip);
  // Several passes: each starts the memory accesses of the next one, so that they overlap.
  for (std::uint32_t i = skip; i < record.count; ++i) {
    const LogEntry& entry = log.entries[record.entries_begin + i];
    Scanned& s = scanned_[i - skip];
    s.seq = record.first_seq + i;
    if (auto scan = scan_event(entry.bytes, s.event); !scan) {
      return Error{ErrorCode::corrupt,
                   fmt::format("log event {}: {}", s.seq, scan.error().message)};
    }
    s.log_time_us = record.log_time_us;
    s.disposition = entry.disposition;
    s.bytes = entry.bytes;
    s.key = SeriesCache::key_of(s.event, scratch_);
    series_.prefetch(s.key);
  }
  if (record.first_seq + record.count - 1 > taken_) count_all();
  if (lake != nullptr) {
    for (const Scanned& s : scanned_)
      lake->push_back({s.seq, s.log_time_us, s.bytes, s.disposition, TrafficClass::valid});
  }
  position_ = record.first_seq + record.count - 1;
  log_time_us_ = record.log_time_us;
  return {};
}

bool Fold::counts_for_reach(const Scanned& s) const {
  return !s.event.packed[text_field::user_id].empty() &&
         (slice_bit(slice_of(s.disposition, TrafficClass::valid)) & kNetSlices) != 0;
}

void Fold::place(Scanned& s) {
  s.place = series_.place(s.key, s.event);
  traffic_rows_.prefetch_slot(s.place.traffic_slot);
  breakdown_rows_.prefetch_slot(s.place.breakdown_slot);
  if (!counts_for_reach(s)) return;
  s.user_hash = ReachWindow::hash_of(s.event.packed[text_field::user_id]);
  reach_->prefetch(s.place.traffic, s.user_hash);
}

void Fold::count_all() {
  for (Scanned& s : scanned_) place(s);
  for (const Scanned& s : scanned_) {
    traffic_rows_.prefetch_row(s.place.traffic_slot);
    breakdown_rows_.prefetch_row(s.place.breakdown_slot);
  }
  for (const Scanned& s : scanned_) {
    if (s.seq > taken_) count(s);
  }
}

void Fold::count(const Scanned& s) {
  const Slice slice = slice_of(s.disposition, TrafficClass::valid);
  arena_.clear();
  const std::string_view conversion_type =
      s.event.type == EventType::conversion
          ? unpack_text(s.event.packed[text_field::conversion_type], arena_)
          : std::string_view{};
  const SeriesCache::Place& at = s.place;
  count_event(
      s.event, conversion_type, slice,
      traffic_rows_.row(at.traffic, at.traffic_slot, period_of(s.event.time_us, kMinuteUs), slice));
  count_event(s.event, conversion_type, slice,
              breakdown_rows_.row(at.breakdown, at.breakdown_slot,
                                  period_of(s.event.time_us, kHourUs), slice));
  if (counts_for_reach(s)) reach_->add(at.traffic, s.event.time_us, s.user_hash);
  if (s.event.type == EventType::conversion) add_conversion(s, slice);
}

void Fold::add_conversion(const Scanned& s, Slice slice) {
  const auto text = [&](std::size_t field) {
    return std::string(unpack_text(s.event.packed[field], arena_));
  };
  ConversionFact fact;
  fact.seq = s.seq;
  fact.time_us = s.event.time_us;
  fact.tenant = text(text_field::tenant);
  fact.event_id = text(text_field::event_id);
  fact.user_id = text(text_field::user_id);
  fact.campaign_id = text(text_field::campaign_id);
  fact.ad_id = text(text_field::ad_id);
  fact.source = text(text_field::source);
  fact.conversion_type = text(text_field::conversion_type);
  fact.transaction_id = text(text_field::transaction_id);
  fact.currency = text(text_field::currency);
  fact.status = s.event.status;
  fact.slice = slice;
  fact.value_micros = s.event.value_micros;
  conversions_.push_back(std::move(fact));
}

FactBatch Fold::take() {
  FactBatch batch;
  batch.from = taken_;
  batch.to = std::max(taken_, position_);
  batch.log_time_us = log_time_us_;
  batch.minute_rows = traffic_rows_.take();
  batch.hour_rows = breakdown_rows_.take();
  batch.conversions = std::exchange(conversions_, {});
  batch.reach = reach_->take();
  taken_ = batch.to;
  return batch;
}

}  // namespace adbacus
