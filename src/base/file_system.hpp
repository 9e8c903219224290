// The only way to disk for everything that must survive a crash. The real one wraps system calls;
// base/testing/sim_file_system.hpp simulates lost pages, lost names, torn writes and errors.
// FileSystem is thread-safe; a File may be read from many threads and written by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace adbacus {

enum class OpenMode { read, read_write, create_new, create_or_open, truncate };

class File {
 public:
  virtual ~File() = default;  // closes
  // Reads up to out.size() bytes at `offset`; a short count means end of file. Repeats EINTR.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) = 0;
  // Writes all of `bytes` or fails: EINTR repeats, a short write goes on. ENOSPC, EDQUOT and EFBIG
  // are storage_full, all else is io; after a failure the range's content is undefined.
  virtual Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  // Contents and size are on stable storage afterwards. After a failure the file must not be
  // trusted and sync must not be repeated (the kernel may have dropped the dirty pages).
  virtual Result<void> sync() = 0;
  virtual Result<std::uint64_t> size() = 0;
  virtual Result<void> resize(std::uint64_t size) = 0;
  // A hint: bytes in [from, to) that are on stable storage need not be kept in memory.
  virtual void forget_cached(std::uint64_t from, std::uint64_t to) {
    (void)from;
    (void)to;
  }
  // A hint: bytes in [from, to) are read soon, so the disk may begin now.
  virtual void will_read(std::uint64_t from, std::uint64_t to) {
    (void)from;
    (void)to;
  }
};

class FileLock {  // held until destroyed
 public:
  virtual ~FileLock() = default;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;  // a file or an empty folder
  virtual Result<void> make_folders(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;  // names, sorted
  virtual Result<bool> exists(const std::string& path) = 0;
  // Makes creates, renames and removes inside `folder` survive a power cut.
  virtual Result<void> sync_folder(const std::string& folder) = 0;
  // Exclusive, non-blocking; conflict if another process holds it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  // Of the disk that holds `folder`: what we may still use, and its size.
  struct Space {
    std::uint64_t free_bytes = 0;
    std::uint64_t total_bytes = 0;
  };
  virtual Result<Space> space(const std::string& folder) = 0;
  Result<std::uint64_t> free_bytes(const std::string& folder);
};

FileSystem& real_file_system();  // lives for the whole process

// Whole-file conveniences over any FileSystem.
Result<std::string> read_file(FileSystem& fs, const std::string& path);
// Temp file, sync, rename, folder sync: after success the new content survives, after a failure
// the old or the new one. One writer per path.
Result<void> write_file_atomically(FileSystem& fs, const std::string& path,
                                   std::string_view content);

}  // namespace adbacus
