// Opens the object store that the configuration names. Called once at start-up.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "objects/object_store.hpp"

namespace adbacus {

struct ObjectStoreOptions {
  std::string backend = "local";  // one of object_store_backends()
  std::string folder;             // local: where the objects lie
};

std::vector<std::string> object_store_backends();
// invalid_argument lists the known backends. `files` must outlive the store.
Result<std::unique_ptr<ObjectStore>> open_object_store(FileSystem& files,
                                                       const ObjectStoreOptions& options);

}  // namespace adbacus
