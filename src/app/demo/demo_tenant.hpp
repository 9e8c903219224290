// The tenant `demo` and its key, made on first use. One thread.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"

namespace adbacus {

inline constexpr const char* kDemoTenant = "demo";
inline constexpr const char* kDemoKeyFile = "demo.key";

inline constexpr const char* kDemoAdvice =
    "Start the server with `serve --demo` and name its <data>/demo.key by --key-file, or make a "
    "key "
    "on its stopped folder: adbacus keys create --new-tenant --tenant demo --scopes ingest";

struct DemoTenant {
  std::string key;
  std::string key_file;  // <data>/demo.key, readable by its owner only
  bool is_new = false;
};
// `folder` is the data folder of `catalog`. May be called while a server uses both: it knows the
// key within two seconds.
Result<DemoTenant> prepare_demo(Catalog& catalog, const std::string& folder, Clock& clock);

// For a command: the demo tenant of the server at `url` if that is the one which runs on `folder`
// (its port stands there). not_found, with what to do, otherwise.
Result<DemoTenant> prepare_demo_beside(const std::string& url, const std::string& folder,
                                       Clock& clock);

}  // namespace adbacus
