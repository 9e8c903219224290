#include "app/backup/backup_sweep.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <set>
#include <vector>

namespace adbacus {

Result<void> sweep_backup_folder(FileSystem& fs, const std::string& folder,
                                 std::string_view run_prefix, const BackupManifest& manifest) {
  std::set<std::string> named;
  for (const BackupFile& file : manifest.files) named.insert(file.stored);
  std::vector<std::string> files;
  std::vector<std::string> folders;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(folder, error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string path =
        std::filesystem::relative(entry->path(), folder, error).generic_string();
    if (error || !path.starts_with(run_prefix)) continue;
    if (entry->is_directory()) {
      folders.push_back(path);
    } else if (!named.contains(path)) {
      files.push_back(path);
    }
  }
  if (error) return Error{ErrorCode::io, fmt::format("{}: {}", folder, error.message())};
  for (const std::string& file : files) {
    if (auto removed = fs.remove(folder + "/" + file); !removed) return removed;
  }
  std::sort(folders.rbegin(), folders.rend());  // children first
  for (const std::string& inner : folders) {
    auto names = fs.list(folder + "/" + inner);
    if (!names) return names.error();
    if (!names->empty()) continue;
    if (auto removed = fs.remove(folder + "/" + inner); !removed) return removed;
  }
  return {};
}

}  // namespace adbacus
