#include "base/file_system.hpp"

#include <filesystem>

namespace adbacus {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20U;

Result<void> write_and_sync(FileSystem& fs, const std::string& path, std::string_view content) {
  auto file = fs.open(path, OpenMode::truncate);
  if (!file) return file.error();
  const auto bytes = std::as_bytes(std::span(content));
  if (auto written = (*file)->write_at(0, bytes); !written) return written;
  return (*file)->sync();
}

}  // namespace

Result<std::uint64_t> FileSystem::free_bytes(const std::string& folder) {
  auto found = space(folder);
  if (!found) return found.error();
  return found->free_bytes;
}

Result<std::string> read_file(FileSystem& fs, const std::string& path) {
  auto file = fs.open(path, OpenMode::read);
  if (!file) return file.error();
  std::string content;
  for (;;) {
    const std::size_t begin = content.size();
    content.resize(begin + kReadBytes);
    const auto room = std::as_writable_bytes(std::span(content).subspan(begin));
    auto got = (*file)->read_at(begin, room);
    if (!got) return got.error();
    content.resize(begin + *got);
    if (*got < kReadBytes) return content;
  }
}

Result<void> write_file_atomically(FileSystem& fs, const std::string& path,
                                   std::string_view content) {
  const std::string temp = path + ".tmp";
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string folder = parent.empty() ? std::string(".") : parent;
  if (auto written = write_and_sync(fs, temp, content); !written) {
    (void)fs.remove(temp);  // best effort: the old content is untouched
    return written;
  }
  if (auto renamed = fs.rename(temp, path); !renamed) return renamed;
  return fs.sync_folder(folder);
}

}  // namespace adbacus
