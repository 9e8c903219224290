#include "store/lake/lake_inspection.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "base/hash.hpp"
#include "store/lake/manifest_line.hpp"

namespace adbacus {
namespace {

constexpr const char* kManifest = "lake/manifest";

class Inspector {
 public:
  Inspector(FileSystem& files, ObjectStore& objects, const std::string& folder,
            const std::function<void(std::uint64_t, std::uint64_t)>& progress)
      : files_(files), objects_(objects), path_(folder + "/manifest"), progress_(progress) {}

  Result<LakeInspection> run() {
    auto listed = objects_.list(std::string(kEventFilePrefix));
    if (!listed) return listed.error();
    for (const ObjectInfo& object : *listed) on_disk_[object.name] = object.bytes;
    auto there = files_.exists(path_);
    if (!there) return there.error();
    if (!*there && on_disk_.empty()) {
      out_.absent = true;
      return std::move(out_);
    }
    if (!*there) {
      note(DamageKind::missing, kManifest, "nothing says which event files count");
    } else if (auto read = read_manifest(); !read) {
      return read.error();
    }
    if (auto checked = check_files(); !checked) return checked.error();
    return std::move(out_);
  }

 private:
  void note(DamageKind kind, std::string name, std::string detail) {
    out_.damage.push_back({.kind = kind,
                           .name = std::move(name),
                           .detail = std::move(detail),
                           .left_by_crash = false});
  }

  Result<void> read_manifest() {
    auto content = read_file(files_, path_);
    if (!content) return content.error();
    std::string_view rest = *content;
    if (manifest_is_newer(rest)) {
      return Error{ErrorCode::conflict,
                   fmt::format("{} was written by a newer version of adbacus", path_)};
    }
    if (rest.starts_with(kManifestHeader)) {
      rest.remove_prefix(kManifestHeader.size());
    } else {
      note(DamageKind::damaged, fmt::format("{} line 1", kManifest), "is not a manifest's first");
      rest.remove_prefix(std::min(rest.size(), rest.find('\n') + 1));
    }
    for (std::size_t line = 2; !rest.empty(); ++line) {
      const std::size_t at = rest.find('\n');
      const bool whole = at != std::string_view::npos;
      const auto change = parse_manifest_line(rest.substr(0, at));
      rest.remove_prefix(whole ? at + 1 : rest.size());
      if (whole && change) {
        take(*change);
        continue;
      }
      note(DamageKind::damaged, fmt::format("{} line {}", kManifest, line),
           whole ? "does not match its checksum" : "is cut off");
      // Only the last line can be one that was never confirmed.
      out_.damage.back().left_by_crash = rest.empty();
    }
    return {};
  }

  void take(const LakeChange& change) {
    for (const std::string& name : change.removed) listed_.erase(name);
    for (const LakeFile& file : change.added) listed_[file.name] = file;
  }

  Result<void> check_files() {
    for (const auto& [name, file] : listed_) bytes_all_ += file.bytes;
    for (const auto& [name, file] : listed_) {
      out_.files.push_back(file);
      if (auto checked = check_file(file); !checked) return checked;
      bytes_seen_ += file.bytes;
      if (progress_) progress_(bytes_seen_, bytes_all_);
    }
    for (const auto& [name, bytes] : on_disk_) {
      if (listed_.contains(name)) continue;
      note(DamageKind::surplus, name, "the manifest does not list it, it is in no count");
      out_.damage.back().left_by_crash = true;
    }
    return {};
  }

  Result<void> check_file(const LakeFile& file) {
    const auto found = on_disk_.find(file.name);
    if (found == on_disk_.end()) {
      note(DamageKind::missing, file.name, rows_of(file));
      return {};
    }
    if (found->second != file.bytes) {
      note(DamageKind::damaged, file.name,
           fmt::format("has {} bytes instead of {}: {}", found->second, file.bytes, rows_of(file)));
      return {};
    }
    auto content = objects_.get(file.name);
    if (!content) return content.error();
    if (hash64(*content, 0) != file.hash)
      note(DamageKind::damaged, file.name, "its bytes changed: " + rows_of(file));
    return {};
  }

  static std::string rows_of(const LakeFile& file) {
    return fmt::format("{} rows of events {}-{}", file.rows, file.first_seq, file.last_seq);
  }

  FileSystem& files_;
  ObjectStore& objects_;
  const std::string path_;
  const std::function<void(std::uint64_t, std::uint64_t)>& progress_;
  std::map<std::string, std::uint64_t> on_disk_;  // name -> bytes
  std::map<std::string, LakeFile> listed_;
  std::uint64_t bytes_all_ = 0;
  std::uint64_t bytes_seen_ = 0;
  LakeInspection out_;
};

}  // namespace

Result<LakeInspection> inspect_lake(
    FileSystem& files, ObjectStore& objects, const std::string& folder,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  return Inspector(files, objects, folder, progress).run();
}

}  // namespace adbacus
