#include "access/sign_in_guard.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/testing/sim_clock.hpp"
#include "counters/registry.hpp"

namespace adbacus {
namespace {

class SignInGuardTest : public ::testing::Test {
 protected:
  SimClock clock_{1'790'000'000 * kSecondUs};
  CounterStores counters_ = *open_counters({});
};

TEST_F(SignInGuardTest, EveryWrongPasswordAfterTheThirdDoublesTheWait) {
  SignInGuard guard(*counters_.rates, clock_, {.of_address = 1'000, .of_name = 1'000});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(guard.begin("192.0.2.1", "anna"), 0);
    guard.failed("anna");
  }
  for (TimeUs wait_us = kSecondUs; wait_us <= 512 * kSecondUs; wait_us *= 2) {
    EXPECT_EQ(guard.begin("192.0.2.1", "anna"), 0) << wait_us;
    guard.failed("anna");
    EXPECT_EQ(guard.begin("192.0.2.2", "anna"), wait_us) << "from wherever";
    EXPECT_EQ(guard.begin("192.0.2.1", "bert"), 0) << "others do not wait";
    clock_.advance(wait_us - 1);
    EXPECT_EQ(guard.begin("192.0.2.1", "anna"), 1);
    clock_.advance(1);
  }
  EXPECT_EQ(guard.begin("192.0.2.1", "anna"), 0);
  guard.failed("anna");
  EXPECT_EQ(guard.begin("192.0.2.1", "anna"), 900 * kSecondUs) << "the longest";
  clock_.advance(900 * kSecondUs);
  guard.succeeded("anna");
  guard.failed("anna");
  EXPECT_EQ(guard.begin("192.0.2.1", "anna"), 0) << "the right one starts anew";
}

TEST_F(SignInGuardTest, ANameAndAnAddressHaveBucketsOfTheirOwn) {
  SignInGuard guard(*counters_.rates, clock_, {});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(guard.begin(fmt::format("192.0.2.{}", i), "anna"), 0);
  EXPECT_EQ(guard.begin("192.0.2.99", "anna"), 90 * kSecondUs) << "from many addresses";
  for (int i = 0; i < 30; ++i) EXPECT_EQ(guard.begin("198.51.100.1", fmt::format("{}", i)), 0);
  EXPECT_EQ(guard.begin("198.51.100.1", "more"), 30 * kSecondUs) << "with many names";
  EXPECT_EQ(guard.begin("198.51.100.2", "more"), 0);
}

TEST_F(SignInGuardTest, StaysWithinItsBound) {
  SignInGuard guard(*counters_.rates, clock_, {});
  for (int i = 0; i < 250'000; ++i) guard.failed(fmt::format("name {}", i));
  EXPECT_EQ(guard.begin("192.0.2.1", "anna"), 0);
}

}  // namespace
}  // namespace adbacus
