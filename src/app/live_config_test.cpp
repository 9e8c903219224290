// What changes while a server runs, what waits, and that a mistake changes nothing.
#include "app/live_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config_setting.hpp"

namespace adbacus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The sources, as a test sets them.
class LiveConfigTest : public ::testing::Test {
 protected:
  LiveConfig::Load load() {
    return [this]() -> Result<LoadedConfig> {
      if (!mistake_.empty()) return Error{ErrorCode::invalid_argument, mistake_};
      return LoadedConfig{sources_, {}};
    };
  }
  Config sources_;
  std::string mistake_;
};

TEST_F(LiveConfigTest, TakesTheLiveSettingsAndNamesTheOthers) {
  LiveConfig live(sources_, load());
  sources_.logging.level = LogLevel::debug;
  sources_.ingest.events_max = 7;
  sources_.server.idle_timeout_s = 9;
  sources_.server.port = 1234;
  sources_.log.segment_bytes *= 2;
  EXPECT_TRUE(live.reload());
  EXPECT_EQ(live.config().logging.level, LogLevel::debug);
  EXPECT_EQ(live.config().ingest.events_max, 7U);
  EXPECT_EQ(live.config().server.idle_timeout_s, 9);
  EXPECT_EQ(live.config().server.port, Config().server.port);
  EXPECT_EQ(live.config().log.segment_bytes, Config().log.segment_bytes);
  const ReloadStatus status = live.status();
  EXPECT_EQ(status.applied, 1U);
  EXPECT_EQ(status.refused, 0U);
  EXPECT_EQ(status.error, "");
  EXPECT_THAT(status.waiting, ElementsAre("server.listen", "log.segment_mb"));
}

TEST_F(LiveConfigTest, AMistakeKeepsTheOldOneUntilItIsMended) {
  LiveConfig live(sources_, load());
  sources_.ingest.events_max = 7;
  ASSERT_TRUE(live.reload());
  sources_.ingest.events_max = 8;
  mistake_ = "a.yaml:3: unknown setting";
  EXPECT_FALSE(live.reload());
  EXPECT_EQ(live.config().ingest.events_max, 7U);
  EXPECT_EQ(live.status().error, mistake_);
  EXPECT_EQ(live.status().refused, 1U);
  EXPECT_EQ(gauge("adbacus_config_refused", "").value(), 1);
  mistake_.clear();
  EXPECT_TRUE(live.reload());
  EXPECT_EQ(live.config().ingest.events_max, 8U);
  EXPECT_EQ(live.status().error, "");
  EXPECT_EQ(gauge("adbacus_config_refused", "").value(), 0);
}

TEST_F(LiveConfigTest, RefusesWhatContradictsTheSettingsThatStay) {
  LiveConfig live(sources_, load());
  // Consistent in the file, but the window of the running log is not made longer by it.
  sources_.ingest.age_max_us = 200 * kHourUs;
  sources_.log.live_window_hours = 210;
  EXPECT_FALSE(live.reload());
  EXPECT_THAT(live.status().error, HasSubstr("log.live_window_hours"));
  EXPECT_EQ(live.config().ingest.age_max_us, Config().ingest.age_max_us);
}

TEST_F(LiveConfigTest, ExactlyTheseSettingsAreLive) {
  std::vector<std::string> names;
  for (const Setting& setting : settings()) {
    if (setting.live) names.push_back(setting.name);
  }
  EXPECT_THAT(names, ElementsAre("server.header_timeout_s", "server.idle_timeout_s",
                                 "server.connections_per_ip", "server.connections",
                                 "log.retention_days", "log.retention_mb", "log.retention_backup",
                                 "ingest.age_max_hours", "ingest.conversion_age_max_days",
                                 "ingest.ahead_kept_minutes", "ingest.ahead_clamped_hours",
                                 "ingest.events_max", "ingest.unknown_refs", "ingest.click_domains",
                                 "access.window_s", "access.key_requests", "access.user_requests",
                                 "access.tenant_requests", "access.address_requests",
                                 "access.page_requests", "logging.level", "logging.format"));
}

}  // namespace
}  // namespace adbacus
