#include "app/version.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "http/json_writer.hpp"

namespace adbacus {
namespace {

#if defined(__OPTIMIZE__)
constexpr const char* kBuild = "optimised";
#else
constexpr const char* kBuild = "debug";
#endif

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

}  // namespace

std::string version_json() {
  http::JsonWriter json;
  json.begin_object()
      .member("version", kVersion)
      .member("compiler", kCompiler)
      .member("build", kBuild)
      .end_object();
  return std::move(json).take();
}

CommandRun declare_version_command(CLI::App& command) {
  auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "as JSON");
  return [json](CommandIo& io) {
    if (*json) {
      io.out << version_json() << '\n';
    } else {
      io.out << "adbacus " << kVersion << '\n';
    }
    return kExitDone;
  };
}

}  // namespace adbacus
