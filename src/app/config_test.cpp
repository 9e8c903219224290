#include "app/config.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <stdlib.h>

#include "app/config_file.hpp"
#include "app/config_setting.hpp"

namespace adbacus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "config_test.XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  std::string write(const std::string& name, const std::string& text) {
    std::string path = root_ + "/" + name;
    EXPECT_TRUE(write_file_atomically(real_file_system(), path, text));
    return path;
  }
  static Result<LoadedConfig> load(const std::string& file, std::vector<NameValue> environment,
                                   std::vector<NameValue> flags) {
    ConfigSources sources{file, std::move(environment), std::move(flags)};
    return load_config(real_file_system(), sources);
  }
  static std::string errors(const Result<LoadedConfig>& loaded) {
    return loaded ? "no error" : loaded.error().message;
  }

  std::string root_;
};

TEST_F(ConfigTest, DefaultsAreComplete) {
  const auto loaded = load("", {}, {});
  ASSERT_TRUE(loaded) << errors(loaded);
  EXPECT_EQ(loaded->config.server.host, "127.0.0.1");
  EXPECT_EQ(loaded->config.server.port, 8080);
  EXPECT_EQ(loaded->config.data_dir, "./data");
  EXPECT_EQ(loaded->config.ingest.body_bytes_max, loaded->config.server.decompressed_bytes_max);
}

TEST_F(ConfigTest, AFlagBeatsTheEnvironmentBeatsTheFileBeatsTheDefault) {
  const std::string file = write("a.yaml",
                                 "log:\n  segment_mb: 1\n  waiting_mb: 1\n  ids_mb: 100\n"
                                 "logging: {level: debug}\n");
  const auto loaded = load(file,
                           {{"ADBACUS_LOG__SEGMENT_MB", "2"},
                            {"ADBACUS_LOG__WAITING_MB", "2"},
                            {"HOME", "x"},
                            {"ADBACUS_CONFIG", "not a setting"}},
                           {{"log.segment_mb", "9"}, {"log.segment_mb", "3"}});
  ASSERT_TRUE(loaded) << errors(loaded);
  EXPECT_EQ(loaded->config.log.segment_bytes, 3U << 20U);
  EXPECT_EQ(loaded->config.log.waiting_bytes_max, 2U << 20U);
  EXPECT_EQ(loaded->config.log.id_bytes_max, 100U << 20U);
  EXPECT_EQ(loaded->config.logging.level, LogLevel::debug);
  EXPECT_EQ(loaded->origins[*find_setting("log.segment_mb")], "flag");
  EXPECT_EQ(loaded->origins[*find_setting("log.waiting_mb")], "ADBACUS_LOG__WAITING_MB");
  EXPECT_EQ(loaded->origins[*find_setting("log.ids_mb")], file + ":4");
  EXPECT_EQ(loaded->origins[*find_setting("log.retention_days")], "default");
}

