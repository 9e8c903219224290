#include "eventlog/embedded/id_recovery.hpp"

#include <fmt/core.h>

#include "base/logging.hpp"
#include "base/parallel.hpp"
#include "eventlog/embedded/segment_scanner.hpp"
#include "eventlog/entry_keys.hpp"
#include "model/event_codec.hpp"

namespace adbacus {
namespace {

// Ids wait for each other in memory, 12 bytes each, for so many entries of the log: fresh memory is
// what a start spends most of its time on.
constexpr std::uint64_t kWaveEntriesMax = 4'000'000;
constexpr std::size_t kWaveSegmentsMax = 64;
constexpr std::uint64_t kAloneEntriesMax = 200'000;  // not worth a second thread

// Several threads may work on different segments at once.
class IdRecovery {
 public:
  IdRecovery(FileSystem& fs, ActiveSegment& active, const Deduplication& ids)
      : fs_(fs), active_(active), ids_(ids) {}

  Result<void> segment(const Segment& segment, bool newest, IdStretch& stretch) {
    const Seq end_seq = newest ? active_.next_seq : segment.footer->last_seq + 1;
    const auto visit = [&](const SidecarChunk& chunk) {
      if (newest) active_.import_ids += chunk.ids.import_run.size();
      ids_.add(chunk.ids, chunk.time_us, active_.last_time_us, stretch);
    };
    const SidecarExtent extent =
        load_id_sidecar(fs_, sidecar_path(segment.path), segment.header, end_seq, visit);
    if (newest) active_.sidecar = extent;
    if (extent.next_seq == end_seq) return {};
    return decode_rest(segment, newest, extent, end_seq, stretch);
  }

 private:
  Result<void> decode_rest(const Segment& segment, bool newest, const SidecarExtent& extent,
                           Seq end_seq, IdStretch& stretch) {
    log_info("rebuilding ids from the log", {{"path", segment.path},
                                             {"from", fmt::format("{}", extent.next_seq)},
                                             {"to", fmt::format("{}", end_seq - 1)}});
    auto file = fs_.open(segment.path, OpenMode::read);
    if (!file) return file.error();
    const std::uint64_t limit = newest ? active_.end_offset : segment.footer->data_end;
    SegmentScanner scanner(**file, segment.index->find(extent.next_seq), limit);
    IdSidecarWriter sidecar;
    sidecar.open(fs_, sidecar_path(segment.path), segment.header, extent);
    Seq next = extent.next_seq;
    Arena arena;
    RecordView record;
    while (scanner.offset() < limit) {
      const std::uint64_t offset = scanner.offset();
      auto check = scanner.next(record);
      if (!check) return check.error();
      if (*check != RecordCheck::ok) return broken(segment, next, offset);
      if ((record.header.flags & record_flag::mark) != 0) {
        segment.index->add(record.header.seq, offset);
      }
      if (record.next_seq() <= next) continue;
      NewIds ids;
      const std::uint64_t hash_seed = segment.header.identity.hash_seed;
      if (record.is_data() && !decode_record(record, hash_seed, arena, ids)) {
        return broken(segment, next, offset);
      }
      if (newest) active_.import_ids += ids.import_run.size();
      ids_.add(ids, record.header.time_us, active_.last_time_us, stretch);
      sidecar.append(next, static_cast<std::uint32_t>(record.next_seq() - next),
                     record.header.time_us, ids);
      next = record.next_seq();
    }
    if (newest) active_.sidecar = sidecar.extent(next);
    return {};
  }

  static bool decode_record(const RecordView& record, std::uint64_t hash_seed, Arena& arena,
                            NewIds& ids) {
    std::string_view payload = record.payload;
    EntryView entry;
    for (std::uint32_t i = 0; i < record.count; ++i) {
      if (!take_entry(payload, entry)) return false;
      arena.clear();
      auto event = decode_event(entry.bytes, arena);
      if (!event) return false;
      ids.add_logged(make_entry_keys(*event, hash_seed), entry.disposition);
    }
    return true;
  }

  static Error broken(const Segment& segment, Seq seq, std::uint64_t offset) {
    return {ErrorCode::corrupt,
            fmt::format("{} cannot be read from event {} on (byte {})", segment.path, seq, offset)};
  }

  FileSystem& fs_;
  ActiveSegment& active_;  // only by the thread that has the newest segment
  const Deduplication& ids_;
};

// Segments out of every window count as none; those that are partly in it count whole.
void reserve_ids(FileSystem& fs, std::span<const Segment> segments, TimeUs now_us,
                 Deduplication& ids) {
  IdCounts sum;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool newest = i + 1 == segments.size();
    const TimeUs last_us = newest ? now_us : segments[i].footer->last_time_us;
    const bool in_live = last_us >= ids.live_horizon_us(now_us);
    const bool in_conversion = last_us >= ids.conversion_horizon_us(now_us);
    if (!in_live && !in_conversion && segments[i].footer->import_ids == 0) continue;
    const IdCounts counts = estimate_id_sidecar(fs, sidecar_path(segments[i].path));
    if (in_live) sum.live += counts.live;
    if (in_conversion) sum.conversion += counts.conversion;
    if (in_conversion) sum.transaction += counts.transaction;
    sum.import_run += counts.import_run;
  }
  ids.reserve(sum.live, sum.conversion, sum.transaction, sum.import_run, now_us);
}

// Reads some segments at once, then puts their ids into the windows in the log's order.
Result<void> restore_wave(IdRecovery& recovery, std::span<const Segment* const> wave,
                          const Segment* newest, TimeUs now_us, unsigned threads,
                          Deduplication& ids) {
  std::vector<IdStretch> stretches;
  for (std::size_t i = 0; i < wave.size(); ++i) stretches.push_back(ids.new_stretch());
  std::vector<Result<void>> results(wave.size());
  run_parallel(threads, wave.size(), [&](std::size_t i) {
    results[i] = recovery.segment(*wave[i], wave[i] == newest, stretches[i]);
  });
  for (const auto& result : results) {
    if (!result) return result;
  }
  ids.restore(stretches, now_us, threads);
  return {};
}

}  // namespace

Result<void> restore_ids(FileSystem& fs, std::span<const Segment> segments, ActiveSegment& active,
                         Deduplication& ids) {
  const TimeUs now_us = active.last_time_us;
  const TimeUs horizon = std::min(ids.conversion_horizon_us(now_us), ids.live_horizon_us(now_us));
  reserve_ids(fs, segments, now_us, ids);
  IdRecovery recovery(fs, active, ids);
  const Segment* newest = &segments.back();
  std::vector<const Segment*> wave;
  std::uint64_t entries = 0;
  for (const Segment& segment : segments) {
    const auto& footer = segment.footer;
    if (&segment != newest && footer->last_time_us < horizon && footer->import_ids == 0) continue;
    wave.push_back(&segment);
    const Seq end = &segment == newest ? active.next_seq : footer->last_seq + 1;
    entries += end - segment.header.first_seq;
    const bool is_full = entries >= kWaveEntriesMax || wave.size() >= kWaveSegmentsMax;
    if (&segment != newest && !is_full) continue;
    const unsigned threads = entries <= kAloneEntriesMax ? 1 : useful_threads();
    auto done = restore_wave(recovery, wave, newest, now_us, threads, ids);
    if (!done) return done;
    wave.clear();
    entries = 0;
  }
  return {};
}

}  // namespace adbacus
