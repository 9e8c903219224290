#include "store/lake/visible_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <utility>

#include "base/failpoint.hpp"
#include "base/hash.hpp"
#include "base/logging.hpp"

namespace adbacus {

VisibleFiles::VisibleFiles(ObjectStore& objects, std::string merge_path)
    : objects_(objects), merge_path_(std::move(merge_path)) {}

Result<std::unique_ptr<VisibleFiles>> VisibleFiles::open(FileSystem& files, ObjectStore& objects,
                                                         const std::string& folder) {
  if (auto made = files.make_folders(folder); !made) return made.error();
  const std::string merge_path =
      std::filesystem::absolute(folder + "/merge.tmp").lexically_normal().string();
  auto half_merged = files.exists(merge_path);
  if (!half_merged) return half_merged.error();
  if (*half_merged) {
    if (auto removed = files.remove(merge_path); !removed) return removed.error();
  }
  std::unique_ptr<VisibleFiles> visible(new VisibleFiles(objects, merge_path));
  auto manifest = LakeManifest::open(files, folder + "/manifest");
  if (!manifest) return manifest.error();
  visible->manifest_ = std::move(*manifest);
  if (auto checked = visible->check_objects(); !checked) return checked.error();
  return visible;
}

Result<void> VisibleFiles::check_objects() {
  auto listed = objects_.list(std::string(kEventFilePrefix));
  if (!listed) return listed.error();
  std::size_t found = 0;
  for (const ObjectInfo& object : *listed) {
    const auto known = manifest_->files().find(object.name);
    if (known == manifest_->files().end()) {
      log_warn("lake: removing a file that was never published", {{"name", object.name}});
      if (auto removed = objects_.remove(object.name); !removed) return removed;
    } else if (known->second.bytes != object.bytes) {
      return Error{ErrorCode::corrupt,
                   fmt::format("lake file {} has {} bytes, the manifest says {}", object.name,
                               object.bytes, known->second.bytes)};
    } else {
      ++found;
    }
  }
  if (found == manifest_->files().size()) return {};
  for (const auto& [name, file] : manifest_->files()) {
    const auto same = [&n = name](const ObjectInfo& object) { return object.name == n; };
    if (std::none_of(listed->begin(), listed->end(), same))
      return Error{ErrorCode::corrupt,
                   fmt::format("lake file {} is missing: events {} to {} of its hour", name,
                               file.first_seq, file.last_seq)};
  }
  return {};
}

std::shared_ptr<const VisibleFiles::Snapshot> VisibleFiles::snapshot(TimeUs from_us, TimeUs to_us) {
  const std::lock_guard lock(mutex_);
  Snapshot snapshot;
  snapshot.committed = manifest_->committed();
  const TimeUs first_hour_us = floor_to(from_us, kHourUs);
  for (auto at = manifest_->files().lower_bound(event_file_name(first_hour_us, 0, 0));
       at != manifest_->files().end() && at->second.hour_us < to_us; ++at)
    snapshot.files.push_back(at->second);
  return hold(std::move(snapshot));
}

std::shared_ptr<const VisibleFiles::Snapshot> VisibleFiles::snapshot() {
  const std::lock_guard lock(mutex_);
  Snapshot snapshot;
  snapshot.committed = manifest_->committed();
  for (const auto& [name, file] : manifest_->files()) snapshot.files.push_back(file);
  return hold(std::move(snapshot));
}

std::shared_ptr<const VisibleFiles::Snapshot> VisibleFiles::hold(Snapshot snapshot) {
  const std::uint64_t epoch = epoch_;
  held_.insert(epoch);
  return {new Snapshot(std::move(snapshot)), [this, epoch](const Snapshot* gone) {
            delete gone;
            release(epoch);
          }};
}

void VisibleFiles::release(std::uint64_t epoch) {
  std::unique_lock lock(mutex_);
  held_.erase(held_.find(epoch));
  remove_garbage(lock);
}

Result<void> VisibleFiles::put(const LakeFile& file, std::string_view content) {
  return objects_.put(file.name, content);
}

Result<bool> VisibleFiles::is_intact(const LakeFile& file) {
  auto content = objects_.get(file.name);
  if (content) return content->size() == file.bytes && hash64(*content, 0) == file.hash;
  if (content.error().code == ErrorCode::not_found) return false;
  return content.error();
}

Result<void> VisibleFiles::publish(const LakeChange& change) {
  std::unique_lock lock(mutex_);
  return publish(change, lock);
}

Result<void> VisibleFiles::publish_merge(LakeChange change) {
  std::unique_lock lock(mutex_);
  change.committed = manifest_->committed();
  return publish(change, lock);
}

Result<void> VisibleFiles::publish(const LakeChange& change, std::unique_lock<std::mutex>& lock) {
  if (auto applied = manifest_->apply(change); !applied) return applied;
  if (auto fault = failpoint("lake.after_manifest"); !fault) return fault;
  if (change.removed.empty()) return {};
  for (const std::string& name : change.removed) garbage_.push_back({epoch_, name});
  ++epoch_;
  remove_garbage(lock);
  return {};
}

void VisibleFiles::remove_garbage(std::unique_lock<std::mutex>& lock) {
  std::vector<std::string> names;
  std::erase_if(garbage_, [&](const Garbage& garbage) {
    if (!held_.empty() && *held_.begin() <= garbage.epoch) return false;
    names.push_back(garbage.name);
    return true;
  });
  lock.unlock();
  for (const std::string& name : names) {
    // What stays behind is removed at the next start.
    if (auto removed = objects_.remove(name); !removed)
      log_warn("lake: merged file not removed", {{"error", removed.error().message}});
  }
}

std::string VisibleFiles::local_path(const std::string& name) const {
  const std::string path = objects_.local_path(name);
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

Seq VisibleFiles::committed() {
  const std::lock_guard lock(mutex_);
  return manifest_->committed();
}

VisibleFiles::Totals VisibleFiles::totals() {
  const std::lock_guard lock(mutex_);
  Totals totals;
  for (const auto& [name, file] : manifest_->files()) {
    ++totals.files;
    totals.rows += file.rows;
    totals.bytes += file.bytes;
  }
  return totals;
}

}  // namespace adbacus
