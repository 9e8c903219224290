// Objects as files of one folder: temp file, sync, rename, folder sync. For a single machine; the
// folder must belong to this process alone. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "objects/object_store.hpp"

namespace adbacus {

// Creates the folder if it is missing. `files` must outlive the store.
Result<std::unique_ptr<ObjectStore>> open_local_objects(FileSystem& files, std::string folder);

}  // namespace adbacus
