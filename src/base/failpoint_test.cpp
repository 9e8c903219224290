#include "base/failpoint.hpp"

#include <gtest/gtest.h>
#include <new>
#include <string>
#include <vector>

namespace adbacus {
namespace {

class Failpoint : public testing::Test {
 protected:
  void TearDown() override {
    failpoint_set_hook(nullptr, nullptr);
    ASSERT_TRUE(failpoint_configure(""));
  }
};

TEST_F(Failpoint, LetsEverythingPassUnlessConfigured) {
  EXPECT_TRUE(failpoint("log.anything"));
  ASSERT_TRUE(failpoint_configure("log.other=return(io)"));
  EXPECT_TRUE(failpoint("log.anything"));
}

TEST_F(Failpoint, ReturnsTheNamedError) {
  ASSERT_TRUE(failpoint_configure("a=return(storage_full);b=return"));
  EXPECT_EQ(failpoint("a").error().code, ErrorCode::storage_full);
  EXPECT_EQ(failpoint("b").error().code, ErrorCode::io);
}

TEST_F(Failpoint, ThrowsWhatAnAllocationThrows) {
  ASSERT_TRUE(failpoint_configure("a=1*no_memory"));
  EXPECT_THROW(static_cast<void>(static_cast<bool>(failpoint("a"))), std::bad_alloc);
  EXPECT_TRUE(failpoint("a"));
}

TEST_F(Failpoint, GoesOnToTheNextTaskWhenTheCountIsUsedUp) {
  ASSERT_TRUE(failpoint_configure("a=2*off->1*return(corrupt)->off"));
  EXPECT_TRUE(failpoint("a"));
  EXPECT_TRUE(failpoint("a"));
  EXPECT_EQ(failpoint("a").error().code, ErrorCode::corrupt);
  EXPECT_TRUE(failpoint("a"));
}

TEST_F(Failpoint, FailsAboutTheGivenShareOfHits) {
  ASSERT_TRUE(failpoint_configure("a=25%return(io)"));
  int failed = 0;
  for (int i = 0; i < 4000; ++i) failed += failpoint("a") ? 0 : 1;
  EXPECT_GT(failed, 800);
  EXPECT_LT(failed, 1200);
}

TEST_F(Failpoint, NamesThePartOfAConfigurationItCannotRead) {
  for (const char* text : {"a", "a=fly", "a=return(nothing)", "a=sleep(x)", "a=x*off", "=off",
                           "a=200%off", "a=sleep(3"}) {
    const auto configured = failpoint_configure(text);
    ASSERT_FALSE(configured) << text;
    EXPECT_EQ(configured.error().code, ErrorCode::invalid_argument);
  }
}

TEST_F(Failpoint, TellsTheHookEachNameAndReturnsItsError) {
  struct Seen {
    std::vector<std::string> names;
  } seen;
  failpoint_set_hook(
      [](std::string_view name, void* context) -> Result<void> {
        static_cast<Seen*>(context)->names.emplace_back(name);
        if (name == "b") return Error{ErrorCode::unavailable, "hook"};
        return {};
      },
      &seen);
  EXPECT_TRUE(failpoint("a"));
  EXPECT_EQ(failpoint("b").error().code, ErrorCode::unavailable);
  EXPECT_EQ(seen.names, (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace adbacus
