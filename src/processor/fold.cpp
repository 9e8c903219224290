#include "processor/fold.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/breather.hpp"
#include "base/failpoint.hpp"
#include "model/consent_flags.hpp"
#include "processor/window/counting.hpp"
#include "processor/window/reach_window.hpp"

namespace adbacus {
namespace {

Period period_of(TimeUs time_us, TimeUs length_us) {
  return static_cast<Period>(floor_to(time_us, length_us) / length_us);
}

// Small records of one group, as single events make, are folded together, so that their memory
// accesses overlap. Moves `index` behind them; answers how many entries they have.
std::size_t entries_together(const LogBatch& log, std::size_t& index) {
  constexpr std::size_t kTogetherMax = 64;
  const LogRecord& first = log.records[index];
  std::size_t count = first.count;
  for (++index; index < log.records.size(); ++index) {
    const LogRecord& next = log.records[index];
    if (next.first_seq != first.first_seq + count || next.log_time_us != first.log_time_us ||
        next.entries_begin != first.entries_begin + count || count + next.count > kTogetherMax)
      break;
    count += next.count;
  }
  return count;
}

}  // namespace

Fold::Fold(SeriesTable& series, Seq from, Seq counted)
    : table_(series),
      series_(series),
      reach_(std::make_unique<ReachWindow>()),
      attributor_([this](SeriesId touched, const Touch& conversion) -> const AttributionRule& {
        return rule_for(touched, conversion);
      }),
      attributed_(from),
      taken_(std::max(from, counted)),
      position_(from) {
  attributor_.set_bounds(rules_.longest_window_us(), rules_.has_last_touch());
}

Fold::~Fold() = default;

void Fold::attach(DeadLetterBook* book, CrashMark* mark) {
  book_ = book;
  mark_ = mark;
}

void Fold::suspect(Seq first, Seq last) {
  suspect_first_ = first;
  suspect_last_ = last;
}

Result<void> Fold::fold(const LogBatch& log, std::vector<LakeEvent>* lake) {
  failed_seq_ = 0;
  auto control = log.controls.begin();
  for (std::size_t i = 0; i < log.records.size();) {
    const LogRecord& record = log.records[i];
    for (; control != log.controls.end() && control->seq < record.first_seq; ++control) {
      if (auto done = fold_control(*control, lake); !done) return done;
    }
    const std::size_t count = entries_together(log, i);
    const Run run{.entries = std::span(log.entries).subspan(record.entries_begin, count),
                  .first_seq = record.first_seq,
                  .log_time_us = record.log_time_us};
    if (run.last_seq() <= position_) continue;
    if (auto done = fold_record(run, lake); !done) return done;
  }
  for (; control != log.controls.end(); ++control) {
    if (auto done = fold_control(*control, lake); !done) return done;
  }
  return {};
}

void Fold::pass(Seq seq, TimeUs log_time_us) {
  position_ = seq;
  log_time_us_ = log_time_us;
}

// What a control entry is about is passed over by fold_record() or counted here.
Result<void> Fold::fold_control(const LogControl& control, std::vector<LakeEvent>* lake) {
  if (control.seq <= position_) return {};
  if (book_ == nullptr) return Error{ErrorCode::corrupt, "a control entry where none is expected"};
  if (auto taken = book_->take(control); !taken) return taken;
  if (book_->counts(control.seq)) {
    auto meaning = decode_control(control);
    if (!meaning) return meaning.error();
    const auto& restore = std::get<RestoreEntry>(*meaning);
    const LogEntry entry{.bytes = restore.event, .disposition = restore.disposition};
    return fold_run(
        {.entries = {&entry, 1}, .first_seq = control.seq, .log_time_us = control.log_time_us},
        lake);
  }
  if (control.kind == static_cast<std::uint8_t>(ControlKind::bound) && control.seq > taken_) {
    auto meaning = decode_control(control);
    if (!meaning) return meaning.error();
    set_keys_max(std::get<BoundEntry>(*meaning).keys_max);
  }
  if (control.kind == static_cast<std::uint8_t>(ControlKind::attribution_rules)) {
    auto meaning = decode_control(control);
    if (!meaning) return meaning.error();
    rules_.take(control.seq, std::get<AttributionRulesEntry>(*meaning));
    attributor_.set_bounds(rules_.longest_window_us(), rules_.has_last_touch());
  }
  pass(control.seq, control.log_time_us);
  return {};
}

// The end of the entries from `first` on that can be folded together.
Seq Fold::run_end(Seq first, Seq last) const {
  if (first <= suspect_last_ && suspect_first_ <= last) {
    return first < suspect_first_ ? suspect_first_ - 1 : first;
  }
  return last;
}

// The parts of a record between entries that are passed over.
Result<void> Fold::fold_record(const Run& record, std::vector<LakeEvent>* lake) {
  if (auto fault = failpoint("fold.before_record"); !fault) return fault;
  const Seq last = record.last_seq();
  for (Seq first = std::max(record.first_seq, position_ + 1); first <= last;
       first = position_ + 1) {
    const Seq skip = book_ != nullptr ? book_->first_skip(first, last) : last + 1;
    if (skip == first) {
      pass(first, record.log_time_us);
      continue;
    }
    const Seq end = run_end(first, skip - 1);
    const auto from = static_cast<std::size_t>(first - record.first_seq);
    const auto count = static_cast<std::size_t>(end - first + 1);
    const Run run{.entries = record.entries.subspan(from, count),
                  .first_seq = first,
                  .log_time_us = record.log_time_us};
    if (auto done = fold_run(run, lake); !done) return done;
  }
  return {};
}

Result<void> Fold::fold_run(const Run& run, std::vector<LakeEvent>* lake) {
  breathe();
  if (mark_ != nullptr) mark_->set(run.first_seq, run.last_seq());
  auto scanned = scan_run(run);
  if (scanned) {
    if (book_ != nullptr && run.first_seq < book_->dropped_runs().newest())
      leave_out_dropped_runs();
    if (run.last_seq() > std::min(taken_, attributed_)) count_all();
    attributed_ = std::max(attributed_, run.last_seq());
    if (lake != nullptr) {
      for (const Scanned& s : scanned_)
        lake->push_back({s.seq, s.log_time_us, s.bytes, s.disposition, TrafficClass::valid});
    }
    pass(run.last_seq(), run.log_time_us);
  }
  if (mark_ != nullptr) mark_->clear();
  return scanned;
}

Error Fold::failed(Seq seq, const Error& error) {
  failed_seq_ = seq;
  return {error.code, fmt::format("log event {}: {}", seq, error.message)};
}

// The first of several passes: each starts the memory accesses of the next one, so that they
// overlap.
Result<void> Fold::scan_run(const Run& run) {
  for (Seq seq = run.first_seq; failpoints_configured() && seq <= run.last_seq(); ++seq) {
    if (auto fault = failpoint_at("fold.record", seq); !fault) return failed(seq, fault.error());
  }
  scanned_.resize(run.entries.size());
  for (std::size_t i = 0; i < run.entries.size(); ++i) {
    const LogEntry& entry = run.entries[i];
    Scanned& s = scanned_[i];
    s.seq = run.first_seq + i;
    if (auto scan = scan_event(entry.bytes, s.event); !scan) return failed(s.seq, scan.error());
    s.log_time_us = run.log_time_us;
    s.disposition = entry.disposition;
    s.bytes = entry.bytes;
    s.key = SeriesCache::key_of(s.event, scratch_);
    series_.prefetch(s.key);
    prepare_attribution(s);
  }
  return {};
}

void Fold::leave_out_dropped_runs() {
  std::erase_if(scanned_, [&](const Scanned& s) {
    if (s.event.packed[text_field::import_run].empty()) return false;
    arena_.clear();
    const std::string_view tenant = unpack_text(s.event.packed[text_field::tenant], arena_);
    const std::string_view run = unpack_text(s.event.packed[text_field::import_run], arena_);
    return book_->dropped_runs().holds(tenant, run, s.seq);
  });
}

bool Fold::counts_for_reach(const Scanned& s) const {
  return !s.event.packed[text_field::user_id].empty() &&
         (s.event.flags & event_flag::no_measurement) == 0 &&
         (slice_bit(slice_of(s.disposition, TrafficClass::valid)) & kNetSlices) != 0;
}

void Fold::place(Scanned& s) {
  s.place = series_.place(s.key, s.event, s.log_time_us);
  traffic_rows_.prefetch_slot(s.place.traffic_slot);
  breakdown_rows_.prefetch_slot(s.place.breakdown_slot);
  s.user_hash = 0;
  if (!counts_for_reach(s)) return;
  s.user_hash = ReachWindow::hash_of(s.event.packed[text_field::user_id]);
  reach_->prefetch_entry(s.place.traffic_slot);
}

void Fold::count_all() {
  constexpr std::size_t kAhead = 8;
  // What was counted before has had its row; looking for one now could take a place of today.
  for (std::size_t i = 0; i < scanned_.size(); ++i) {
    if (i + kAhead < scanned_.size() && scanned_[i + kAhead].touch_kind)
      attributor_.prefetch_newest(scanned_[i + kAhead].attribution);
    Scanned& s = scanned_[i];
    if (s.seq > taken_) place(s);
    if (s.touch_kind) attribute(s);
  }
  for (const Scanned& s : scanned_) {
    if (s.seq <= taken_) continue;
    traffic_rows_.prefetch_row(s.place.traffic_slot);
    breakdown_rows_.prefetch_row(s.place.breakdown_slot);
    if (s.user_hash != 0) reach_->prefetch_register(s.place.traffic_slot, s.user_hash);
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
  if (counts_for_reach(s)) reach_->add(at.traffic, at.traffic_slot, s.event.time_us, s.user_hash);
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
  if ((s.event.flags & event_flag::no_measurement) == 0) fact.user_id = text(text_field::user_id);
  fact.campaign_id = text(text_field::campaign_id);
  fact.ad_id = text(text_field::ad_id);
  fact.source = text(text_field::source);
  fact.conversion_type = text(text_field::conversion_type);
  fact.transaction_id = text(text_field::transaction_id);
  fact.currency = text(text_field::currency);
  fact.status = shown_status(s.event.type, s.event.status);
  fact.slice = slice;
  fact.value_micros = s.event.value_micros;
  conversions_.push_back(std::move(fact));
}

FactBatch Fold::take() {
  FactBatch batch;
  batch.from = taken_;
  batch.to = std::max(taken_, position_);
  batch.log_time_us = log_time_us_;
  batch.keys_max = series_.keys_max();
  batch.minute_rows = traffic_rows_.take();
  batch.hour_rows = breakdown_rows_.take();
  batch.conversions = std::exchange(conversions_, {});
  batch.reach = reach_->take();
  taken_ = batch.to;
  series_.show_other();
  return batch;
}

}  // namespace adbacus
