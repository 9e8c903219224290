// Opens the analytics store that the configuration names: the only place that knows the backends.
// Called once by app while it wires the process.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "objects/object_store.hpp"
#include "store/analytics_store.hpp"
#include "store/embedded/embedded_store.hpp"
#include "store/embedded/store_inspection.hpp"
#include "store/event_lake.hpp"
#include "store/lake/lake_inspection.hpp"

namespace adbacus {

struct StoreOptions {
  std::string backend = "embedded";
  EmbeddedStoreOptions embedded;
};

// invalid_argument: unknown backend; else as the backend's own open.
Result<std::unique_ptr<OpeningStore>> begin_store(const StoreOptions& options, Clock& clock);
// Begins and finishes.
Result<std::unique_ptr<AnalyticsStore>> open_store(const StoreOptions& options, Clock& clock);

// What is wrong with a store that nobody has open; changes nothing.
Result<StoreInspection> inspect_store(FileSystem& files, const StoreOptions& options);

// The Parquet lake; corrupt: it can be removed and is then written again from the log.
Result<std::unique_ptr<EventLake>> open_event_lake(FileSystem& files, ObjectStore& objects,
                                                   Clock& clock, const LakeOptions& options);

}  // namespace adbacus
