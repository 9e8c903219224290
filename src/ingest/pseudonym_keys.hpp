// Random keys of pseudonyms (hashes of addresses, ids of visitors), one a UTC day. The newest two
// are kept, in memory and in a file that no backup has; with an older one goes every way to tell
// whom its pseudonyms meant. Thread-safe.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "ingest/ip_pseudonym.hpp"

namespace adbacus {

// The keys of a day and of the one before it. Immutable.
class DayKeys {
 public:
  struct Key {
    std::int64_t day = -1;  // since 1970, UTC; negative: there is none
    IpHashKey secret{};
  };
  DayKeys() = default;
  DayKeys(const Key& newest, const Key& before) : keys_{newest, before} {}

  // Of the event time's day, or of the newest for what is ahead of it; null: not kept any more.
  const IpHashKey* find(TimeUs event_time_us) const;
  // As above, and the oldest that is kept for what is older.
  const IpHashKey& nearest(TimeUs event_time_us) const;
  const std::array<Key, 2>& all() const { return keys_; }

 private:
  std::array<Key, 2> keys_{};  // the newer first
};

class PseudonymKeys {
 public:
  // Reads what `path` holds; a file that is not there or damaged gives nothing. `fs` must outlive
  // this.
  PseudonymKeys(FileSystem& fs, std::string path);
  // Makes the day's key, in memory and in the file, if it is the first call on that day. A file
  // that cannot be written is logged; the keys are used all the same. Never null.
  std::shared_ptr<const DayKeys> at(TimeUs now_us);

 private:
  void write(const DayKeys& keys) const;

  FileSystem& fs_;
  const std::string path_;
  std::mutex mutex_;  // guards keys_
  std::shared_ptr<const DayKeys> keys_;
};

// Who came without an id: the same for a tenant, address and user agent as long as the key is. ""
// if `ip` is not one address.
std::string visitor_id(const IpHashKey& key, std::string_view tenant, std::string_view ip,
                       std::string_view user_agent);

}  // namespace adbacus
