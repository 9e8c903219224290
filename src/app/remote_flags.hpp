// The flags by which commands reach a running server: --url and where its key stands. Keys are
// never taken from arguments, which any process of the machine can read.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace CLI {
class App;
}

namespace adbacus {

// ADBACUS_KEY of the environment unless a key file is named, else that file, else `own_key`.
Result<std::string> find_api_key(const std::string& key_file, const std::string& own_key);

// Declares --ca-file, which every command with --url has.
void declare_ca_file(CLI::App& command, std::string& ca_file);

// For CLI11: empty, or why `url` is not the address of a server. Connects to nothing.
std::string url_mistake(const std::string& url);

class RemoteFlags {
 public:
  // `own_key`: file in the data folder whose key is taken when none is named.
  explicit RemoteFlags(std::string own_key = "admin.key") : own_key_(std::move(own_key)) {}
  void declare(CLI::App& command);  // the object must outlive the parsing
  // For a command that works on a data folder unless a server is named: no --data, --url is empty
  // until it is given.
  void declare_beside_data(CLI::App& command);
  const std::string& url() const { return url_; }
  const std::string& ca_file() const { return ca_file_; }  // empty: the system's authorities
  const std::string& data() const { return data_; }
  // The environment's ADBACUS_KEY, else the file of --key-file, else the data folder's own.
  Result<std::string> key() const { return key_beside(data_); }
  // The one of ADBACUS_KEY or --key-file; nothing without them.
  Result<std::optional<std::string>> named_key() const;
  Result<std::string> key_beside(const std::string& data) const;

 private:
  std::string own_key_;
  std::string url_ = "http://127.0.0.1:8080";
  std::string ca_file_;
  std::string key_file_;
  std::string data_ = "./data";
};

}  // namespace adbacus
