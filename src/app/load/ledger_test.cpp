#include "app/load/ledger.hpp"

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>

namespace adbacus {
namespace {

class LedgerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "ledgerXXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/ledger"; }
  std::string content() const { return *read_file(real_file_system(), path()); }

  std::string folder_;
};

LoadEvent event_number(std::uint64_t n) {
  LoadEvent event;
  event.id_high = 0x4000;
  event.id_low = n;
  event.campaign = 42;
  event.type = LoadEventType::conversion;
  event.value_cents = 995;
  return event;
}

TEST_F(LedgerTest, HoldsALinePerEventAndChange) {
  std::string lines;
  add_sent_line(event_number(1), lines);
  add_acknowledged_line(event_number(1), lines);
  add_rejected_line(event_number(2), "invalid_type", lines);
  auto ledger = LoadLedger::open(real_file_system(), path());
  ASSERT_TRUE(ledger);
  ASSERT_TRUE((*ledger)->append(lines));
  EXPECT_EQ(content(),
            "S 00000000-0000-4000-0000-000000000001 conversion 42 995\n"
            "A 00000000-0000-4000-0000-000000000001\n"
            "R 00000000-0000-4000-0000-000000000002 invalid_type\n");
}

TEST_F(LedgerTest, GoesOnBehindTheLastWholeLine) {
  for (const std::string& torn : {std::string(), std::string("S 0000"), std::string(9'000, 'x')}) {
    ASSERT_TRUE(write_file_atomically(real_file_system(), path(), "A 1\nA 2\n" + torn));
    auto ledger = LoadLedger::open(real_file_system(), path());
    ASSERT_TRUE(ledger);
    ASSERT_TRUE((*ledger)->append("A 3\n"));
    EXPECT_EQ(content(), "A 1\nA 2\nA 3\n");
  }
}

}  // namespace
}  // namespace adbacus
