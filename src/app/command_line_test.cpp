#include "app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <stdlib.h>

#include "app/data_folder.hpp"
#include "app/version.hpp"
#include "catalog/api_key.hpp"
#include "catalog/registry.hpp"
#include "http/router.hpp"
#include "http/server.hpp"

namespace adbacus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

Outcome run(const std::vector<std::string>& arguments,
            const std::vector<CommandRow>& table = command_table()) {
  std::ostringstream out;
  std::ostringstream err;
  CommandIo io{out, err};
  const int code = run_command_line(table, arguments, io);
  return {code, out.str(), err.str()};
}

class CommandLineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "command_test.XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  Outcome keys(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "keys");
    arguments.insert(arguments.end(), {"--data", root_});
    return run(arguments);
  }
  // The id of a key just created; its text is the only thing on stdout.
  static std::string id_of(const Outcome& created) {
    EXPECT_EQ(created.code, kExitDone) << created.err;
    const auto parts = parse_key(std::string_view(created.out).substr(0, created.out.size() - 1));
    EXPECT_TRUE(parts) << created.out;
    return parts ? std::string(parts->id) : "";
  }
  ApiKey stored(const std::string& id) {
    CatalogOptions options;
    options.path = DataPaths(root_).catalog;
    return **(*open_catalog(options))->key(id);
  }

  std::string root_;
};

TEST_F(CommandLineTest, WrongUsageIsTwoAndHelpIsZero) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{},
                                                {"nosuch"},
                                                {"version", "--nosuch"},
                                                {"keys"},
                                                {"keys", "revoke"},
                                                {"health", "--timeout", "0"},
                                                {"check-config", "--set", "novalue"}}) {
    const Outcome outcome = run(wrong);
    EXPECT_EQ(outcome.code, kExitUsage);
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err, "");
  }
  for (const CommandRow& row : command_table()) {
    const Outcome outcome = run({row.name, "--help"});
    EXPECT_EQ(outcome.code, kExitDone);
    EXPECT_THAT(outcome.out, HasSubstr("--help"));
    EXPECT_THAT(run({"--help"}).out, HasSubstr(row.name));
  }
}

TEST_F(CommandLineTest, WrongArgumentsAreWrongUsageAndCreateNothing) {
  const std::string data = root_ + "/none";
  const std::vector<std::pair<std::vector<std::string>, std::string>> table{
      {{"load", "--seconds", "0"}, "seconds: more than 0"},
      {{"load", "--rate", "-5"}, "rate: 0 to"},
      {{"load", "--batch", "20000"}, "batch: 1 to 10,000"},
      {{"load", "--connections", "0"}, "connections: at least one a thread"},
      {{"load", "--mode", "pixel"}, "'pixel' is none of single, batch, report and decision"},
      {{"load", "--url", "localhost:8080"}, "not an http:// or https:// URL"},
      {{"demo", "--rate", "-1"}, "--rate"},
      {{"demo", "--rate", "nan"}, "--rate"},
      {{"demo", "--seconds", "-1"}, "--seconds"},
      {{"demo", "--data", ""}, "--data: must not be empty"},
      {{"serve", "--data", ""}, "--data: must not be empty"},
      {{"serve", "--data="}, "--data"},
      {{"verify", "--data", ""}, "--data: must not be empty"},
      {{"keys", "list", "--data", ""}, "--data: must not be empty"},
      {{"check-config", "--data", ""}, "--data: must not be empty"},
      {{"backup", "--to", data, "--data", ""}, "--data: must not be empty"},
      {{"restore", "--from", data, "--data", ""}, "--data: must not be empty"},
      {{"health", "--url", "127.0.0.1:8080"}, "not an http:// or https:// URL"},
      {{"serve", "--listen", "nonsense", "--data", data}, "server.listen"},
      {{"serve", "--roles", "foo", "--data", data}, "server.roles"},
      {{"serve", "--set", "log.nosuch=1", "--data", data}, "log.nosuch"},
      {{"serve", "--accept-loss", "x", "--data", data}, "--accept-loss"},
      {{"verify", "--set", "log.nosuch=1", "--data", data}, "log.nosuch"},
      {{"keys", "list", "--set", "log.nosuch=1", "--data", data}, "log.nosuch"},
      {{"keys", "create", "--public", "--scopes", "read", "--data", data}, "scope ingest"},
      {{"backup", "--to", data + "/x", "--data", data}, "lies inside the data folder"},
      {{"backup", "--to", data + "/../none", "--data", data}, "lies inside the data folder"}};
  for (const auto& [arguments, part] : table) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, kExitUsage) << part;
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr(part));
  }
  EXPECT_THAT(run({"load", "--help"}).out, Not(HasSubstr("ENUM")));
  EXPECT_TRUE(std::filesystem::is_empty(root_));
}

