// Looks at store and lake of a stopped data folder before anything opens them: opening mends what
// it can, and then nobody would see that it was broken. Changes nothing. Used by `adbacus verify`
// while it holds the folder's lock; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "app/config.hpp"
#include "store/stored_damage.hpp"

namespace adbacus {

struct DerivedInspection {
  std::vector<StoredDamage> damage;
  std::vector<StoredDamage> leftovers;  // of a crash: harmless, the next opening removes them
};

// `progress` is called with (bytes read, bytes of the lake). conflict: written by a newer version.
Result<DerivedInspection> inspect_derived(
    FileSystem& fs, const Config& config,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace adbacus
