#include "eventlog/embedded/deduplication.hpp"

#include <algorithm>

namespace adbacus {
namespace {

constexpr std::uint32_t kNoPeriod = 0;  // import runs: no expiry

std::uint32_t hour_of(TimeUs time_us) {
  return static_cast<std::uint32_t>(time_us / kHourUs);
}
std::uint32_t day_of(TimeUs time_us) {
  return static_cast<std::uint32_t>(time_us / kDayUs);
}

// Both parts are keyed hashes, so their XOR is as good a key as either.
Hash128 run_key(const EntryMeta& entry) {
  return {entry.id_key.low ^ entry.import_key.low, entry.id_key.high ^ entry.import_key.high};
}

// A conversion without a status is an approved one.
Hash128 status_key(const EntryMeta& entry) {
  const bool none = entry.status == ConversionStatus::none;
  const std::uint64_t status =
      static_cast<std::uint64_t>(none ? ConversionStatus::approved : entry.status) + 1;
  return {entry.transaction_key.low ^ (status * 0x9e3779b97f4a7c15ULL),
          entry.transaction_key.high ^ (status * 0xd6e8feb86659fd93ULL)};
}

bool has_transaction(const EntryMeta& entry) {
  return entry.transaction_key != Hash128{};
}

bool is_duplicate(Disposition disposition) {
  return disposition == Disposition::duplicate_id || disposition == Disposition::duplicate_differs;
}

// Inserts one key; true if it was there.
bool insert_one(IdWindow& window, const Hash128& key, std::uint32_t period,
                std::vector<Hash128>& added) {
  std::uint8_t known = 0;
  window.check_and_insert({&key, 1}, period, {&known, 1});
  if (known == 0) added.push_back(key);
  return known != 0;
}

}  // namespace

void NewIds::clear() {
  live.clear();
  conversion.clear();
  transaction.clear();
  import_run.clear();
}

bool NewIds::empty() const {
  return live.empty() && conversion.empty() && transaction.empty() && import_run.empty();
}

void NewIds::add_logged(const EntryMeta& entry, Disposition disposition) {
  // A duplicate live id is held by the window that knew it. A duplicate conversion or import may
  // have been known as a live id only, which is forgotten sooner, so it is kept again.
  const bool duplicate = is_duplicate(disposition);
  switch (entry.scope) {
    case IdScope::live:
      if (!duplicate) live.push_back(entry.id_key);
      break;
    case IdScope::conversion:
      conversion.push_back(entry.id_key);
      break;
    case IdScope::import_run:
      import_run.push_back(run_key(entry));
      break;
  }
  if (duplicate || !has_transaction(entry)) return;
  if (entry.scope == IdScope::live) {  // a repeat's decision is held since it was counted
    if (disposition == Disposition::counted) live.push_back(entry.transaction_key);
    return;
  }
  transaction.push_back(entry.transaction_key);
  const bool says_status = entry.status != ConversionStatus::none;
  if (says_status || disposition == Disposition::counted) transaction.push_back(status_key(entry));
}

Deduplication::Deduplication(std::uint32_t live_window_hours, std::uint32_t conversion_window_days)
    : live_window_hours_(live_window_hours),
      conversion_window_days_(conversion_window_days),
      live_(live_window_hours),
      conversion_(conversion_window_days),
      transaction_(conversion_window_days),
      import_run_(1) {}

void Deduplication::gather(std::span<const AppendSlice> slices) {
  keys_.clear();
  entries_.clear();
  for (const AppendSlice& slice : slices) {
    for (std::uint32_t i = slice.begin; i < slice.end; ++i) {
      const EntryMeta& entry = slice.batch->entries[i];
      const bool imported = entry.scope == IdScope::import_run;
      keys_.push_back(imported ? run_key(entry) : entry.id_key);
      entries_.push_back(&entry);
    }
  }
  known_.assign(keys_.size(), 0);
}

// One kind at a time keeps the order of arrival across kinds and still checks ids in long batches.
void Deduplication::check_run(std::size_t begin, std::size_t end, TimeUs time_us) {
  const std::span keys = std::span<const Hash128>(keys_).subspan(begin, end - begin);
  const std::span known = std::span(known_).subspan(begin, end - begin);
  std::vector<Hash128>* added = nullptr;
  const IdWindow* other = nullptr;
  switch (entries_[begin]->scope) {
    case IdScope::live:
      live_.check_and_insert(keys, hour_of(time_us), known);
      added = &new_.live;
      other = &conversion_;
      break;
    case IdScope::conversion:
      conversion_.check_and_insert(keys, day_of(time_us), known);
      added = &new_.conversion;
      other = &live_;
      break;
    case IdScope::import_run:
      return check_imports(begin, end, time_us);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (known[i] == 0) added->push_back(keys[i]);
  }
  if (other->size() == 0) return;
  const std::uint32_t period = other == &live_ ? hour_of(time_us) : day_of(time_us);
  other->find(keys, period, known);
}

void Deduplication::check_imports(std::size_t begin, std::size_t end, TimeUs time_us) {
  const std::span keys = std::span<const Hash128>(keys_).subspan(begin, end - begin);
  const std::span known = std::span(known_).subspan(begin, end - begin);
  import_run_.check_and_insert(keys, kNoPeriod, known);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (known[i] == 0) new_.import_run.push_back(keys[i]);
    const Hash128& id = entries_[begin + i]->id_key;
    if (live_.contains(id, hour_of(time_us)) || conversion_.contains(id, day_of(time_us))) {
      known[i] = 1;
    }
  }
}

