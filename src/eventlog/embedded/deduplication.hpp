// Decides each event's disposition where it gets its place in the order: exact id windows over log
// time for live events (hours), conversions and transactions (days), and one without expiry for
// import runs. Owned by the commit sequence; one thread.
//
// An event id is unique per tenant across event types, so every id is looked up among live ids and
// conversions; it is kept with its own kind. An import's id is looked up there too, but kept with
// its run only. A transaction is kept as two keys: itself, and itself with the status. A decision
// that a live event used up is kept among the live ids: ingest takes none that is older than those.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/id_window.hpp"
#include "eventlog/embedded/group_builder.hpp"

namespace adbacus {

// Keys that a group (or a sidecar chunk) added, by the window that holds them.
struct NewIds {
  std::vector<Hash128> live;
  std::vector<Hash128> conversion;
  std::vector<Hash128> transaction;
  std::vector<Hash128> import_run;
  void clear();
  bool empty() const;
  // Keys of an entry that the log holds with this disposition.
  void add_logged(const EntryMeta& entry, Disposition disposition);
};

// Ids of a stretch of the log on their way back into the windows, in log order.
struct IdStretch {
  IdPiles live;
  IdPiles conversion;
  IdPiles transaction;
  IdPiles import_run;
};

class Deduplication {
 public:
  Deduplication(std::uint32_t live_window_hours, std::uint32_t conversion_window_days);

  // Fills every slice's dispositions, in the order of arrival. `time_us` never goes back.
  void decide(std::span<AppendSlice> slices, TimeUs time_us);
  const NewIds& new_ids() const { return new_; }  // of the last decide()
  void take_back();                               // the group failed: its ids were never seen

  // Before the first decide(): room for about so many keys that restore() will bring; then ids of
  // older groups, stretch by stretch in log order. `now_us` is the log's end. Different stretches
  // may be filled by different threads at once; restore() uses up to `threads` of its own.
  void reserve(std::size_t live, std::size_t conversion, std::size_t transaction,
               std::size_t import_run, TimeUs now_us);
  IdStretch new_stretch() const;
  void add(const NewIds& ids, TimeUs seen_us, TimeUs now_us, IdStretch& stretch) const;
  void restore(std::span<const IdStretch> stretches, TimeUs now_us, unsigned threads);
  // Log times before these are out of every live or conversion window.
  TimeUs live_horizon_us(TimeUs now_us) const;
  TimeUs conversion_horizon_us(TimeUs now_us) const;

  std::size_t size() const;
  std::size_t memory_bytes() const;

 private:
  struct Recent {  // direct-mapped by id: tells another content while the first is resident
    std::uint64_t id = 0;
    std::uint64_t content_hash = 0;
  };
  static constexpr std::size_t kRecentEntries = std::size_t{1} << 16U;

  void gather(std::span<const AppendSlice> slices);
  void check_run(std::size_t begin, std::size_t end, TimeUs time_us);
  void check_imports(std::size_t begin, std::size_t end, TimeUs time_us);
  Disposition judge(const EntryMeta& entry, bool known, TimeUs time_us);
  Disposition judge_transaction(const EntryMeta& entry, TimeUs time_us);
  Disposition judge_decision(const EntryMeta& entry, TimeUs time_us);

  std::uint32_t live_window_hours_;
  std::uint32_t conversion_window_days_;
  IdWindow live_;
  IdWindow conversion_;
  IdWindow transaction_;
  IdWindow import_run_;  // its periods never advance
  std::vector<Recent> recent_ = std::vector<Recent>(kRecentEntries);

  // Scratch of one decide(), in the order of arrival.
  NewIds new_;
  std::vector<Hash128> keys_;
  std::vector<const EntryMeta*> entries_;
  std::vector<std::uint8_t> known_;
};

}  // namespace adbacus