TEST_F(CommandLineTest, WhatWorksOnAFolderWantsOneAndCreatesNone) {
  const std::string data = root_ + "/none";
  for (std::vector<std::string> arguments : {std::vector<std::string>{"verify"},
                                             {"verify", "--dump"},
                                             {"replay"},
                                             {"dlq", "list"},
                                             {"keys", "list"},
                                             {"backup", "--to", root_ + "/copy"}}) {
    arguments.insert(arguments.end(), {"--data", data});
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, kExitFailed) << arguments.front();
    EXPECT_THAT(outcome.err, HasSubstr("there is no data folder at " + data));
  }
  EXPECT_TRUE(std::filesystem::is_empty(root_));
}

TEST_F(CommandLineTest, RunsTheCommandThatWasNamedAndNoOther) {
  const std::vector<CommandRow> table{
      {"one", "", [](CLI::App&) -> CommandRun { return [](CommandIo&) { return 0; }; }},
      {"two", "",
       [](CLI::App& command) -> CommandRun {
         auto word = std::make_shared<std::string>();
         command.add_option("word", *word);
         return [word](CommandIo& io) {
           io.out << *word;
           return kExitFailed;
         };
       }},
      {"three", "", [](CLI::App&) -> CommandRun {
         return [](CommandIo&) -> int { throw std::runtime_error("a bug"); };
       }}};
  EXPECT_EQ(run({"one"}, table).code, kExitDone);
  EXPECT_EQ(run({"two", "hello"}, table).code, kExitFailed);
  EXPECT_EQ(run({"two", "hello"}, table).out, "hello");
  EXPECT_EQ(run({"three"}, table).code, kExitFailed);
  EXPECT_EQ(run({"three"}, table).err, "adbacus: a bug\n");
}

