#include "base/held_wakes.hpp"

#include <gtest/gtest.h>
#include <string>
#include <thread>

namespace adbacus {
namespace {

TEST(HeldWakes, HappenAtOnceWhereNothingIsHeld) {
  std::string seen;
  wake([&] { seen += 'a'; });
  EXPECT_EQ(seen, "a");
}

TEST(HeldWakes, AreKeptInTheirOrderUntilReleased) {
  std::string seen;
  {
    HeldWakes held;
    wake([&] { seen += 'a'; });
    wake([&] { seen += 'b'; });
    EXPECT_EQ(seen, "");
    held.release();
    EXPECT_EQ(seen, "ab");
    held.release();
    EXPECT_EQ(seen, "ab") << "each happens once";
    wake([&] { seen += 'c'; });
    EXPECT_EQ(seen, "ab");
  }
  EXPECT_EQ(seen, "abc");
  wake([&] { seen += 'd'; });
  EXPECT_EQ(seen, "abcd");
}

TEST(HeldWakes, OtherThreadsHoldNothing) {
  HeldWakes held;
  std::string seen;
  std::thread([&] { wake([&] { seen += 'a'; }); }).join();
  EXPECT_EQ(seen, "a");
}

}  // namespace
}  // namespace adbacus
