// Which event files were found to be no longer what was written, after a read of them failed. Kept
// in a file beside the manifest, so that the next start knows and writes the lake again.
// Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/file_system.hpp"
#include "store/lake/visible_files.hpp"

namespace adbacus {

class DamageWatch {
 public:
  // Reads what an earlier process found; of files that are not visible any more nothing is kept.
  static Result<std::unique_ptr<DamageWatch>> open(FileSystem& files, const std::string& folder,
                                                   VisibleFiles& visible);

  // Hashes the files of these event hours that it has not seen before, which may take seconds:
  // for after a failure. Corrupt, naming the file, if one of them is damaged.
  std::optional<Error> look(VisibleFiles& visible, TimeUs from_us, TimeUs to_us);

  std::size_t count() const;
  std::string first() const;  // empty if there is none
  // What open_lake() answers for it.
  Error error() const;

 private:
  DamageWatch(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  Error error_of(const std::string& name) const;
  void note(const LakeFile& file);
  // Not looked at before; else `damaged` is what was found then.
  bool is_new(const std::string& name, bool& damaged);

  FileSystem& files_;
  const std::string path_;
  mutable std::mutex mutex_;       // guards all below
  std::set<std::string> damaged_;  // names
  std::set<std::string> seen_;     // looked at by this process
};

}  // namespace adbacus
