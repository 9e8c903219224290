// The raw event lake as its owner and its readers see it: Parquet files, and a manifest that
// decides what is visible. The fold writes (LakeWriter, one thread); reports, verify and operations
// read, from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/analytics_store.hpp"
#include "store/lake_query.hpp"

namespace adbacus {

struct LakeOptions {
  std::string folder;                          // of the manifest and of merges in progress
  std::uint64_t rows_max = 1'000'000;          // of a file
  TimeUs cut_interval_us = 60 * kSecondUs;     // of log time that may be open; also of idle time
  std::size_t open_bytes_max = 256U << 20U;    // of files being built; the largest are cut above it
  std::size_t open_hours_max = 8192;           // event hours with a file being built
  std::size_t queued_bytes_max = 64U << 20U;   // handed over, not yet taken in
  std::uint64_t file_bytes_max = 128U << 20U;  // a file is cut at about this size
  int compression_level = 1;                   // zstd
  bool compact = true;                         // merge small files of closed hours by itself
  TimeUs compact_grace_us = 10 * kMinuteUs;    // of log time after which an hour counts as closed
  std::size_t compact_files_min = 4;           // neighbours that are worth a merge
  int query_threads = 2;
  std::uint64_t query_bytes_max = 1ULL << 30U;  // memory of raw queries and merges together
  int query_ms_max = 60'000;                    // then a raw query ends with unavailable
  TimeUs query_cut_interval_us = kSecondUs;     // raw queries cut what is open at most this often
  // Go on with files that were found damaged while they were served: for a log that cannot write
  // them again. Else they are corrupt.
  bool keep_damaged = false;
};

struct LakeStatus {
  Seq committed = 0;  // everything up to it is in visible files
  Seq position = 0;   // newest row taken in
  std::size_t files = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::size_t open_hours = 0;
  std::size_t open_bytes = 0;
  // Whose bytes changed, found when a read failed; reports over their hours are refused.
  std::size_t damaged_files = 0;
  std::string damaged_file;   // the first
  bool storage_full = false;  // waits for space; failure says where
  bool failed = false;        // needs a restart
  std::string failure;
};

// Reads of raw events.
class LakeReader {
 public:
  virtual ~LakeReader() = default;
  // Thread-safe; runs on the caller's thread and may take seconds. What has been handed to the lake
  // before the call is included, up to query_cut_interval_us ago; with query.after, up to there.
  // Rows are sorted by bucket, then texts, without those that are all zero. invalid_argument names
  // an unknown column, operator value or time zone, or is "too_many_rows"; corrupt names a damaged
  // file.
  virtual Result<RollupResult> query_events(const LakeQuery& query) = 0;
};

class EventLake : public LakeWriter, public LakeReader {
 public:
  // Local paths of the visible files that may hold event times in [from, to), sorted. A merge may
  // replace and remove them later.
  virtual Result<std::vector<std::string>> visible_files(TimeUs from_us, TimeUs to_us) = 0;
  // Merges one group of small files; false if none is worth it. Also done in the background.
  virtual Result<bool> compact_once() = 0;
  virtual LakeStatus status() = 0;
};

}  // namespace adbacus
