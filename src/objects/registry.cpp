#include "objects/registry.hpp"

#include <array>

#include "objects/local/local_object_store.hpp"

namespace adbacus {
namespace {

using OpenFn = Result<std::unique_ptr<ObjectStore>>(FileSystem&, const ObjectStoreOptions&);

struct Backend {
  const char* name;
  OpenFn* open;
};

constexpr std::array kBackends{
    Backend{"local",
            [](FileSystem& files, const ObjectStoreOptions& options) {
              return open_local_objects(files, options.folder);
            }},
};

}  // namespace

std::vector<std::string> object_store_backends() {
  std::vector<std::string> names;
  for (const Backend& backend : kBackends) names.emplace_back(backend.name);
  return names;
}

Result<std::unique_ptr<ObjectStore>> open_object_store(FileSystem& files,
                                                       const ObjectStoreOptions& options) {
  for (const Backend& backend : kBackends) {
    if (options.backend == backend.name) return backend.open(files, options);
  }
  std::string known;
  for (const std::string& name : object_store_backends()) known += " " + name;
  return Error{ErrorCode::invalid_argument,
               "objects.backend \"" + options.backend + "\" is not known; known:" + known};
}

}  // namespace adbacus
