// Copies a data folder into a backup folder while a server may be writing it: log, catalog and
// secrets always, lake and store on demand. A later run into the same folder copies only what is
// new; until a run is complete the folder holds the backup before it. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "app/backup/backup_manifest.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "catalog/registry.hpp"

namespace adbacus {

struct BackupOptions {
  std::string data;
  std::string to;
  bool with_lake = false;
  bool with_store = false;  // needs a stopped server
  CatalogOptions catalog;   // path is the data folder's
};

struct BackupReport {
  BackupManifest manifest;
  std::uint64_t bytes = 0;  // of all files of the backup
  std::uint64_t copied_files = 0;
  std::uint64_t copied_bytes = 0;  // by this run
  bool nothing_new = false;        // since the run before
};

// `progress` is called with (bytes copied, bytes to copy as far as known).
using CopyProgress = std::function<void(std::uint64_t, std::uint64_t)>;

// Everything acknowledged before the call is in the backup. conflict: the folder holds another
// log's backup, or a later state of this one, or with_store and a server runs; invalid_argument:
// the folder holds something else; corrupt: acknowledged events are damaged or missing.
Result<BackupReport> run_backup(FileSystem& fs, Clock& clock, const BackupOptions& options,
                                const CopyProgress& progress);

}  // namespace adbacus
