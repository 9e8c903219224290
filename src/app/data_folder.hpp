// The data folder: where each part keeps its files, the lock that makes one process its owner, and
// what the first start puts there. Used by commands before any other thread runs.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"

namespace adbacus {

// Paths only; nothing is opened.
struct DataPaths {
  explicit DataPaths(const std::string& folder_path);
  std::string folder;
  std::string log;             // folder of segments
  std::string state;           // folder of snapshots
  std::string lake;            // folder of Parquet files
  std::string store;           // DuckDB file
  std::string catalog;         // SQLite file
  std::string admin_key;       // the first owner key: the bare key and a newline
  std::string pseudonym_keys;  // secret; in no backup
  std::string signing_keys;    // of decision ids and links; secret
  std::string audit_heads;     // signed, of the audit log's chains
  std::string restored;        // a random mark, where the folder is a restored backup
  std::string lock;
};

// What stands in paths.restored; empty without that file.
Result<std::string> restored_mark(FileSystem& fs, const DataPaths& paths);

// For CLI11: empty, or why `folder` names none. Looks at no disk.
std::string folder_mistake(const std::string& folder);

// not_found "there is no data folder at …" unless log and catalog are there. For commands that work
// on what exists; changes nothing.
Result<void> require_data_folder(FileSystem& fs, const std::string& folder);

class DataFolder {
 public:
  // Creates the folder if needed and locks it. conflict: another process has it.
  static Result<DataFolder> open(FileSystem& fs, const std::string& folder);
  const DataPaths& paths() const { return paths_; }

 private:
  DataFolder(DataPaths paths, std::unique_ptr<FileLock> lock)
      : paths_(std::move(paths)), lock_(std::move(lock)) {}
  DataPaths paths_;
  std::unique_ptr<FileLock> lock_;
};

inline constexpr const char* kFirstTenant = "1";

// On a catalog without keys: creates the first tenant and an owner key with every scope and writes
// the key to paths.admin_key (readable by its owner only). True if it did. A crash in between
// leaves a catalog without keys, so the next start does it again.
Result<bool> create_first_key(FileSystem& fs, Catalog& catalog, Clock& clock,
                              const DataPaths& paths);

}  // namespace adbacus
