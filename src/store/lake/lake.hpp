// Opens the lake of one node. Called once at start-up, by the store's registry.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "objects/object_store.hpp"
#include "store/event_lake.hpp"

namespace adbacus {

// Starts the lake's threads. The manifest lies in options.folder, the event files are objects named
// lake/events/…; raw queries and merges need objects with a local path. corrupt: the manifest is
// damaged or one of its files is missing or was found damaged (the lake can be removed and is then
// written again from the log). Arguments must outlive the lake.
Result<std::unique_ptr<EventLake>> open_lake(FileSystem& files, ObjectStore& objects, Clock& clock,
                                             const LakeOptions& options);

}  // namespace adbacus
