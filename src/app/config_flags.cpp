#include "app/config_flags.hpp"

#include <CLI/CLI.hpp>

#include "app/data_folder.hpp"

namespace adbacus {
namespace {

constexpr std::string_view kFileVariable = "ADBACUS_CONFIG";

std::string has_equals(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return "must be section.key=value";
  return {};
}

}  // namespace

void ConfigFlags::declare(CLI::App& command) {
  declare_data(command);
  command.add_option("--listen", listen_, "address to serve on (server.listen; 127.0.0.1:8080)")
      ->type_name("HOST:PORT");
  command
      .add_option("--ops-listen", ops_listen_,
                  "address where readyz and metrics are open (server.ops_listen; none)")
      ->type_name("HOST:PORT");
  command.add_option("--roles", roles_, "some of ingest,process,report,decide (server.roles; all)")
      ->type_name("ROLES");
}

void ConfigFlags::declare_data(CLI::App& command) {
  command.add_option("--config", file_, "YAML configuration file")->type_name("FILE");
  command.add_option("--data", data_, "data folder (data.dir; ./data)")
      ->type_name("DIR")
      ->check(CLI::Validator(folder_mistake, ""));
  command.add_option("--set", settings_, "any other setting, repeatable")
      ->type_name("SECTION.KEY=VALUE")
      ->allow_extra_args(false)
      ->check(CLI::Validator(has_equals, "", "assignment"));
}

Result<LoadedConfig> ConfigFlags::load() const {
  ConfigSources sources;
  sources.environment = process_environment();
  sources.file = file_;
  for (const auto& [name, value] : sources.environment) {
    if (sources.file.empty() && name == kFileVariable) sources.file = value;
  }
  for (const std::string& text : settings_) {
    const std::size_t equals = text.find('=');
    sources.flags.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  if (!data_.empty()) sources.flags.emplace_back("data.dir", data_);
  if (!listen_.empty()) sources.flags.emplace_back("server.listen", listen_);
  if (!ops_listen_.empty()) sources.flags.emplace_back("server.ops_listen", ops_listen_);
  if (!roles_.empty()) sources.flags.emplace_back("server.roles", roles_);
  return load_config(real_file_system(), sources);
}

}  // namespace adbacus
