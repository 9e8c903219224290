// Looks at a lake that nobody has open: every line of its manifest and every byte of its files.
// Changes nothing, unlike opening it. Called by `adbacus verify` through the store's registry; one
// thread.
#pragma once

#include <functional>
#include <vector>

#include "base/file_system.hpp"
#include "objects/object_store.hpp"
#include "store/lake/manifest.hpp"
#include "store/stored_damage.hpp"

namespace adbacus {

struct LakeInspection {
  bool absent = false;          // neither manifest nor event files: it was not written yet
  std::vector<LakeFile> files;  // that readable lines of the manifest list, sorted by name
  std::vector<StoredDamage> damage;
};

// `progress` is called with (bytes read, bytes listed). conflict: written by a newer version.
Result<LakeInspection> inspect_lake(
    FileSystem& files, ObjectStore& objects, const std::string& folder,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace adbacus
