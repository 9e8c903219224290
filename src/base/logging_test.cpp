#include "base/logging.hpp"

#include <gtest/gtest.h>

#include "base/log_text.hpp"

namespace adbacus {
namespace {

constexpr TimeUs kNoon = 1'795'262'400'123'456;  // 2026-11-21T12:00:00.123456Z

TEST(LogText, SaysTimeLevelMessageAndFields) {
  EXPECT_EQ(log_text(LogFormat::text, kNoon, LogLevel::warn, "disk slow",
                     {{"ms", "42"}, {"path", "a b"}, {"none", ""}}),
            "2026-11-21T12:00:00.123456Z warn disk slow ms=42 path=\"a b\" none=\"\"\n");
  EXPECT_EQ(log_text(LogFormat::json, kNoon, LogLevel::error, "disk \"slow\"", {{"ms", "42"}}),
            "{\"time\":\"2026-11-21T12:00:00.123456Z\",\"level\":\"error\","
            "\"message\":\"disk \\\"slow\\\"\",\"ms\":\"42\"}\n");
}

TEST(LogText, CannotBeBrokenIntoTwoLines) {
  const std::string hostile("a\r\nINFO fake\x1b[2J\0\x7f", 19);
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    const std::string line = log_text(format, kNoon, LogLevel::info, hostile, {{"field", hostile}});
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    for (const char c : line.substr(0, line.size() - 1)) {
      EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
      EXPECT_NE(c, '\x7f');
    }
  }
}

TEST(LogText, KeepsUtf8AndReplacesWhatIsNot) {
  const auto message_of = [](std::string_view message) {
    const std::string line = log_text(LogFormat::text, kNoon, LogLevel::info, message, {});
    return line.substr(33, line.size() - 34);
  };
  EXPECT_EQ(message_of("grün €𝄞"), "grün €𝄞");
  EXPECT_EQ(message_of("\xff"), "\xef\xbf\xbd");
  EXPECT_EQ(message_of("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(message_of("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(message_of("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Logging, WritesFromTheConfiguredLevelOn) {
  log_configure(LogLevel::warn, LogFormat::json);
  ::testing::internal::CaptureStderr();
  log_info("quiet");
  log_error("loud", {{"code", "7"}});
  const std::string written = ::testing::internal::GetCapturedStderr();
  log_configure(LogLevel::info, LogFormat::text);
  EXPECT_EQ(written.find("quiet"), std::string::npos);
  EXPECT_NE(written.find("\"message\":\"loud\",\"code\":\"7\""), std::string::npos);
}

}  // namespace
}  // namespace adbacus
