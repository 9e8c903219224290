#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>

#include "base/file_system.hpp"

namespace adbacus {
namespace {

constexpr mode_t kFileMode = 0600;  // events and keys are nobody else's business
constexpr mode_t kFolderMode = 0700;

ErrorCode code_of(int number) {
  switch (number) {
    case ENOENT:
      return ErrorCode::not_found;
    case EEXIST:
    case EWOULDBLOCK:
      return ErrorCode::conflict;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::storage_full;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ErrorCode::unavailable;
    case EACCES:
    case EPERM:
      return ErrorCode::forbidden;
    default:
      return ErrorCode::io;
  }
}

Error system_error(std::string_view what, const std::string& path, int number) {
  return {code_of(number),
          fmt::format("{} {}: {}", what, path, std::generic_category().message(number))};
}

class RealFile final : public File {
 public:
  RealFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~RealFile() override { ::close(descriptor_); }
  RealFile(const RealFile&) = delete;
  RealFile& operator=(const RealFile&) = delete;

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t n = ::pread(descriptor_, out.data() + done, out.size() - done,
                                static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_error("read", path_, errno);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done,
                                 static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_error("write", path_, errno);
      // A disk that takes nothing and reports no error would spin here for ever.
      if (n == 0) return system_error("write", path_, ENOSPC);
      done += static_cast<std::size_t>(n);
    }
    return {};
  }

  Result<void> sync() override {
    if (::fdatasync(descriptor_) != 0) return system_error("sync", path_, errno);
    return {};
  }

  void forget_cached(std::uint64_t from, std::uint64_t to) override {
    (void)::posix_fadvise(descriptor_, static_cast<off_t>(from), static_cast<off_t>(to - from),
                          POSIX_FADV_DONTNEED);
  }

  void will_read(std::uint64_t from, std::uint64_t to) override {
    (void)::posix_fadvise(descriptor_, static_cast<off_t>(from), static_cast<off_t>(to - from),
                          POSIX_FADV_WILLNEED);
  }

  Result<std::uint64_t> size() override {
    struct stat info = {};
    if (::fstat(descriptor_, &info) != 0) return system_error("stat", path_, errno);
    return static_cast<std::uint64_t>(info.st_size);
  }

  Result<void> resize(std::uint64_t size) override {
    while (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
      if (errno != EINTR) return system_error("resize", path_, errno);
    }
    return {};
  }

 private:
  int descriptor_;
  std::string path_;
};

class RealFileLock final : public FileLock {
 public:
  explicit RealFileLock(int descriptor) : descriptor_(descriptor) {}
  ~RealFileLock() override { ::close(descriptor_); }
  RealFileLock(const RealFileLock&) = delete;
  RealFileLock& operator=(const RealFileLock&) = delete;

 private:
  int descriptor_;
};

Result<int> open_descriptor(const std::string& path, int flags) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, kFileMode);
    if (descriptor >= 0) return descriptor;
    if (errno != EINTR) return system_error("open", path, errno);
  }
}

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::read:
      return O_RDONLY;
    case OpenMode::read_write:
      return O_RDWR;
    case OpenMode::create_new:
      return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::create_or_open:
      return O_RDWR | O_CREAT;
    case OpenMode::truncate:
      return O_RDWR | O_CREAT | O_TRUNC;
  }
  return O_RDONLY;
}

class RealFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto descriptor = open_descriptor(path, flags_of(mode));
    if (!descriptor) return descriptor.error();
    return std::unique_ptr<File>(std::make_unique<RealFile>(*descriptor, path));
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error("rename", from, errno);
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) == 0) return {};
    if (errno == EISDIR || errno == EPERM) {
      if (::rmdir(path.c_str()) == 0) return {};
    }
    return system_error("remove", path, errno);
  }

  // Each new folder's name is made durable in its parent, so files synced below it stay reachable.
  Result<void> make_folders(const std::string& path) override {
    std::filesystem::path made;
    for (const auto& part : std::filesystem::path(path)) {
      const std::string parent = made.empty() ? std::string(".") : made.string();
      made /= part;
      if (::mkdir(made.c_str(), kFolderMode) == 0) {
        if (auto synced = sync_folder(parent); !synced) return synced;
        continue;
      }
      if (errno == EEXIST) {
        // Perhaps made by a process that was killed before its sync. A parent that we may not open
        // is not ours and was not made by us.
        if (made == std::filesystem::path(path)) (void)sync_folder(parent);
        continue;
      }
      // A read-only or foreign parent answers EACCES or EROFS for what is there already.
      const int number = errno;
      std::error_code ignored;
      if (std::filesystem::is_directory(made, ignored)) continue;
      return system_error("make folder", made.string(), number);
    }
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      return system_error("make folder", path, ENOTDIR);
    }
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator entry(folder, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      names.push_back(entry->path().filename().string());
    }
    if (error) return system_error("list", folder, error.value());
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<bool> exists(const std::string& path) override {
    struct stat info = {};
    if (::stat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return system_error("stat", path, errno);
  }

  Result<void> sync_folder(const std::string& folder) override {
    auto descriptor = open_descriptor(folder, O_RDONLY | O_DIRECTORY);
    if (!descriptor) return descriptor.error();
    const int failed = ::fsync(*descriptor);
    const int number = errno;
    ::close(*descriptor);
    if (failed != 0) return system_error("sync folder", folder, number);
    return {};
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    auto descriptor = open_descriptor(path, O_RDWR | O_CREAT);
    if (!descriptor) return descriptor.error();
    auto lock = std::make_unique<RealFileLock>(*descriptor);
    while (::flock(*descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno == EWOULDBLOCK) {
        return Error{ErrorCode::conflict, fmt::format("{} is held by another process", path)};
      }
      return system_error("lock", path, errno);
    }
    return std::unique_ptr<FileLock>(std::move(lock));
  }

  Result<Space> space(const std::string& folder) override {
    struct statvfs info = {};
    if (::statvfs(folder.c_str(), &info) != 0) return system_error("free space of", folder, errno);
    return Space{.free_bytes = std::uint64_t{info.f_bavail} * info.f_frsize,
                 .total_bytes = std::uint64_t{info.f_blocks} * info.f_frsize};
  }
};

}  // namespace

FileSystem& real_file_system() {
  static RealFileSystem file_system;
  return file_system;
}

}  // namespace adbacus
