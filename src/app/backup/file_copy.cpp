#include "app/backup/file_copy.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/sha256.hpp"

namespace adbacus {
namespace {

constexpr std::size_t kStepBytes = std::size_t{1} << 20U;

bool all_zero(std::string_view bytes) {
  return bytes.empty() || (bytes[0] == 0 && bytes.substr(1) == bytes.substr(0, bytes.size() - 1));
}

// Calls take(offset, bytes) for `wanted` bytes from the front, or all.
Result<CopiedFile> read_through(
    File& file, const std::string& path, std::optional<std::uint64_t> wanted,
    const std::function<Result<void>(std::uint64_t, std::string_view)>& take) {
  CopiedFile done;
  Sha256 hash;
  std::string step(kStepBytes, '\0');
  while (!wanted || done.bytes < *wanted) {
    const std::uint64_t left = wanted ? *wanted - done.bytes : kStepBytes;
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, kStepBytes));
    auto got = file.read_at(done.bytes, std::as_writable_bytes(std::span(step.data(), size)));
    if (!got) return got.error();
    const std::string_view bytes = std::string_view(step).substr(0, *got);
    if (bytes.empty()) break;
    hash.update(bytes);
    if (auto taken = take(done.bytes, bytes); !taken) return taken.error();
    done.bytes += bytes.size();
  }
  if (wanted && done.bytes < *wanted) {
    return Error{ErrorCode::corrupt,
                 fmt::format("{} has {} of {} bytes", path, done.bytes, *wanted)};
  }
  done.sha256 = hash.finish();
  return done;
}

}  // namespace

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

Result<CopiedFile> copy_file(FileSystem& fs, const FileCopy& copy,
                             const std::function<void(std::uint64_t)>& progress) {
  auto source = fs.open(copy.from, OpenMode::read);
  if (!source) return source.error();
  if (auto made = fs.make_folders(folder_of(copy.to)); !made) return made.error();
  auto target = fs.open(copy.to, OpenMode::truncate);
  if (!target) return target.error();
  auto copied = read_through(**source, copy.from, copy.bytes,
                             [&](std::uint64_t offset, std::string_view bytes) -> Result<void> {
                               if (progress) progress(bytes.size());
                               if (all_zero(bytes)) return {};
                               return (*target)->write_at(offset, std::as_bytes(std::span(bytes)));
                             });
  if (!copied) return copied;
  auto done = (*target)->resize(copy.to_bytes.value_or(copied->bytes));
  if (done) done = (*target)->sync();
  if (!done) return done.error();
  return copied;
}

Result<CopiedFile> hash_file(FileSystem& fs, const std::string& path) {
  auto file = fs.open(path, OpenMode::read);
  if (!file) return file.error();
  if (auto synced = (*file)->sync(); !synced) return synced.error();
  return read_through(**file, path, {},
                      [](std::uint64_t, std::string_view) { return Result<void>(); });
}

Result<std::string> hash_front(FileSystem& fs, const std::string& path, std::uint64_t bytes,
                               bool must_end) {
  auto file = fs.open(path, OpenMode::read);
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  if (*size < bytes || (must_end && *size != bytes)) return std::string();
  auto hashed = read_through(**file, path, bytes,
                             [](std::uint64_t, std::string_view) { return Result<void>(); });
  if (!hashed) return hashed.error();
  return std::move(hashed->sha256);
}

}  // namespace adbacus