Disposition Deduplication::judge_transaction(const EntryMeta& entry, TimeUs time_us) {
  const std::uint32_t day = day_of(time_us);
  const bool known = insert_one(transaction_, entry.transaction_key, day, new_.transaction);
  // Nothing is said of the known conversion's status, so a later approval is still news.
  if (known && entry.status == ConversionStatus::none) return Disposition::repeat;
  const bool same_status = insert_one(transaction_, status_key(entry), day, new_.transaction);
  if (!known) return Disposition::counted;
  return same_status ? Disposition::repeat : Disposition::transition;
}

Disposition Deduplication::judge_decision(const EntryMeta& entry, TimeUs time_us) {
  const bool used = insert_one(live_, entry.transaction_key, hour_of(time_us), new_.live);
  return used ? Disposition::repeat : Disposition::counted;
}

Disposition Deduplication::judge(const EntryMeta& entry, bool known, TimeUs time_us) {
  Recent& recent = recent_[entry.id_key.low % kRecentEntries];
  if (known) {
    const bool differs =
        recent.id == entry.id_key.high && recent.content_hash != entry.content_hash;
    return differs ? Disposition::duplicate_differs : Disposition::duplicate_id;
  }
  recent = {entry.id_key.high, entry.content_hash};
  if (!has_transaction(entry)) return Disposition::counted;
  return entry.scope == IdScope::live ? judge_decision(entry, time_us)
                                      : judge_transaction(entry, time_us);
}

void Deduplication::decide(std::span<AppendSlice> slices, TimeUs time_us) {
  new_.clear();
  gather(slices);
  std::size_t begin = 0;
  for (std::size_t end = 1; end <= entries_.size(); ++end) {
    if (end < entries_.size() && entries_[end]->scope == entries_[begin]->scope) continue;
    check_run(begin, end, time_us);
    begin = end;
  }
  std::size_t at = 0;
  for (AppendSlice& slice : slices) {
    for (std::uint32_t i = slice.begin; i < slice.end; ++i, ++at) {
      slice.dispositions[i - slice.begin] = judge(*entries_[at], known_[at] != 0, time_us);
    }
  }
}

void Deduplication::take_back() {
  live_.erase(new_.live);
  conversion_.erase(new_.conversion);
  transaction_.erase(new_.transaction);
  import_run_.erase(new_.import_run);
  new_.clear();
}

void Deduplication::reserve(std::size_t live, std::size_t conversion, std::size_t transaction,
                            std::size_t import_run, TimeUs now_us) {
  live_.reserve(live, hour_of(now_us));
  conversion_.reserve(conversion, day_of(now_us));
  transaction_.reserve(transaction, day_of(now_us));
  import_run_.reserve(import_run, kNoPeriod);
}

IdStretch Deduplication::new_stretch() const {
  return {IdPiles(live_.pile_bits()), IdPiles(conversion_.pile_bits()),
          IdPiles(transaction_.pile_bits()), IdPiles(import_run_.pile_bits())};
}

void Deduplication::add(const NewIds& ids, TimeUs seen_us, TimeUs now_us,
                        IdStretch& stretch) const {
  if (seen_us >= live_horizon_us(now_us)) stretch.live.add(ids.live, hour_of(seen_us));
  if (seen_us >= conversion_horizon_us(now_us)) {
    stretch.conversion.add(ids.conversion, day_of(seen_us));
    stretch.transaction.add(ids.transaction, day_of(seen_us));
  }
  stretch.import_run.add(ids.import_run, kNoPeriod);
}

void Deduplication::restore(std::span<const IdStretch> stretches, TimeUs now_us, unsigned threads) {
  const auto put = [&](IdWindow& window, IdPiles IdStretch::*kind, std::uint32_t now_period) {
    std::vector<const IdPiles*> piles;
    for (const IdStretch& stretch : stretches) {
      if ((stretch.*kind).size() > 0) piles.push_back(&(stretch.*kind));
    }
    window.restore(piles, now_period, threads);
  };
  put(live_, &IdStretch::live, hour_of(now_us));
  put(conversion_, &IdStretch::conversion, day_of(now_us));
  put(transaction_, &IdStretch::transaction, day_of(now_us));
  put(import_run_, &IdStretch::import_run, kNoPeriod);
}

TimeUs Deduplication::live_horizon_us(TimeUs now_us) const {
  return (now_us / kHourUs - live_window_hours_) * kHourUs;
}

TimeUs Deduplication::conversion_horizon_us(TimeUs now_us) const {
  return (now_us / kDayUs - conversion_window_days_) * kDayUs;
}

std::size_t Deduplication::size() const {
  return live_.size() + conversion_.size() + transaction_.size() + import_run_.size();
}

std::size_t Deduplication::memory_bytes() const {
  return live_.memory_bytes() + conversion_.memory_bytes() + transaction_.memory_bytes() +
         import_run_.memory_bytes();
}

}  // namespace adbacus
