// Named blobs: lake files, state snapshots, exports. Names are relative paths with '/', without
// "..". Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace adbacus {

struct ObjectInfo {
  std::string name;
  std::uint64_t bytes = 0;
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  // Whole or not at all, and on stable storage when it returns; replaces an existing object.
  virtual Result<void> put(const std::string& name, std::string_view content) = 0;
  virtual Result<std::string> get(const std::string& name) = 0;  // not_found
  virtual Result<std::string> get_range(const std::string& name, std::uint64_t offset,
                                        std::uint64_t bytes) = 0;               // short at the end
  virtual Result<ObjectInfo> info(const std::string& name) = 0;                 // not_found
  virtual Result<std::vector<ObjectInfo>> list(const std::string& prefix) = 0;  // sorted by name
  virtual Result<void> remove(const std::string& name) = 0;                     // absent is success
  // A local path if the backend has one (the embedded store reads Parquet in place), else empty.
  virtual std::string local_path(const std::string& name) const = 0;
};

}  // namespace adbacus
