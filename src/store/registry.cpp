#include "store/registry.hpp"

#include "store/lake/lake.hpp"

namespace adbacus {
namespace {

struct Backend {
  const char* name;
  Result<std::unique_ptr<OpeningStore>> (*begin)(const StoreOptions& options, Clock& clock);
  Result<StoreInspection> (*inspect)(FileSystem& files, const StoreOptions& options);
};

constexpr Backend kBackends[] = {
    {"embedded",
     [](const StoreOptions& options, Clock& clock) {
       return begin_embedded_store(options.embedded, clock);
     },
     [](FileSystem& files, const StoreOptions& options) {
       return inspect_embedded_store(files, options.embedded.path);
     }},
};

}  // namespace

Result<std::unique_ptr<OpeningStore>> begin_store(const StoreOptions& options, Clock& clock) {
  for (const Backend& backend : kBackends) {
    if (options.backend == backend.name) return backend.begin(options, clock);
  }
  return Error{ErrorCode::invalid_argument, "store.backend: unknown: " + options.backend};
}

Result<std::unique_ptr<AnalyticsStore>> open_store(const StoreOptions& options, Clock& clock) {
  auto opening = begin_store(options, clock);
  if (!opening) return opening.error();
  return (*opening)->finish_opening();
}

Result<StoreInspection> inspect_store(FileSystem& files, const StoreOptions& options) {
  for (const Backend& backend : kBackends) {
    if (options.backend == backend.name) return backend.inspect(files, options);
  }
  return Error{ErrorCode::invalid_argument, "store.backend: unknown: " + options.backend};
}

Result<std::unique_ptr<EventLake>> open_event_lake(FileSystem& files, ObjectStore& objects,
                                                   Clock& clock, const LakeOptions& options) {
  return open_lake(files, objects, clock, options);
}

}  // namespace adbacus
