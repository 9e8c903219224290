// A lake in a temporary folder that tests may crash, damage and open again. Tests only.
#pragma once

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "objects/object_store.hpp"
#include "store/event_lake.hpp"
#include "store/lake/testing/random_events.hpp"

namespace adbacus::testing_lake {

// A new empty folder, in memory where the machine has such a file system: these tests sync
// thousands of small files and check the order of effects, not the disk.
std::string make_test_folder();

class LakeFolder : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  Result<std::unique_ptr<EventLake>> try_open();
  std::unique_ptr<EventLake> open();  // expects success
  void wipe();                        // for a new start; no lake may be open
  // Every visible row, through a reader of its own.
  void expect_visible(EventLake& lake, const std::vector<ExpectedRow>& expected);
  // Names of all files under the lake's folder.
  std::vector<std::string> files_on_disk() const;
  std::string manifest_path() const { return options_.folder + "/manifest"; }

  std::string folder_;
  LakeOptions options_;
  std::unique_ptr<ObjectStore> objects_;
};

// While it lives, the failpoint that is hit for the `nth` time (from 1, counted over all names that
// start with `prefix`) fails with io, as does every later one: what a process that dies there
// leaves behind, on a disk that keeps what was written.
class CrashAt {
 public:
  CrashAt(std::string prefix, int nth);
  ~CrashAt();
  CrashAt(const CrashAt&) = delete;
  CrashAt& operator=(const CrashAt&) = delete;
  bool crashed() const { return hits_ >= nth_; }

 private:
  static Result<void> hit(std::string_view name, void* self);
  std::string prefix_;
  int nth_;
  std::atomic<int> hits_{0};
};

}  // namespace adbacus::testing_lake
