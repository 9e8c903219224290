// What a backup holds: the content of its backup.json (docs/formats/backup.md). Plain values,
// written and read by the backup and restore commands; free of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "eventlog/log_copy_plan.hpp"

namespace adbacus {

inline constexpr const char* kBackupManifest = "backup.json";
inline constexpr int kBackupFormat = 1;

struct BackupFile {
  std::string path;    // in the data folder
  std::string stored;  // in the backup's folder
  std::uint64_t bytes = 0;
  std::uint64_t restored_bytes = 0;  // the data folder's file: zeros behind `bytes`
  std::string sha256;                // of the stored bytes
  std::optional<LogCopyFile> log;    // of the log's own files; `name` and sizes as above
};

struct BackupManifest {
  std::uint64_t run = 0;  // 1 for the folder's first backup, then one more each
  TimeUs taken_us = 0;
  std::string made_by;  // version of the program
  std::string log_uuid;
  Seq first_seq = 0;  // events covered, both ends included
  Seq last_seq = 0;
  std::vector<BackupFile> files;
};

std::string backup_manifest_text(const BackupManifest& manifest);
// corrupt: damaged, or not what backup_manifest_text() writes. conflict: of a newer format.
Result<BackupManifest> parse_backup_manifest(std::string_view text);

// The folder's manifest; nothing if it has none.
Result<std::optional<BackupManifest>> read_backup_manifest(FileSystem& fs,
                                                           const std::string& folder);

}  // namespace adbacus
