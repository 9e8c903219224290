#include "objects/local/local_object_store.hpp"

#include <algorithm>
#include <mutex>
#include <set>
#include <span>
#include <utility>

#include "objects/object_name.hpp"

namespace adbacus {
namespace {

class LocalObjectStore final : public ObjectStore {
 public:
  LocalObjectStore(FileSystem& files, std::string folder)
      : files_(files), folder_(std::move(folder)) {}

  Result<void> put(const std::string& name, std::string_view content) override {
    if (auto good = check_object_name(name); !good) return good;
    if (auto made = make_parents(name); !made) return made;
    return write_file_atomically(files_, local_path(name), content);
  }

  Result<std::string> get(const std::string& name) override {
    auto found = info(name);
    if (!found) return found.error();
    return get_range(name, 0, found->bytes);
  }

  Result<std::string> get_range(const std::string& name, std::uint64_t offset,
                                std::uint64_t bytes) override {
    auto file = open(name);
    if (!file) return file.error();
    auto size = (*file)->size();
    if (!size) return size.error();
    const std::uint64_t end = offset < *size ? std::min(bytes, *size - offset) : 0;
    std::string content(end, '\0');
    auto read = (*file)->read_at(offset, std::as_writable_bytes(std::span(content)));
    if (!read) return read.error();
    content.resize(*read);
    return content;
  }

  Result<ObjectInfo> info(const std::string& name) override {
    auto file = open(name);
    if (!file) return file.error();
    auto size = (*file)->size();
    if (!size) return size.error();
    return ObjectInfo{name, *size};
  }

  Result<std::vector<ObjectInfo>> list(const std::string& prefix) override {
    if (auto good = check_object_prefix(prefix); !good) return good.error();
    std::vector<ObjectInfo> found;
    const std::size_t slash = prefix.rfind('/');
    const std::string start = slash == std::string::npos ? "" : prefix.substr(0, slash);
    if (auto walked = walk(start, prefix, found); !walked) return walked.error();
    std::sort(found.begin(), found.end(),
              [](const ObjectInfo& a, const ObjectInfo& b) { return a.name < b.name; });
    return found;
  }

  Result<void> remove(const std::string& name) override {
    if (auto good = check_object_name(name); !good) return good;
    const std::string path = local_path(name);
    auto there = files_.exists(path);
    if (!there) return there.error();
    if (!*there) return {};
    if (auto removed = files_.remove(path); !removed) return removed;
    return files_.sync_folder(path.substr(0, path.rfind('/')));
  }

  std::string local_path(const std::string& name) const override { return folder_ + "/" + name; }

 private:
  Result<std::unique_ptr<File>> open(const std::string& name) {
    if (auto good = check_object_name(name); !good) return good.error();
    const std::string path = local_path(name);
    auto there = files_.exists(path);
    if (!there) return there.error();
    if (!*there) return Error{ErrorCode::not_found, "object " + name + " does not exist"};
    return files_.open(path, OpenMode::read);
  }

  // Creates the name's folders; each new one is made to survive in its parent before it is used.
  Result<void> make_parents(const std::string& name) {
    const std::size_t slash = name.rfind('/');
    if (slash == std::string::npos) return {};
    const std::string parent = name.substr(0, slash);
    const std::lock_guard lock(mutex_);
    if (known_folders_.contains(parent)) return {};
    if (auto made = files_.make_folders(local_path(parent)); !made) return made;
    for (std::size_t end = parent.size(); end != std::string::npos;) {
      end = parent.rfind('/', end - 1);
      const std::string above =
          end == std::string::npos ? folder_ : local_path(parent.substr(0, end));
      if (auto synced = files_.sync_folder(above); !synced) return synced;
    }
    if (known_folders_.size() >= kKnownFoldersMax) known_folders_.clear();
    known_folders_.insert(parent);
    return {};
  }

  // `folder` is relative and may be empty; keeps what starts with `prefix`.
  Result<void> walk(const std::string& folder, const std::string& prefix,
                    std::vector<ObjectInfo>& found) {
    const std::string path = folder.empty() ? folder_ : local_path(folder);
    auto there = files_.exists(path);
    if (!there) return there.error();
    if (!*there) return {};
    auto names = files_.list(path);
    if (!names) return names.error();
    for (const std::string& entry : *names) {
      const std::string name = folder.empty() ? entry : folder + "/" + entry;
      // Below, above or on the prefix; anything else cannot hold a match.
      if (!name.starts_with(prefix) && !prefix.starts_with(name + "/")) continue;
      if (files_.list(local_path(name))) {
        if (auto walked = walk(name, prefix, found); !walked) return walked;
        continue;
      }
      auto file = info(name);
      // Names that put() would refuse are not ours; a file that is gone was removed meanwhile.
      if (!file && (file.error().code == ErrorCode::not_found ||
                    file.error().code == ErrorCode::invalid_argument))
        continue;
      if (!file) return file.error();
      if (name.starts_with(prefix)) found.push_back(*file);
    }
    return {};
  }

  static constexpr std::size_t kKnownFoldersMax = 4096;
  FileSystem& files_;
  const std::string folder_;
  std::mutex mutex_;                     // guards known_folders_
  std::set<std::string> known_folders_;  // exist and are synced into their parents
};

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_local_objects(FileSystem& files, std::string folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  if (folder.empty())
    return Error{ErrorCode::invalid_argument, "the objects' folder must have a name"};
  if (auto made = files.make_folders(folder); !made) return made.error();
  return std::unique_ptr<ObjectStore>(std::make_unique<LocalObjectStore>(files, std::move(folder)));
}

}  // namespace adbacus
