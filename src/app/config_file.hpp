// Reads the YAML configuration file into flat name-value pairs; knows nothing of settings.
#pragma once

#include <string>
#include <vector>

namespace adbacus {

struct FileValue {
  std::string name;   // "section.key"
  std::string value;  // a list's items joined by commas; empty for null
  int line = 0;       // from 1
  bool is_list = false;
};

struct ConfigFile {
  std::vector<FileValue> values;    // in the file's order
  std::vector<std::string> errors;  // "line N: …"
};

ConfigFile parse_config_file(const std::string& text);

}  // namespace adbacus
