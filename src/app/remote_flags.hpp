// The flags by which commands reach a running server: --url and where its key stands. Keys are
// never taken from arguments, which any process of the machine can read.
#pragma once

#include <string>

#include "base/result.hpp"

namespace CLI {
class App;
}

namespace adbacus {

// ADBACUS_KEY of the environment unless a key file is named, else that file, else
// <data>/admin.key.
Result<std::string> find_api_key(const std::string& key_file, const std::string& data);

class RemoteFlags {
 public:
  void declare(CLI::App& command);  // the object must outlive the parsing
  const std::string& url() const { return url_; }
  // The environment's ADBACUS_KEY, else the file of --key-file, else <data>/admin.key.
  Result<std::string> key() const;

 private:
  std::string url_ = "http://127.0.0.1:8080";
  std::string key_file_;
  std::string data_ = "./data";
};

}  // namespace adbacus
