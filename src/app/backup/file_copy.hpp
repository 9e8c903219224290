// Copies one file and hashes what passes. Used by backup and restore; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/file_system.hpp"

namespace adbacus {

struct FileCopy {
  std::string from;
  std::string to;                         // replaced; its folder is made if missing
  std::optional<std::uint64_t> bytes;     // from the front; else all there are
  std::optional<std::uint64_t> to_bytes;  // size of the copy, zeros behind; else as copied
};
struct CopiedFile {
  std::uint64_t bytes = 0;
  std::string sha256;  // of the bytes
};
// Contents are on stable storage when it returns, the name is after a sync of the folder. Runs of
// zeros become holes. `progress` is called with the bytes of each step.
Result<CopiedFile> copy_file(FileSystem& fs, const FileCopy& copy,
                             const std::function<void(std::uint64_t)>& progress);

// Hashes a file that stands there already and syncs it.
Result<CopiedFile> hash_file(FileSystem& fs, const std::string& path);

// Hashes the file's first `bytes`; empty if it has fewer or, where it must end there, more.
Result<std::string> hash_front(FileSystem& fs, const std::string& path, std::uint64_t bytes,
                               bool must_end);

std::string folder_of(const std::string& path);

}  // namespace adbacus
