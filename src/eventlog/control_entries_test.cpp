#include "eventlog/control_entries.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/testing/test_seed.hpp"

namespace adbacus {
namespace {

LogControl as_read(const ControlEntry& entry) {
  return {.seq = 5,
          .log_time_us = 1,
          .kind = entry.kind,
          .version = entry.version,
          .payload = entry.payload};
}

TEST(ControlEntries, ReadBackAsWritten) {
  const SkipEntry skip{.seq = 1ULL << 60U,
                       .tries = 3,
                       .disposition = Disposition::repeat,
                       .tenant = "t",
                       .event_id = "e",
                       .reason = "why"};
  const ControlEntry skip_bytes = encode_control(skip);
  const auto skip_back = decode_control(as_read(skip_bytes));
  ASSERT_TRUE(skip_back) << skip_back.error().message;
  const auto& s = std::get<SkipEntry>(*skip_back);
  EXPECT_EQ(s.seq, skip.seq);
  EXPECT_EQ(s.tries, 3U);
  EXPECT_EQ(s.disposition, Disposition::repeat);
  EXPECT_EQ(s.tenant + s.event_id + s.reason, "tewhy");

  const std::string event(250'000, 'e');
  const ControlEntry restore_bytes =
      encode_control(RestoreEntry{.seq = 7,
                                  .corrected = true,
                                  .disposition = Disposition::counted,
                                  .actor = "key",
                                  .event = event});
  const auto restore_back = decode_control(as_read(restore_bytes));
  ASSERT_TRUE(restore_back) << restore_back.error().message;
  const auto& r = std::get<RestoreEntry>(*restore_back);
  EXPECT_EQ(r.seq, 7U);
  EXPECT_TRUE(r.corrected);
  EXPECT_EQ(r.actor, "key");
  EXPECT_TRUE(r.event == event);

  const ControlEntry drop_bytes = encode_control(DropEntry{.seq = 8, .actor = "", .reason = "no"});
  const auto drop_back = decode_control(as_read(drop_bytes));
  ASSERT_TRUE(drop_back) << drop_back.error().message;
  EXPECT_EQ(std::get<DropEntry>(*drop_back).reason, "no");

  const ControlEntry run_bytes =
      encode_control(DropRunEntry{.tenant = "t", .run = "spring", .actor = "key"});
  const auto run_back = decode_control(as_read(run_bytes));
  ASSERT_TRUE(run_back) << run_back.error().message;
  const auto& run = std::get<DropRunEntry>(*run_back);
  EXPECT_EQ(run.tenant + run.run + run.actor, "tspringkey");

  const ControlEntry loss_bytes = encode_control(LossEntry{.first = 101, .last = 300});
  const auto loss_back = decode_control(as_read(loss_bytes));
  ASSERT_TRUE(loss_back) << loss_back.error().message;
  EXPECT_EQ(std::get<LossEntry>(*loss_back).first, 101U);
  EXPECT_EQ(std::get<LossEntry>(*loss_back).last, 300U);
}

TEST(ControlEntries, AttributionRulesReadBackAsWritten) {
  AttributionRule wide;
  wide.view_window_hours = 0;
  AttributionRule narrow{.name = "",
                         .campaign_id = "c",
                         .line_item_id = "l",
                         .conversion_type = "purchase",
                         .model = AttributionModel::position_based,
                         .click_window_hours = 2160,
                         .view_window_hours = 1,
                         .half_life_hours = 12};
  for (const auto& rules : {std::vector<AttributionRule>{}, {wide}, {wide, narrow}}) {
    const ControlEntry bytes = encode_control(AttributionRulesEntry{.tenant = "t", .rules = rules});
    const auto back = decode_control(as_read(bytes));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(std::get<AttributionRulesEntry>(*back).tenant, "t");
    EXPECT_EQ(std::get<AttributionRulesEntry>(*back).rules, rules);
  }
}

// The bytes of docs/formats/control_entries.md.
TEST(ControlEntries, MatchTheWorkedExample) {
  const ControlEntry entry = encode_control(SkipEntry{.seq = 300,
                                                      .tries = 3,
                                                      .disposition = Disposition::counted,
                                                      .tenant = "1",
                                                      .event_id = "e1",
                                                      .reason = "no"});
  EXPECT_EQ(entry.kind, 1);
  EXPECT_EQ(entry.version, 1);
  EXPECT_EQ(entry.payload, std::string("\xAC\x02\x03\x00\x01\x31\x02\x65\x31\x02\x6E\x6F", 12));
}

TEST(ControlEntries, RefuseWhatIsNotKnown) {
  ControlEntry entry = encode_control(DropEntry{.seq = 8, .actor = "", .reason = "no"});
  for (const unsigned kind : {0U, 7U, 255U}) {
    LogControl control = as_read(entry);
    control.kind = static_cast<std::uint8_t>(kind);
    EXPECT_EQ(decode_control(control).error().code, ErrorCode::corrupt);
  }
  LogControl no_keys = as_read(entry);
  no_keys.kind = static_cast<std::uint8_t>(ControlKind::bound);
  const std::string zero(1, '\0');
  no_keys.payload = zero;
  EXPECT_EQ(decode_control(no_keys).error().code, ErrorCode::corrupt);
  entry.version = 2;
  EXPECT_EQ(decode_control(as_read(entry)).error().code, ErrorCode::corrupt);
}

TEST(ControlEntries, NeverReadOutsideTheirBytes) {
  Rng rng(test_seed());
  const std::string good = encode_control(RestoreEntry{.seq = 7,
                                                       .corrected = true,
                                                       .disposition = Disposition::counted,
                                                       .actor = "key",
                                                       .event = "bytes"})
                               .payload;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good.substr(0, rng.below(good.size() + 1));
    for (std::uint64_t n = rng.below(3); n > 0 && !bytes.empty(); --n) {
      bytes[rng.below(bytes.size())] = static_cast<char>(rng.next());
    }
    bytes.shrink_to_fit();
    LogControl control{.seq = 1, .log_time_us = 1, .kind = 0, .version = 1, .payload = bytes};
    control.kind = static_cast<std::uint8_t>(1 + rng.below(5));
    (void)decode_control(control);
  }
}

}  // namespace
}  // namespace adbacus
