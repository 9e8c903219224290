// One row of the table of settings: how a text becomes a field of Config and back. Used by the
// table in config_settings.cpp and by config.cpp, at start-up.
#pragma once

#include <charconv>
#include <fmt/format.h>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.hpp"
#include "base/result.hpp"

// A member of Config, for the rows below.
#define FIELD(path)           \
  [](auto& config) -> auto& { \
    return config.path;       \
  }

namespace adbacus {

struct Setting {
  std::string name;      // "section.key"
  std::string meaning;   // one line, with the unit and the bounds
  bool secret = false;   // never shown, never a flag; may come from a file: <key>_file, <KEY>_FILE
  bool is_list = false;  // of texts with commas between them, or a list of YAML
  bool live = false;  // a changed file acts at SIGHUP (app/live_config.hpp); else at the next start
  // An error's message says what is wrong with the value, not which value.
  std::function<Result<void>(Config& config, const std::string& text)> set;
  std::function<std::string(const Config& config)> show;
};

const std::vector<Setting>& settings();
// The rows of the section access.
void add_access_settings(std::vector<Setting>& rows);
void add_outbound_settings(std::vector<Setting>& rows);
void add_decision_settings(std::vector<Setting>& rows);
void add_privacy_settings(std::vector<Setting>& rows);
// Index into settings(); nullopt if there is none.
std::optional<std::size_t> find_setting(std::string_view name);

inline Setting live(Setting setting) {
  setting.live = true;
  setting.meaning += "; acts at SIGHUP";
  return setting;
}

inline Error bad_value(std::string message) {
  return {ErrorCode::invalid_argument, std::move(message)};
}

// `field` gives a reference to the member, for a const and a mutable Config. The text is a whole
// number of `unit`s of the member, between min and max.
template <class Field>
Setting whole_number(std::string name, std::string_view meaning, Field field, std::int64_t min,
                     std::int64_t max, std::int64_t unit = 1) {
  using Member = std::remove_cvref_t<decltype(field(std::declval<Config&>()))>;
  Setting setting;
  setting.name = std::move(name);
  setting.meaning = fmt::format("{}; {} to {}", meaning, min, max);
  setting.set = [=](Config& config, const std::string& text) -> Result<void> {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stopped != end || number < min || number > max) {
      return bad_value(fmt::format("must be a whole number from {} to {}", min, max));
    }
    field(config) = static_cast<Member>(number * unit);
    return {};
  };
  setting.show = [=](const Config& config) {
    return std::to_string(static_cast<std::int64_t>(field(config)) / unit);
  };
  return setting;
}

template <class Field>
Setting yes_or_no(std::string name, std::string_view meaning, Field field) {
  Setting setting;
  setting.name = std::move(name);
  setting.meaning = fmt::format("{}; true or false", meaning);
  setting.set = [=](Config& config, const std::string& text) -> Result<void> {
    if (text != "true" && text != "false") return bad_value("must be true or false");
    field(config) = text == "true";
    return {};
  };
  setting.show = [=](const Config& config) { return field(config) ? "true" : "false"; };
  return setting;
}

template <class Value>
struct Choice {
  std::string_view name;
  Value value;
};

template <class Value, class Field>
Setting choice(std::string name, std::string_view meaning, std::vector<Choice<Value>> choices,
               Field field) {
  std::string known;
  for (const Choice<Value>& row : choices) known.append(known.empty() ? "" : ", ").append(row.name);
  Setting setting;
  setting.name = std::move(name);
  setting.meaning = fmt::format("{}; {}", meaning, known);
  setting.set = [=](Config& config, const std::string& text) -> Result<void> {
    for (const Choice<Value>& row : choices) {
      if (row.name != text) continue;
      field(config) = row.value;
      return {};
    }
    return bad_value("must be one of " + known);
  };
  setting.show = [=](const Config& config) {
    for (const Choice<Value>& row : choices) {
      if (row.value == field(config)) return std::string(row.name);
    }
    return std::string();
  };
  return setting;
}

}  // namespace adbacus
