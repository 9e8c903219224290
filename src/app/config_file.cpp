#include "app/config_file.hpp"

#include <fmt/format.h>
#include <set>
#include <yaml-cpp/yaml.h>

namespace adbacus {
namespace {

int line_of(const YAML::Node& node) {
  return node.Mark().line + 1;
}

void add_error(ConfigFile& file, int line, std::string_view what) {
  file.errors.push_back(fmt::format("line {}: {}", line, what));
}

// A list of plain values, as "a,b"; nothing else nests.
bool join_items(const YAML::Node& list, std::string& joined) {
  for (const YAML::Node& item : list) {
    if (!item.IsScalar() || item.Scalar().find(',') != std::string::npos) return false;
    joined.append(joined.empty() ? "" : ",").append(item.Scalar());
  }
  return true;
}

void read_section(const std::string& section, const YAML::Node& keys, ConfigFile& file) {
  std::set<std::string> seen;
  for (const auto& pair : keys) {
    const int line = line_of(pair.first);
    if (!pair.first.IsScalar()) {
      add_error(file, line, "a key must be plain text");
      continue;
    }
    FileValue value{.name = section + "." + pair.first.Scalar(), .value = "", .line = line};
    if (!seen.insert(value.name).second) {
      add_error(file, line, fmt::format("{} stands there twice", value.name));
      continue;
    }
    const YAML::Node& node = pair.second;
    bool plain = node.IsNull() || node.IsScalar();
    if (node.IsScalar()) value.value = node.Scalar();
    value.is_list = node.IsSequence();
    if (value.is_list) plain = join_items(node, value.value);
    if (!plain) {
      add_error(file, line, fmt::format("{} must be a plain value or a list", value.name));
      continue;
    }
    file.values.push_back(std::move(value));
  }
}

}  // namespace

ConfigFile parse_config_file(const std::string& text) {
  ConfigFile file;
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return file;
    if (!root.IsMap()) {
      add_error(file, 1, "the file must consist of sections");
      return file;
    }
    std::set<std::string> seen;
    for (const auto& pair : root) {
      const int line = line_of(pair.first);
      if (!pair.first.IsScalar()) {
        add_error(file, line, "a section's name must be plain text");
      } else if (!seen.insert(pair.first.Scalar()).second) {
        add_error(file, line, fmt::format("section {} stands there twice", pair.first.Scalar()));
      } else if (pair.second.IsMap()) {
        read_section(pair.first.Scalar(), pair.second, file);
      } else if (!pair.second.IsNull()) {
        add_error(file, line, fmt::format("{} must be a section with keys", pair.first.Scalar()));
      }
    }
  } catch (const YAML::Exception& error) {
    add_error(file, error.mark.line + 1, error.msg);
  }
  return file;
}

}  // namespace adbacus
