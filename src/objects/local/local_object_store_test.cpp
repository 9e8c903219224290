#include "objects/local/local_object_store.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "objects/registry.hpp"
#include "objects/testing/contract.hpp"

namespace adbacus {
namespace {

class LocalObjects : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "adbacus-objects-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<ObjectStore> open() {
    auto store = open_object_store(real_file_system(), {"local", folder_ + "/objects"});
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
  }
  std::string folder_;
};

TEST_F(LocalObjects, KeepTheContract) {
  check_object_store_contract(*open());
}

TEST_F(LocalObjects, AreThereAfterReopening) {
  ASSERT_TRUE(open()->put("a/b", "content"));
  EXPECT_EQ(*open()->get("a/b"), "content");
}

TEST_F(LocalObjects, AreReadableByOthersAtTheirLocalPath) {
  auto store = open();
  ASSERT_TRUE(store->put("a/b", "content"));
  std::ifstream file(store->local_path("a/b"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "content");
}

TEST_F(LocalObjects, NoTemporaryFileIsLeftBehind) {
  auto store = open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(store->put("x", std::to_string(i)));
  EXPECT_EQ(store->list("")->size(), 1U);
}

TEST(ObjectRegistry, NamesTheKnownBackendsWhenAskedForAnother) {
  auto store = open_object_store(real_file_system(), {"tape", "x"});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(store.error().message.find("local"), std::string::npos);
}

TEST(ObjectRegistry, RefusesAnEmptyFolder) {
  EXPECT_FALSE(open_object_store(real_file_system(), {"local", ""}));
}

}  // namespace
}  // namespace adbacus
