// Clears a backup's folder of what its list does not name: files of runs that were killed, and
// those that a newer run replaced. Called at the end of a run; one thread.
#pragma once

#include <string>
#include <string_view>

#include "app/backup/backup_manifest.hpp"
#include "base/file_system.hpp"

namespace adbacus {

// Looks only below folders whose name starts with `run_prefix`.
Result<void> sweep_backup_folder(FileSystem& fs, const std::string& folder,
                                 std::string_view run_prefix, const BackupManifest& manifest);

}  // namespace adbacus
