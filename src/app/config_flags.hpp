// The flags by which commands take configuration: --config, --data, --listen,
// --ops-listen and --set. A command
// declares them, then loads once its arguments are parsed.
#pragma once

#include <string>
#include <vector>

#include "app/config.hpp"

namespace CLI {
class App;
}

namespace adbacus {

class ConfigFlags {
 public:
  // The object must outlive the parsing.
  void declare(CLI::App& command);       // all
  void declare_data(CLI::App& command);  // without --listen, --ops-listen and --roles
  // With the real file system and this process's environment. ADBACUS_CONFIG names the file if
  // --config does not.
  Result<LoadedConfig> load() const;

 private:
  std::string file_;
  std::string data_;
  std::string listen_;
  std::string ops_listen_;
  std::string roles_;
  std::vector<std::string> settings_;  // "section.key=value"
};

}  // namespace adbacus
