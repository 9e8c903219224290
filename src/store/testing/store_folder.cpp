#include "store/testing/store_folder.hpp"

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <stdlib.h>
#include <system_error>

#include "base/clock.hpp"

namespace adbacus {

StoreFolder::StoreFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "adbacus-store-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = path;
}

StoreFolder::~StoreFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

bool wait_settled(AnalyticsStore& store) {
  const TimeUs deadline = system_clock().mono_us() + 120 * kSecondUs;
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  while (!store.status().settled) {
    if (system_clock().mono_us() > deadline || store.status().failed) return false;
    never.wait_for(lock, std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace adbacus
