// Makes a data folder out of a backup: every byte is checked against its hash on the way, and the
// folder appears under its name only when all of it is there. One thread.
#pragma once

#include <string>

#include "app/backup/backup_run.hpp"

namespace adbacus {

struct RestoreOptions {
  std::string from;  // the backup
  std::string data;  // the new data folder: must not exist, or be empty
};

struct RestoreReport {
  BackupManifest manifest;
  std::uint64_t bytes = 0;
};

// corrupt names every file of the backup that is damaged or missing, and nothing is restored.
// conflict: the data folder is not empty. not_found: there is no backup.
Result<RestoreReport> run_restore(FileSystem& fs, const RestoreOptions& options,
                                  const CopyProgress& progress);

}  // namespace adbacus
