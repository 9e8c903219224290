// A temporary folder for a store's files, and small things every store test needs.
#pragma once

#include <cstdint>
#include <string>

#include "base/testing/test_seed.hpp"
#include "store/analytics_store.hpp"

namespace adbacus {

class StoreFolder {
 public:
  StoreFolder();
  ~StoreFolder();  // removes it
  StoreFolder(const StoreFolder&) = delete;
  StoreFolder& operator=(const StoreFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string store_path() const { return path_ + "/store.duckdb"; }

 private:
  std::string path_;
};

// Until everything is committed, loaded, derived and compacted, or 20 s have passed.
bool wait_settled(AnalyticsStore& store);

}  // namespace adbacus