TEST_F(ConfigTest, ReportsEveryMistakeAtOnceAndWhereItStands) {
  const std::string file = write("a.yaml",
                                 "log:\n  segment_mb: many\n  segmint_mb: 1\nnosuch:\n  key: 1\n"
                                 "server:\n  listen: 8080\n");
  const auto loaded = load(file, {{"ADBACUS_STORE__NOSUCH", "1"}}, {{"report.workers", "0"}});
  const std::string text = errors(loaded);
  EXPECT_THAT(text, HasSubstr(file + ":2: log.segment_mb: must be a whole number from 1 to 4096"));
  EXPECT_THAT(text, HasSubstr(file + ":3: unknown setting 'log.segmint_mb'"));
  EXPECT_THAT(text, HasSubstr("did you mean 'log.segment_mb'"));
  EXPECT_THAT(text, HasSubstr(file + ":5: unknown section 'nosuch.key'"));
  EXPECT_THAT(text, HasSubstr(file + ":7: server.listen: must be HOST:PORT"));
  EXPECT_THAT(text, HasSubstr("ADBACUS_STORE__NOSUCH: unknown setting 'store.nosuch'"));
  EXPECT_THAT(text, HasSubstr("flag: report.workers: must be a whole number from 1 to 256"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
}

TEST_F(ConfigTest, RefusesASettingThatFitsNoOther) {
  const std::vector<std::pair<NameValue, std::string>> cases{
      {{"log.live_window_hours", "72"}, "log.live_window_hours: must exceed"},
      {{"ingest.age_max_hours", "96"}, "log.live_window_hours: must exceed"},
      {{"ingest.conversion_age_max_days", "91"}, "log.conversion_window_days: must exceed"},
      {{"ingest.ahead_clamped_hours", "0"}, "ingest.ahead_clamped_hours: must not"},
      {{"log.retention_days", "90"}, "log.retention_days: must be 0 or at least 91"},
  };
  for (const auto& [flag, expected] : cases) {
    EXPECT_THAT(errors(load("", {}, {flag})), HasSubstr(expected)) << flag.first;
  }
  EXPECT_THAT(
      errors(load("", {}, {{"log.retention_days", "100"}, {"log.conversion_window_days", "101"}})),
      HasSubstr("log.retention_days: must not be less than log.conversion_window_days"));
  EXPECT_TRUE(load("", {}, {{"log.retention_days", "91"}}));
  EXPECT_TRUE(load("", {}, {{"log.live_window_hours", "73"}}));
}

TEST_F(ConfigTest, EverySettingReadsBackWhatItShows) {
  std::set<std::string> names;
  for (const Setting& setting : settings()) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
    Config config;
    const std::string shown = setting.show(config);
    EXPECT_TRUE(setting.set(config, shown)) << setting.name << " = " << shown;
    EXPECT_EQ(setting.show(config), shown) << setting.name;
  }
}

TEST_F(ConfigTest, NumbersAreCheckedToTheLastCharacter) {
  for (const char* text :
       {"", " 1", "1 ", "0x10", "1.0", "-1", "+1", "1e3", "4097", "0", "99999999999999999999"}) {
    EXPECT_FALSE(load("", {}, {{"log.segment_mb", text}})) << '"' << text << '"';
  }
  EXPECT_TRUE(load("", {}, {{"log.segment_mb", "4096"}}));
}

TEST_F(ConfigTest, AddressesMayBeIpv6) {
  const auto loaded = load("", {}, {{"server.listen", "[::1]:0"}});
  ASSERT_TRUE(loaded) << errors(loaded);
  EXPECT_EQ(loaded->config.server.host, "::1");
  EXPECT_EQ(loaded->config.server.port, 0);
  EXPECT_THAT(print_config(*loaded), HasSubstr("listen: \"[::1]:0\""));
  for (const char* text : {"", ":80", "host:", "host:65536", "host:80x", "[]:80", "host"}) {
    EXPECT_FALSE(load("", {}, {{"server.listen", text}})) << text;
  }
}

TEST_F(ConfigTest, ListsComeAsYamlListsOrWithCommas) {
  const std::string file = write("a.yaml", "server:\n  trusted_proxies: [10.0.0.1, 10.0.0.2]\n");
  const auto listed = load(file, {}, {});
  ASSERT_TRUE(listed) << errors(listed);
  EXPECT_THAT(listed->config.server.trusted_proxies, ElementsAre("10.0.0.1", "10.0.0.2"));
  const auto typed = load("", {}, {{"server.trusted_proxies", "10.0.0.1, ::1"}});
  ASSERT_TRUE(typed) << errors(typed);
  EXPECT_THAT(typed->config.server.trusted_proxies, ElementsAre("10.0.0.1", "::1"));
  EXPECT_FALSE(load("", {}, {{"server.trusted_proxies", "10.0.0.1,,::1"}}));
  const std::string all =
      write("b.yaml",
            "server:\n  roles: [ingest, process]\naccess:\n  origins: [https://a.example]\n"
            "outbound:\n  allowed: [https://b.example:8443]\n");
  EXPECT_EQ(errors(load(all, {}, {})), "no error");
}

TEST_F(ConfigTest, AListIsNoValueOfASettingWithOne) {
  const std::string file =
      write("a.yaml", "log:\n  segment_mb: [5]\n  verify_sealed: [true]\ndata:\n  dir: [a, b]\n");
  const std::string text = errors(load(file, {}, {}));
  EXPECT_THAT(text, HasSubstr(file + ":2: log.segment_mb: must be one value, not a list"));
  EXPECT_THAT(text, HasSubstr(file + ":3: log.verify_sealed: must be one value, not a list"));
  EXPECT_THAT(text, HasSubstr(file + ":5: data.dir: must be one value, not a list"));
}

TEST_F(ConfigTest, TellsAMistakeOnce) {
  const std::string text =
      errors(load("", {}, {{"log.segment_mb", "x"}, {"log.segment_mb", "y"}, {"log.ids_mb", "0"}}));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

TEST_F(ConfigTest, WhatIsPrintedReadsBackAsTheSame) {
  const auto loaded = load("", {},
                           {{"server.trusted_proxies", "10.0.0.1,10.0.0.2"},
                            {"data.dir", "/tmp/with \"quotes\" \\ and: colons # too"},
                            {"logging.format", "json"},
                            {"log.verify_sealed", "true"}});
  ASSERT_TRUE(loaded) << errors(loaded);
  const auto again = load(write("printed.yaml", print_config(*loaded)), {}, {});
  ASSERT_TRUE(again) << errors(again);
  for (const Setting& setting : settings()) {
    EXPECT_EQ(setting.show(again->config), setting.show(loaded->config)) << setting.name;
  }
}

TEST_F(ConfigTest, ASecretComesFromAFileOrTheEnvironmentAndIsNeverShown) {
  const std::string secret = "00112233445566778899aabbccddeeff";
  const std::string secret_file = write("key", secret + "\n");
  const std::string file = write("a.yaml", "ingest:\n  ip_hash_key_file: " + secret_file + "\n");
  for (const auto& loaded :
       {load(file, {}, {}), load("", {{"ADBACUS_INGEST__IP_HASH_KEY_FILE", secret_file}}, {}),
        load("", {{"ADBACUS_INGEST__IP_HASH_KEY", secret}}, {})}) {
    ASSERT_TRUE(loaded) << errors(loaded);
    EXPECT_EQ(loaded->config.ip_hash_key, secret);
    EXPECT_THAT(print_config(*loaded), Not(HasSubstr(secret)));
    EXPECT_THAT(print_config(*loaded), HasSubstr("# ip_hash_key: ***"));
  }
  const std::string refused = errors(load("", {}, {{"ingest.ip_hash_key", secret}}));
  EXPECT_THAT(refused, HasSubstr("never as a flag"));
  EXPECT_THAT(refused, Not(HasSubstr(secret)));
  const std::string wrong = errors(load("", {{"ADBACUS_INGEST__IP_HASH_KEY", "hunter2"}}, {}));
  EXPECT_THAT(wrong, HasSubstr("32 hex digits"));
  EXPECT_THAT(wrong, Not(HasSubstr("hunter2")));
}

TEST_F(ConfigTest, OnlySecretsComeFromFiles) {
  EXPECT_THAT(errors(load("", {{"ADBACUS_LOG__SEGMENT_MB_FILE", "/etc/hostname"}}, {})),
              HasSubstr("unknown setting 'log.segment_mb_file'"));
}

TEST_F(ConfigTest, AUrlThatMayNotBeCalledIsAnError) {
  const auto with = [&](const char* url, const char* allowed) {
    return errors(load("", {},
                       {{"access.jwt_issuer", "https://id.example"},
                        {"access.jwt_audience", "adbacus"},
                        {"access.jwt_keys_url", url},
                        {"outbound.allowed", allowed}}));
  };
  EXPECT_EQ(with("https://id.example/keys", ""), "no error");
  EXPECT_THAT(with("http://id.example/keys", ""), HasSubstr("only https"));
  EXPECT_EQ(with("http://id.example/keys", "http://id.example, https://b.example"), "no error");
  EXPECT_THAT(with("https://id.example:8443/keys", "https://id.example"), HasSubstr("only https"));
  EXPECT_THAT(with("id.example/keys", ""), HasSubstr("not an http"));
  EXPECT_THAT(with("", "10.0.0.0/8"), HasSubstr("must be origins"));
}

TEST_F(ConfigTest, AMissingFileIsAnError) {
  EXPECT_THAT(errors(load(root_ + "/absent.yaml", {}, {})), HasSubstr("absent.yaml"));
}

TEST(ConfigFile, EmptyFilesAndSectionsAreFine) {
  for (const char* text : {"", "# only a comment\n", "log:\n", "---\n"}) {
    const ConfigFile file = parse_config_file(text);
    EXPECT_TRUE(file.errors.empty()) << text;
    EXPECT_TRUE(file.values.empty()) << text;
  }
}

TEST(ConfigFile, NamesTheLineOfWhatItCannotUse) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"log: 3\n", "line 1: log must be a section"},
      {"- a\n", "line 1: the file must consist of sections"},
      {"log:\n  a: {b: 1}\n", "line 2: log.a must be a plain value or a list"},
      {"log:\n  a: [[1]]\n", "line 2: log.a must be a plain value or a list"},
      {"log:\n  a: 1\n  a: 2\n", "line 3: log.a stands there twice"},
      {"log:\n  a: 1\nlog:\n  b: 2\n", "line 3: section log stands there twice"},
      {"log:\n\ta: 1\n", "line "},
  };
  for (const auto& [text, expected] : cases) {
    const ConfigFile file = parse_config_file(text);
    ASSERT_EQ(file.errors.size(), 1U) << text;
    EXPECT_THAT(file.errors[0], HasSubstr(expected)) << text;
  }
}

}  // namespace
}  // namespace adbacus
