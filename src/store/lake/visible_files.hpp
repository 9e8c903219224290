// The lake's visible files: the manifest, the objects it names, and the readers that hold on to
// files which a merge has replaced. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.hpp"
#include "objects/object_store.hpp"
#include "store/lake/manifest.hpp"

namespace adbacus {

class VisibleFiles {
 public:
  // Checks that every file of the manifest is there in full (else corrupt) and removes what no
  // manifest line names: leftovers of a crash. Arguments must outlive the object.
  static Result<std::unique_ptr<VisibleFiles>> open(FileSystem& files, ObjectStore& objects,
                                                    const std::string& folder);

  // What was visible at one moment; its files stay readable until it is destroyed.
  struct Snapshot {
    std::vector<LakeFile> files;  // sorted by name
    Seq committed = 0;
  };
  // Files of the event hours that touch [from, to).
  std::shared_ptr<const Snapshot> snapshot(TimeUs from_us, TimeUs to_us);
  std::shared_ptr<const Snapshot> snapshot();  // all

  Result<void> put(const LakeFile& file, std::string_view content);
  // False: the file is gone or its bytes are not those that were written. Reads all of it.
  Result<bool> is_intact(const LakeFile& file);
  // Makes the change visible and durable, as LakeManifest::apply. Files that it removes are deleted
  // once no snapshot holds them.
  Result<void> publish(const LakeChange& change);
  // The same for a change that leaves the committed position as it is.
  Result<void> publish_merge(LakeChange change);
  Seq committed();
  std::string merge_path() const { return merge_path_; }  // where a merge may write

  struct Totals {
    std::size_t files = 0;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
  };
  Totals totals();
  // Absolute; empty if the objects are not local.
  std::string local_path(const std::string& name) const;

 private:
  struct Garbage {
    std::uint64_t epoch;
    std::string name;
  };
  VisibleFiles(ObjectStore& objects, std::string merge_path);
  Result<void> check_objects();
  Result<void> publish(const LakeChange& change, std::unique_lock<std::mutex>& lock);
  std::shared_ptr<const Snapshot> hold(Snapshot snapshot);  // mutex_ is held
  void release(std::uint64_t epoch);
  void remove_garbage(std::unique_lock<std::mutex>& lock);

  ObjectStore& objects_;
  const std::string merge_path_;
  std::mutex mutex_;  // guards all below
  std::unique_ptr<LakeManifest> manifest_;
  std::uint64_t epoch_ = 0;            // rises with each change that removes files
  std::multiset<std::uint64_t> held_;  // epochs of living snapshots
  std::vector<Garbage> garbage_;
};

}  // namespace adbacus
