#include "base/crash_mark.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace adbacus {
namespace {

class CrashMarkTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/adbacus-mark-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/mark"; }
  std::string folder_;
};

TEST_F(CrashMarkTest, ShowsWhatAKilledProcessWasBusyWithOnce) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto mark = CrashMark::open(path());
    if (!mark) ::_exit(1);
    (*mark)->set(5, 9);
    (*mark)->clear();
    (*mark)->set(17, 20);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  {
    auto mark = CrashMark::open(path());
    ASSERT_TRUE(mark) << mark.error().message;
    ASSERT_TRUE((*mark)->left_behind());
    EXPECT_EQ((*mark)->left_behind()->first, 17U);
    EXPECT_EQ((*mark)->left_behind()->second, 20U);
  }
  auto mark = CrashMark::open(path());
  ASSERT_TRUE(mark);
  EXPECT_FALSE((*mark)->left_behind());
}

TEST_F(CrashMarkTest, ShowsNothingAfterAStopInOrder) {
  {
    auto mark = CrashMark::open(path());
    ASSERT_TRUE(mark);
    EXPECT_FALSE((*mark)->left_behind());
    (*mark)->set(1, 1);
    (*mark)->clear();
  }
  auto mark = CrashMark::open(path());
  ASSERT_TRUE(mark);
  EXPECT_FALSE((*mark)->left_behind());
}

TEST_F(CrashMarkTest, SaysWhyItCannotBeOpened) {
  EXPECT_FALSE(CrashMark::open(folder_ + "/no/such/folder"));
}

}  // namespace
}  // namespace adbacus
