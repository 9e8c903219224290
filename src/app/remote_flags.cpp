#include "app/remote_flags.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "app/data_folder.hpp"
#include "base/file_system.hpp"
#include "http/http_url.hpp"

namespace adbacus {

void RemoteFlags::declare(CLI::App& command) {
  command.add_option("--url", url_, "the running server")
      ->capture_default_str()
      ->check(CLI::Validator(url_mistake, ""));
  declare_ca_file(command, ca_file_);
  command.add_option("--key-file", key_file_,
                     "file with the API key (default: ADBACUS_KEY, else <data>/" + own_key_ + ")");
  command.add_option("--data", data_, "data folder of the server, for its " + own_key_)
      ->capture_default_str()
      ->check(CLI::Validator(folder_mistake, ""));
}

void RemoteFlags::declare_beside_data(CLI::App& command) {
  url_.clear();
  command.add_option("--url", url_, "ask this running server instead of opening the data folder")
      ->check(CLI::Validator(url_mistake, ""));
  declare_ca_file(command, ca_file_);
  command.add_option("--key-file", key_file_,
                     "with --url: file with the API key (default: ADBACUS_KEY, else "
                     "<data>/" +
                         own_key_ + ")");
}

void declare_ca_file(CLI::App& command, std::string& ca_file) {
  command
      .add_option("--ca-file", ca_file,
                  "with https: the authorities to believe, PEM (default: the system's)")
      ->check(CLI::ExistingFile);
}

std::string url_mistake(const std::string& url) {
  const auto parsed = http::parse_http_url(url);
  if (!parsed) return parsed.error().message;
  return parsed->target == "/" ? "" : "a server's URL has no path: " + url;
}

Result<std::string> RemoteFlags::key_beside(const std::string& data) const {
  return find_api_key(key_file_, data + "/" + own_key_);
}

Result<std::optional<std::string>> RemoteFlags::named_key() const {
  const char* environment = std::getenv("ADBACUS_KEY");
  if (key_file_.empty() && (environment == nullptr || *environment == '\0')) return {std::nullopt};
  auto key = find_api_key(key_file_, "");
  if (!key) return key.error();
  return {*std::move(key)};
}

Result<std::string> find_api_key(const std::string& key_file, const std::string& own_key) {
  const char* environment = std::getenv("ADBACUS_KEY");
  if (key_file.empty() && environment != nullptr && *environment != '\0')
    return std::string(environment);
  const std::string path = key_file.empty() ? own_key : key_file;
  auto text = read_file(real_file_system(), path);
  if (!text) {
    return Error{text.error().code,
                 "no API key: " + text.error().message + " (set ADBACUS_KEY or --key-file)"};
  }
  return text->substr(0, text->find('\n'));
}

}  // namespace adbacus
