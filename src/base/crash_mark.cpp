#include "base/crash_mark.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace adbacus {
namespace {

constexpr std::size_t kPageBytes = 4096;

Error failed(const std::string& path) {
  return {ErrorCode::io, path + ": " + std::strerror(errno)};
}

}  // namespace

Result<std::unique_ptr<CrashMark>> CrashMark::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return failed(path);
  // Allocated, not only sized: a store into a page that a full disk cannot take kills the process.
  void* page = MAP_FAILED;
  errno = ::posix_fallocate(file, 0, kPageBytes);
  if (errno == 0) {
    page = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  const Error error = failed(path);
  ::close(file);
  if (page == MAP_FAILED) return error;
  return std::unique_ptr<CrashMark>(new CrashMark(static_cast<Cell*>(page)));
}

CrashMark::CrashMark(Cell* cell) : cell_(cell) {
  const std::uint64_t first = cell_->first.load();
  const std::uint64_t last = cell_->last.load();
  if (first != 0 && cell_->check.load() == check_of(first, last)) left_behind_.emplace(first, last);
  clear();
}

CrashMark::~CrashMark() {
  ::munmap(cell_, kPageBytes);
}

}  // namespace adbacus
