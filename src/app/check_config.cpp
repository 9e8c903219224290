#include "app/check_config.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "app/config.hpp"
#include "app/config_flags.hpp"

namespace adbacus {
namespace {

struct Options {
  ConfigFlags flags;
  bool print = false;
  bool describe = false;
};

}  // namespace

CommandRun declare_check_config(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->flags.declare(command);
  command.add_flag("--print-config", options->print, "print all settings, secrets redacted");
  command.add_flag("--describe", options->describe, "list every setting, its default and meaning");
  return [options](CommandIo& io) {
    if (options->describe) {
      io.out << describe_settings();
      return kExitDone;
    }
    const auto loaded = options->flags.load();
    if (!loaded) {
      io.err << loaded.error().message << '\n';
      return kExitUsage;
    }
    if (options->print) {
      io.out << print_config(*loaded);
    } else {
      io.err << "configuration: ok\n";
    }
    return kExitDone;
  };
}

}  // namespace adbacus