TEST_F(CommandLineTest, TellsItsVersion) {
  EXPECT_EQ(run({"version"}).out, std::string("adbacus ") + kVersion + "\n");
  EXPECT_THAT(run({"version", "--json"}).out, HasSubstr(R"("version":")"));
  EXPECT_THAT(run({"--version"}).out, HasSubstr(kVersion));
}

TEST_F(CommandLineTest, CheckConfigPrintsWhatIsInEffect) {
  const Outcome good = run({"check-config", "--set", "log.segment_mb=7", "--print-config"});
  EXPECT_EQ(good.code, kExitDone) << good.err;
  EXPECT_THAT(good.out, HasSubstr("  segment_mb: 7  # flag\n"));
  const Outcome bad = run({"check-config", "--set", "log.segment_mb=0", "--listen", "x"});
  EXPECT_EQ(bad.code, kExitUsage);
  EXPECT_THAT(bad.err, HasSubstr("log.segment_mb"));
  EXPECT_THAT(bad.err, HasSubstr("server.listen"));
  EXPECT_THAT(run({"check-config", "--describe"}).out, HasSubstr("log.segment_mb"));
}

TEST_F(CommandLineTest, ANewFolderGetsItsOwnerKeyBeforeAnyOther) {
  const Outcome created = keys({"create", "--operator", "--name", "ops"});
  const ApiKey key = stored(id_of(created));
  EXPECT_TRUE(key.is_operator);
  EXPECT_THAT(created.err, HasSubstr("admin.key"));
  EXPECT_TRUE(std::filesystem::exists(DataPaths(root_).admin_key));
  EXPECT_THAT(keys({"create", "--scopes", "read"}).err, Not(HasSubstr("admin.key")));
}

TEST_F(CommandLineTest, CreatesKeysAsAsked) {
  const ApiKey key = stored(
      id_of(keys({"create", "--scopes", "ingest,read", "--name", "shop", "--expires-days", "2"})));
  EXPECT_EQ(key.tenant_id, "1");
  EXPECT_EQ(key.name, "shop");
  EXPECT_EQ(key.scopes, http::scope_ingest | http::scope_read);
  EXPECT_EQ(key.expires_us - key.created_us, 2 * kDayUs);
  const ApiKey browser = stored(id_of(keys(
      {"create", "--public", "--origin", "https://a.example", "--origin", "https://b.example"})));
  EXPECT_TRUE(browser.is_public);
  EXPECT_EQ(browser.scopes, http::scope_ingest);
  EXPECT_EQ(browser.origins.size(), 2U);
}

TEST_F(CommandLineTest, RefusesKeysThatMakeNoSense) {
  EXPECT_EQ(keys({"create"}).code, kExitUsage);
  EXPECT_EQ(keys({"create", "--scopes", "write"}).code, kExitUsage);
  EXPECT_EQ(keys({"create", "--public", "--operator"}).code, kExitUsage);
  EXPECT_EQ(keys({"create", "--public"}).code, kExitUsage);
  EXPECT_EQ(keys({"create", "--scopes", "ingest", "--origin", "https://a.example"}).code,
            kExitUsage);
  EXPECT_EQ(keys({"create", "--public", "--scopes", "read"}).code, kExitUsage);
  const Outcome unknown = keys({"create", "--scopes", "read", "--tenant", "7"});
  EXPECT_EQ(unknown.code, kExitFailed);
  EXPECT_EQ(unknown.err.find("tenant 7"), unknown.err.rfind("tenant 7"));
  EXPECT_THAT(unknown.err, HasSubstr("tenant 7 does not exist"));
}

TEST_F(CommandLineTest, CreatesATenantOnRequest) {
  const std::vector<std::string> arguments{"create",     "--scopes",     "all",        "--tenant",
                                           "7",          "--new-tenant", "--currency", "EUR",
                                           "--timezone", "Europe/Berlin"};
  EXPECT_EQ(stored(id_of(keys(arguments))).tenant_id, "7");
  EXPECT_THAT(keys(arguments).err, HasSubstr("exists already"));
  EXPECT_THAT(keys({"create", "--scopes", "all", "--tenant", "8", "--new-tenant", "--timezone",
                    "Mars/Olympus"})
                  .err,
              HasSubstr("Mars/Olympus"));
}

TEST_F(CommandLineTest, ListsKeysWithoutSecrets) {
  const Outcome created = keys({"create", "--scopes", "read", "--name", "shop"});
  const std::string id = id_of(created);
  const Outcome table = keys({"list"});
  EXPECT_THAT(table.out, HasSubstr(id));
  EXPECT_THAT(table.out, HasSubstr("live"));
  EXPECT_THAT(table.out, Not(HasSubstr(stored(id).secret_hash)));
  const Outcome json = keys({"list", "--json"});
  EXPECT_THAT(json.out, HasSubstr("\"id\":\"" + id + "\""));
  EXPECT_THAT(json.out, HasSubstr(R"("name":"shop")"));
  EXPECT_THAT(json.out, Not(HasSubstr("secret")));
  EXPECT_THAT(keys({"list", "--tenant", "none"}).out, Not(HasSubstr(id)));
}

TEST_F(CommandLineTest, RevokesAndRotates) {
  const std::string first = id_of(keys({"create", "--scopes", "read"}));
  const std::string second = id_of(keys({"rotate", first, "--overlap-hours", "1"}));
  EXPECT_NE(stored(first).expires_us, 0);
  EXPECT_EQ(keys({"revoke", second}).code, kExitDone);
  EXPECT_NE(stored(second).revoked_us, 0);
  EXPECT_EQ(keys({"rotate", second}).code, kExitFailed);
  EXPECT_EQ(keys({"revoke", "adb_absent"}).code, kExitFailed);
}

TEST_F(CommandLineTest, ReadingCommandsCreateNothing) {
  for (const char* command : {"list", "rotate", "revoke"}) {
    std::vector<std::string> arguments{command};
    if (std::string_view(command) != "list") arguments.emplace_back("adb_abcdefgh");
    EXPECT_EQ(keys(arguments).code, kExitFailed);
  }
  EXPECT_TRUE(std::filesystem::is_empty(root_));
}

TEST_F(CommandLineTest, StaysAwayFromAFolderInUse) {
  id_of(keys({"create", "--scopes", "read"}));
  const auto owner = DataFolder::open(real_file_system(), root_);
  ASSERT_TRUE(owner);
  const Outcome refused = keys({"list"});
  EXPECT_EQ(refused.code, kExitFailed);
  EXPECT_THAT(refused.err, HasSubstr("belongs to a running adbacus"));
}

TEST_F(CommandLineTest, HealthSpeaksToTheServer) {
  int ready_status = 200;
  http::Router router;
  http::RouteSpec ready;
  ready.is_open = true;
  ready.path = "/readyz";
  router.add(ready, [&](const http::Request&, http::Responder responder) {
    http::Response response;
    response.status = ready_status;
    response.body = R"({"log":"ok"})";
    responder.send(std::move(response));
  });
  http::RouteSpec live;
  live.is_open = true;
  live.path = "/healthz";
  router.add(live, [](const http::Request&, http::Responder responder) { responder.send({}); });
  http::ServerOptions options;
  options.port = 0;
  options.threads = 1;
  auto server = http::Server::start(options, router, nullptr, system_clock());
  ASSERT_TRUE(server);
  const std::string url = "http://127.0.0.1:" + std::to_string((*server)->port());
  EXPECT_EQ(run({"health", "--url", url}).out, "ready\n");
  ready_status = 503;
  const Outcome unready = run({"health", "--url", url});
  EXPECT_EQ(unready.code, kExitFailed);
  EXPECT_EQ(unready.out, "not ready\n");
  EXPECT_THAT(unready.err, HasSubstr(R"({"log":"ok"})"));
  EXPECT_EQ(run({"health", "--url", url, "--live"}).out, "alive\n");
  const Outcome as_json = run({"health", "--url", url, "--json"});
  EXPECT_EQ(as_json.code, kExitFailed);
  EXPECT_EQ(as_json.out, "{\"log\":\"ok\"}\n") << "the answer itself, not wrapped";
  const Outcome empty = run({"health", "--url", url, "--live", "--json"});
  EXPECT_EQ(empty.code, kExitFailed) << "an answer that is no JSON is none of ours";
  EXPECT_EQ(empty.out, "");
  (*server)->stop(1);
  EXPECT_EQ(run({"health", "--url", url}).code, kExitFailed);
}

}  // namespace
}  // namespace adbacus
